#include "core/letters.hpp"

#include "core/text.hpp"
#include "core/transliteration.hpp"

#include <algorithm>
#include <iterator>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

struct span {
    std::uint32_t first, last;
};

template <std::size_t Size>
bool is_in(const span (&spans)[Size], std::uint32_t c) {
    const auto* found =
        std::partition_point(spans, spans + Size, [&](const span& s) { return s.last < c; });
    return found != spans + Size && c >= found->first;
}

constexpr span mark_spans[] = {{0x300, 0x36F},   {0x483, 0x489},   {0x1AB0, 0x1AFF},
                               {0x1DC0, 0x1DFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F},
                               {0xFE20, 0xFE2F}};

// soft hyphen, zero width spaces and joiners, directions
constexpr span invisible_spans[] = {{0xAD, 0xAD},     {0x61C, 0x61C},   {0x200B, 0x200F},
                                    {0x202A, 0x202E}, {0x2060, 0x2069}, {0xFEFF, 0xFEFF}};

constexpr span apostrophe_spans[] = {{0x27, 0x27},     {0x60, 0x60},     {0xB4, 0xB4},
                                     {0x2B9, 0x2BC},   {0x2018, 0x2019}, {0x201B, 0x201B},
                                     {0x2032, 0x2032}, {0xFF07, 0xFF07}};

constexpr span ideograph_spans[] = {{0x3005, 0x3007}, {0x3041, 0x30FA}, {0x3400, 0x4DBF},
                                    {0x4E00, 0x9FFF}, {0xF900, 0xFAFF}, {0x20000, 0x3FFFF}};

// Letters of other alphabets, generously: what is taken for a letter by mistake is indexed and
// searched the same way.
constexpr span letter_spans[] = {
    {0x180, 0x2AF},     {0x370, 0x373},     {0x376, 0x377},   {0x37B, 0x37D},   {0x37F, 0x37F},
    {0x386, 0x386},     {0x388, 0x3FF},     {0x400, 0x481},   {0x48A, 0x52F},   {0x531, 0x556},
    {0x561, 0x587},     {0x5D0, 0x5F2},     {0x620, 0x669},   {0x66E, 0x6D3},   {0x6D5, 0x6DC},
    {0x6DF, 0x6E8},     {0x6EA, 0x6FC},     {0x710, 0x963},   {0x966, 0xDF3},   {0xE01, 0xE4E},
    {0xE50, 0xE59},     {0xE81, 0xF00},     {0xF18, 0xF39},   {0xF40, 0xFBC},   {0x1000, 0x1049},
    {0x1050, 0x10FA},   {0x10FC, 0x135F},   {0x1369, 0x13FD}, {0x1401, 0x166C}, {0x166F, 0x167F},
    {0x1681, 0x169A},   {0x16A0, 0x16EA},   {0x1700, 0x17D3}, {0x17E0, 0x17E9}, {0x1810, 0x1DBF},
    {0x1E00, 0x1FBC},   {0x1FC2, 0x1FCC},   {0x1FD0, 0x1FDB}, {0x1FE0, 0x1FEC}, {0x1FF2, 0x1FFC},
    {0x2C00, 0x2CE4},   {0x2CEB, 0x2CF3},   {0x2D00, 0x2DFF}, {0x3105, 0x318E}, {0x31A0, 0x31BF},
    {0xA000, 0xA48C},   {0xA4D0, 0xA4FD},   {0xA500, 0xA672}, {0xA680, 0xA6EF}, {0xA722, 0xD7FB},
    {0xFB00, 0xFB06},   {0xFB13, 0xFD3D},   {0xFD50, 0xFDFB}, {0xFE70, 0xFEFC}, {0xFF66, 0xFFDC},
    {0x10000, 0x100FA}, {0x10280, 0x1CFFF},
};

// Greek with breathings and the other accents of the old spelling, by the letter below them.
struct greek_span {
    std::uint32_t first, last;
    char32_t letter;
};

constexpr greek_span old_greek[] = {
    {0x1F00, 0x1F0F, U'α'}, {0x1F10, 0x1F1F, U'ε'}, {0x1F20, 0x1F2F, U'η'}, {0x1F30, 0x1F3F, U'ι'},
    {0x1F40, 0x1F4F, U'ο'}, {0x1F50, 0x1F5F, U'υ'}, {0x1F60, 0x1F6F, U'ω'}, {0x1F70, 0x1F71, U'α'},
    {0x1F72, 0x1F73, U'ε'}, {0x1F74, 0x1F75, U'η'}, {0x1F76, 0x1F77, U'ι'}, {0x1F78, 0x1F79, U'ο'},
    {0x1F7A, 0x1F7B, U'υ'}, {0x1F7C, 0x1F7D, U'ω'}, {0x1F80, 0x1F8F, U'α'}, {0x1F90, 0x1F9F, U'η'},
    {0x1FA0, 0x1FAF, U'ω'}, {0x1FB0, 0x1FBC, U'α'}, {0x1FC2, 0x1FC7, U'η'}, {0x1FC8, 0x1FC9, U'ε'},
    {0x1FCA, 0x1FCC, U'η'}, {0x1FD0, 0x1FDB, U'ι'}, {0x1FE0, 0x1FE3, U'υ'}, {0x1FE4, 0x1FE5, U'ρ'},
    {0x1FE6, 0x1FEB, U'υ'}, {0x1FEC, 0x1FEC, U'ρ'}, {0x1FF2, 0x1FF7, U'ω'}, {0x1FF8, 0x1FF9, U'ο'},
    {0x1FFA, 0x1FFC, U'ω'},
};

char32_t folded_greek(std::uint32_t c) {
    switch (c) {
    case 0x386:
    case 0x3AC:
        return U'α';
    case 0x388:
    case 0x3AD:
        return U'ε';
    case 0x389:
    case 0x3AE:
        return U'η';
    case 0x38A:
    case 0x390:
    case 0x3AA:
    case 0x3AF:
    case 0x3CA:
        return U'ι';
    case 0x38C:
    case 0x3CC:
        return U'ο';
    case 0x38E:
    case 0x3AB:
    case 0x3B0:
    case 0x3CB:
    case 0x3CD:
        return U'υ';
    case 0x38F:
    case 0x3CE:
        return U'ω';
    case 0x3C2:
        return U'σ';
    default:
        break;
    }
    if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2)
        return c + 0x20;
    for (const greek_span& s : old_greek)
        if (c >= s.first && c <= s.last)
            return s.letter;
    return c;
}

char32_t folded_cyrillic(std::uint32_t c) {
    if (c >= 0x410 && c <= 0x42F)
        c += 0x20;
    else if (c >= 0x400 && c <= 0x40F)
        c += 0x50;
    else if ((c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF) || c >= 0x4D0)
        c |= 1;
    else if (c >= 0x4C1 && c <= 0x4CE)
        c += c & 1;
    switch (c) { // what is an accent of another letter when it is decomposed
    case 0x450:
    case 0x451:
    case 0x4D7:
        return U'е';
    case 0x453:
        return U'г';
    case 0x457:
        return U'і';
    case 0x45C:
        return U'к';
    case 0x45D:
    case 0x4E3:
    case 0x4E5:
        return U'и';
    case 0x45E:
    case 0x4EF:
    case 0x4F1:
    case 0x4F3:
        return U'у';
    case 0x477:
        return 0x475;
    case 0x4C2:
    case 0x4DD:
        return U'ж';
    case 0x4D1:
    case 0x4D3:
        return U'а';
    case 0x4DB:
        return 0x4D9;
    case 0x4DF:
        return U'з';
    case 0x4E7:
        return U'о';
    case 0x4EB:
        return 0x4E9;
    case 0x4ED:
        return U'э';
    case 0x4F5:
        return U'ч';
    case 0x4F9:
        return U'ы';
    default:
        return c;
    }
}

character made(character_kind kind, char32_t value) {
    character c;
    c.kind = kind;
    c.folded[0] = value;
    c.count = 1;
    return c;
}

character made(character_kind kind) {
    character c;
    c.kind = kind;
    return c;
}

character folded_ascii(std::uint32_t c) {
    if (c >= '0' && c <= '9')
        return made(character_kind::digit, c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return made(character_kind::letter, c | 0x20);
    switch (c) {
    case '.':
    case ',':
        return made(character_kind::point);
    case '-':
        return made(character_kind::hyphen);
    case '&':
        return made(character_kind::ampersand);
    case '\'':
    case '`':
        return made(character_kind::apostrophe);
    default:
        return {};
    }
}

bool is_latin(std::uint32_t c) {
    return c < 0x300 || (c >= 0x1E00 && c <= 0x1EFF) || (c >= 0xFB00 && c <= 0xFB06);
}

// Characters that are those of ASCII in another dress: full width, mathematical letters and digits,
// digits above the line.
std::uint32_t undressed(std::uint32_t c) {
    if (c >= 0xFF01 && c <= 0xFF5E)
        return c - 0xFF01 + '!';
    if (c >= 0x1D400 && c <= 0x1D6A3) {
        const std::uint32_t letter = (c - 0x1D400) % 52;
        return letter < 26 ? 'a' + letter : 'a' + letter - 26;
    }
    if (c >= 0x1D7CE && c <= 0x1D7FF)
        return '0' + (c - 0x1D7CE) % 10;
    switch (c) {
    case 0xB9:
        return '1';
    case 0xB2:
        return '2';
    case 0xB3:
        return '3';
    case 0x2010:
    case 0x2011:
        return '-';
    default:
        return c;
    }
}

} // namespace

character folded_character(std::uint32_t c) noexcept {
    if (c >= 0x430 && c <= 0x44F) // most of all that is not ASCII here
        return made(character_kind::letter, c);
    if (c >= 0x410 && c <= 0x42F)
        return made(character_kind::letter, c + 0x20);
    c = undressed(c);
    if (c < 0x80)
        return folded_ascii(c);
    if (c == 0x306)
        return made(character_kind::breve);
    if (c == 0xBD)
        return made(character_kind::half);
    if (is_in(mark_spans, c))
        return made(character_kind::mark);
    if (is_in(invisible_spans, c))
        return made(character_kind::invisible);
    if (is_in(apostrophe_spans, c))
        return made(character_kind::apostrophe);
    if (is_latin(c)) {
        if (const auto letters = transliteration(c)) {
            character result = made(character_kind::letter);
            for (const char letter : *letters)
                result.folded[result.count++] = static_cast<char32_t>(letter);
            return result;
        }
    }
    if (is_in(ideograph_spans, c))
        return made(character_kind::ideograph, c);
    if (!is_in(letter_spans, c))
        return {};
    if (is_cyrillic(c))
        return made(character_kind::letter, folded_cyrillic(c));
    return made(character_kind::letter, folded_greek(c));
}

namespace {

constexpr struct {
    char32_t cyrillic, latin;
} look_alikes[] = {
    {U'а', U'a'}, {U'в', U'b'}, {U'е', U'e'}, {U'к', U'k'}, {U'м', U'm'},
    {U'н', U'h'}, {U'о', U'o'}, {U'р', U'p'}, {U'с', U'c'}, {U'т', U't'},
    {U'у', U'y'}, {U'х', U'x'}, {U'і', U'i'}, {U'ј', U'j'}, {U'ѕ', U's'},
};

} // namespace

char32_t latin_look_alike(char32_t cyrillic) noexcept {
    for (const auto& l : look_alikes)
        if (l.cyrillic == cyrillic)
            return l.latin;
    return 0;
}

char32_t cyrillic_look_alike(char32_t latin) noexcept {
    for (const auto& l : look_alikes)
        if (l.latin == latin)
            return l.cyrillic;
    return 0;
}

std::string_view in_latin_letters(char32_t folded) noexcept {
    return folded < 0x80 ? std::string_view() : bulgarian_transliteration(folded).value_or("");
}

std::string written_in_latin(std::u32string_view folded) {
    std::string result;
    for (const char32_t c : folded) {
        const auto letters = c < 0x80 ? std::nullopt : bulgarian_transliteration(c);
        if (letters)
            result += *letters;
        else
            result += in_utf8(std::u32string_view(&c, 1));
    }
    return result;
}

std::string in_utf8(std::u32string_view text) {
    std::string result;
    for (const char32_t c : text) {
        if (c < 0x80) {
            result += static_cast<char>(c);
        } else if (c < 0x800) {
            result += static_cast<char>(0xC0 | c >> 6);
            result += static_cast<char>(0x80 | (c & 0x3F));
        } else if (c < 0x10000) {
            result += static_cast<char>(0xE0 | c >> 12);
            result += static_cast<char>(0x80 | (c >> 6 & 0x3F));
            result += static_cast<char>(0x80 | (c & 0x3F));
        } else {
            result += static_cast<char>(0xF0 | c >> 18);
            result += static_cast<char>(0x80 | (c >> 12 & 0x3F));
            result += static_cast<char>(0x80 | (c >> 6 & 0x3F));
            result += static_cast<char>(0x80 | (c & 0x3F));
        }
    }
    return result;
}

std::u32string from_utf8(std::string_view text) {
    std::u32string result;
    while (!text.empty()) {
        const code_point c = first_code_point(text);
        if (c.valid)
            result += c.value;
        text.remove_prefix(c.size);
    }
    return result;
}

} // namespace driplo::core
