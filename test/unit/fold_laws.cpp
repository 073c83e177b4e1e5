// Folding over any bytes: what has to hold for each text, whatever its language.
#include "core/fold.hpp"

#include <algorithm>

#include "properties.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

void append(std::string& text, std::uint32_t c) {
    if (c < 0x80) {
        text += static_cast<char>(c);
    } else if (c < 0x800) {
        text += static_cast<char>(0xC0 | c >> 6);
        text += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        text += static_cast<char>(0xE0 | c >> 12);
        text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        text += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        text += static_cast<char>(0xF0 | c >> 18);
        text += static_cast<char>(0x80 | (c >> 12 & 0x3F));
        text += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        text += static_cast<char>(0x80 | (c & 0x3F));
    }
}

std::string random_text(generator& g) {
    static const std::vector<std::string> parts = {
        "nike", "T-shirt", "H&M",  "38,5",     "10,000",   "256gb", "EU38.5", "чанта", "РОКЛЯ",
        "ß",    "ﬃ",       "½",    "İ",        "\xcc\x86", "и",     "Ё",      "'",     "’",
        "-",    ".",       ",",    "&",        "@c12",     ":*",    "\\",     " ",     "\t",
        "韓",   "👟",       "\xff", "\xe2\x80", "d'",       "Ѐ",     "ΐ",      "ᾷ",     "\xc2\xad"};
    std::string text;
    const std::int64_t length = g.magnitude(g.chance(2) ? 1000 : 30);
    const std::int64_t kind = g.between(0, 3);
    for (std::int64_t i = 0; i < length; ++i) {
        if (kind == 0)
            text += static_cast<char>(g.between(0, 255));
        else if (kind == 1)
            append(text, static_cast<std::uint32_t>(g.between(0, g.chance(50) ? 0x52F : 0x10FFFF)));
        else
            text += g.one_of(parts);
    }
    return text;
}

bool is_plain(std::string_view lexeme) {
    for (const char c : lexeme)
        if (static_cast<unsigned char>(c) < 0x80 && !(c >= 'a' && c <= 'z') &&
            !(c >= '0' && c <= '9') && c != '.')
            return false;
    return !lexeme.empty() && lexeme.size() <= max_lexeme_bytes &&
           count_code_points(lexeme).has_value();
}

std::string without(std::string text, std::string_view mark) {
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at))
        text.erase(at, mark.size());
    return text;
}

void hold_for(laws& l, const std::string& text) {
    l.next_case();
    const std::vector<token> found = tokens(text);
    std::size_t end = 0;
    std::vector<std::string> lexemes;
    for (const token& t : found) {
        l.hold(is_plain(t.surface) && is_plain(t.lexeme), "lexemes are short, plain UTF-8");
        const std::size_t begin = static_cast<std::size_t>(t.source.data() - text.data());
        l.hold(begin >= end && begin + t.source.size() <= text.size() && !t.source.empty(),
               "sources follow each other");
        end = begin + t.source.size();
        const std::vector<token> again = tokens(t.surface);
        l.hold(again.size() == 1 && again[0].surface == t.surface && again[0].lexeme == t.lexeme,
               "a surface is folded to itself");
        lexemes.push_back(t.lexeme);
    }
    l.hold(highlight(text, {}, "<", ">") == text, "nothing to highlight changes nothing");
    l.hold(without(without(highlight(text, lexemes, "\x01<", "\x01>"), "\x01<"), "\x01>") ==
               without(without(text, "\x01<"), "\x01>"),
           "highlighting adds its marks only");
    l.hold(folded_key(text).size() <= 128, "a key is short");
}

// A letter and its accents, as one character and as several.
struct decomposed {
    std::string_view composed, parts;
};

constexpr decomposed letters[] = {
    {"á", "a\xcc\x81"},         {"Ă", "A\xcc\x86"},         {"ç", "c\xcc\xa7"},
    {"Č", "C\xcc\x8c"},         {"é", "e\xcc\x81"},         {"ę", "e\xcc\xa8"},
    {"ğ", "g\xcc\x86"},         {"İ", "I\xcc\x87"},         {"ñ", "n\xcc\x83"},
    {"Ő", "O\xcc\x8b"},         {"ș", "s\xcc\xa6"},         {"ț", "t\xcc\xa6"},
    {"ů", "u\xcc\x8a"},         {"ź", "z\xcc\x81"},         {"ấ", "a\xcc\x82\xcc\x81"},
    {"ǎ", "a\xcc\x8c"},         {"й", "и\xcc\x86"},         {"Й", "И\xcc\x86"},
    {"ѝ", "и\xcc\x80"},         {"ё", "е\xcc\x88"},         {"ї", "і\xcc\x88"},
    {"Ў", "У\xcc\x86"},         {"ѓ", "г\xcc\x81"},         {"ќ", "к\xcc\x81"},
    {"ά", "α\xcc\x81"},         {"ΐ", "ι\xcc\x88\xcc\x81"}, {"Ώ", "Ω\xcc\x81"},
    {"ἄ", "α\xcc\x93\xcc\x81"},
};

} // namespace

int main(int count, char** arguments) {
    tap t;
    laws l;
    generator g(20261129);
    const long cases = count > 1 ? std::stol(arguments[1]) : 20'000;
    for (long i = 0; i < cases; ++i)
        hold_for(l, random_text(g));
    l.report(t);

    for (const decomposed& d : letters)
        for (const std::string_view around : {"", "к", "o"}) {
            const std::string word(around);
            const std::vector<token> one = tokens(word + std::string(d.composed) + word);
            const std::vector<token> several = tokens(word + std::string(d.parts) + word);
            t.ok(!one.empty() && std::equal(one.begin(), one.end(), several.begin(), several.end(),
                                            [](const token& a, const token& b) {
                                                return a.surface == b.surface &&
                                                       a.lexeme == b.lexeme;
                                            }),
                 d.composed);
        }
    return t.finish();
}
