#include "core/fold.hpp"

#include "core/letters.hpp"
#include "core/stem.hpp"
#include "core/text.hpp"

#include <algorithm>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr std::size_t max_key_bytes = 128;

// What is behind these characters of a word is not looked at.
constexpr std::size_t most_pieces = 256;

// A character of a word, and where in the text it came from.
struct piece {
    char32_t value;
    std::size_t begin, end;
};

constexpr bool is_digit(char32_t c) {
    return c >= U'0' && c <= U'9';
}

constexpr bool is_ascii_letter(char32_t c) {
    return c >= U'a' && c <= U'z';
}

class reader {
public:
    reader(std::string_view text, std::size_t most) : text(text), most(most) {}

    std::vector<token> read() {
        while (position < text.size() && found.size() < most) {
            const code_point c = first_code_point(text.substr(position));
            take(c.valid ? folded_character(c.value) : character{}, position, position + c.size);
            position += c.size;
        }
        end_word();
        return std::move(found);
    }

private:
    void take(const character& c, std::size_t begin, std::size_t end) {
        switch (c.kind) {
        case character_kind::digit:
            if (begin >= fraction_end && has_point() && is_digit(word.back().value))
                end_word(); // "38.5'10"
            append(c.values(), begin, end);
            break;
        case character_kind::letter:
            append(c.values(), begin, end);
            break;
        case character_kind::breve:
            // Decomposed: the only accent that makes another letter of Bulgarian.
            if (!word.empty() && word.back().value == U'и')
                word.back() = {U'й', word.back().begin, end};
            break;
        case character_kind::mark:
            if (!word.empty())
                word.back().end = end;
            break;
        case character_kind::half:
            if (!word.empty() && is_digit(word.back().value) && !has_point()) {
                append(U".5", begin, end);
                fraction_end = end;
            } else {
                end_word();
            }
            break;
        case character_kind::invisible:
            break;
        case character_kind::apostrophe:
            // "boucles d'oreilles", but "L'Oréal" and "Levi's"
            if (word.size() == 1 && word[0].value == U'd')
                end_word();
            break;
        case character_kind::ideograph:
            end_word();
            append(c.values(), begin, end);
            end_word();
            break;
        case character_kind::point:
            take_point(begin, end);
            break;
        case character_kind::hyphen:
            // "t-shirt", but the sizes "s-m"
            if (word.size() != 1 || is_digit(word[0].value) || letters_at(end) < 3)
                end_word();
            break;
        case character_kind::ampersand:
            // "H&M"
            if (word.size() != 1 || is_digit(word[0].value) || letters_at(end) != 1)
                end_word();
            break;
        case character_kind::other:
            end_word();
            break;
        }
    }

    void append(std::u32string_view values, std::size_t begin, std::size_t end) {
        for (const char32_t value : values)
            if (word.size() < most_pieces)
                word.push_back({value, begin, end});
            else
                word.back().end = end;
    }

    // Decimals and thousands; "38,39" are two sizes and "12.05.24" is a date.
    void take_point(std::size_t begin, std::size_t end) {
        std::size_t before = 0;
        while (before < word.size() && is_digit(word[word.size() - 1 - before].value))
            ++before;
        const std::size_t after = digits_at(end);
        const bool is_chain = has_point() || chained ||
                              (end + after < text.size() && is_point(text[end + after]) &&
                               digits_at(end + after + 1) > 0);
        chained = false;
        if (before > 0 && after > 0 && !is_chain) {
            if (after == 1 || (after == 2 && before == 1)) {
                append(U".", begin, end);
                fraction_end = end + after;
                return;
            }
            if (after == 3 && before <= 3 && before == word.size() && word[0].value != U'0')
                return;
        }
        end_word();
        chained = before > 0 && after > 0 && is_chain;
    }

    bool has_point() const {
        return std::any_of(word.begin(), word.end(),
                           [](const piece& p) { return p.value == U'.'; });
    }

    static bool is_point(char c) { return c == '.' || c == ','; }

    std::size_t digits_at(std::size_t at) const {
        std::size_t end = at;
        while (end < text.size() && text[end] >= '0' && text[end] <= '9')
            ++end;
        return end - at;
    }

    // Up to 3 is all that is asked for.
    std::size_t letters_at(std::size_t at) const {
        std::size_t count = 0;
        while (at < text.size() && count < 3) {
            const code_point c = first_code_point(text.substr(at));
            const character_kind kind =
                c.valid ? folded_character(c.value).kind : character_kind::other;
            if (kind == character_kind::letter)
                ++count;
            else if (kind != character_kind::mark && kind != character_kind::breve)
                break;
            at += c.size;
        }
        return count;
    }

    void end_word() {
        if (word.empty())
            return;
        chained = false;
        unmix();
        std::size_t begin = 0;
        while (begin < word.size()) {
            const std::size_t end = begin + first_part(begin, end_of_alphabet(begin));
            add(begin, end);
            begin = end;
        }
        word.clear();
    }

    // A few letters that look like those of the word's alphabet are taken for these: "Nikе" with
    // the Cyrillic letter. Where they cannot be, two words stand there without a space:
    // "Nikeмаратонки".
    void unmix() {
        std::size_t latin = 0, cyrillic = 0;
        for (const piece& p : word) {
            latin += is_ascii_letter(p.value);
            cyrillic += is_cyrillic(p.value);
        }
        is_mixed = latin > 0 && cyrillic > 0;
        if (!is_mixed)
            return;
        const bool is_latin = latin > cyrillic;
        // "ХL", a size, is too short for a majority
        const bool is_short = latin + cyrillic <= 4;
        const bool is_sporadic = 2 * std::min(latin, cyrillic) <= std::max(latin, cyrillic);
        is_mixed =
            !((is_short || is_sporadic) && unmix(is_latin)) && !(is_short && unmix(!is_latin));
    }

    bool unmix(bool to_latin) {
        const auto foreign = to_latin ? is_cyrillic : is_ascii_letter;
        const auto look_alike = to_latin ? latin_look_alike : cyrillic_look_alike;
        if (!std::all_of(word.begin(), word.end(), [&](const piece& p) {
                return !foreign(p.value) || look_alike(p.value) != 0;
            }))
            return false;
        for (piece& p : word)
            if (foreign(p.value))
                p.value = look_alike(p.value);
        return true;
    }

    // Where the alphabet changes; the end of the word when it does not.
    std::size_t end_of_alphabet(std::size_t begin) const {
        if (!is_mixed)
            return word.size();
        bool has_latin = false, has_cyrillic = false;
        for (std::size_t i = begin; i < word.size(); ++i) {
            has_latin = has_latin || is_ascii_letter(word[i].value);
            has_cyrillic = has_cyrillic || is_cyrillic(word[i].value);
            if (has_latin && has_cyrillic)
                return i;
        }
        return word.size();
    }

    // A number and its unit, a region's size and a name with its model stand apart: "256gb",
    // "eu38.5", "iphone13".
    std::size_t first_part(std::size_t begin, std::size_t end) const {
        std::size_t letters = begin;
        while (letters < end && !is_digit(word[letters].value) && word[letters].value != U'.')
            ++letters;
        std::size_t digits = letters;
        while (digits < end && (is_digit(word[digits].value) || word[digits].value == U'.'))
            ++digits;
        const std::size_t all = end - begin;
        if (letters == begin)
            return digits < end && is_unit(letters_between(digits, end)) ? digits - begin : all;
        if (letters == end || digits != end)
            return all;
        return letters - begin >= 4 || is_region(letters_between(begin, letters)) ? letters - begin
                                                                                  : all;
    }

    std::u32string letters_between(std::size_t begin, std::size_t end) const {
        std::u32string letters;
        for (std::size_t i = begin; i < end; ++i)
            letters += word[i].value;
        return letters;
    }

    static bool is_unit(const std::u32string& letters) {
        for (const std::u32string_view unit : {U"cm", U"mm", U"ml", U"gb", U"tb", U"mb", U"kg",
                                               U"mah", U"см", U"мм", U"мл", U"гб", U"тб", U"кг"})
            if (letters == unit)
                return true;
        return false;
    }

    static bool is_region(const std::u32string& letters) {
        return letters == U"eu" || letters == U"uk" || letters == U"us";
    }

    void add(std::size_t begin, std::size_t end) {
        if (found.size() >= most)
            return;
        const std::u32string letters = cut(letters_between(begin, end));
        token t{text.substr(word[begin].begin, word[end - 1].end - word[begin].begin),
                in_utf8(letters), lexeme(letters)};
        if (t.lexeme.empty())
            return;
        found.push_back(std::move(t));
    }

    // Not more than becomes max_lexeme_bytes, as a surface or in Latin letters.
    static std::u32string cut(std::u32string letters) {
        if (letters.size() <= max_lexeme_bytes / 4)
            return letters;
        std::size_t bytes = 0, in_ascii = 0;
        for (std::size_t i = 0; i < letters.size(); ++i) {
            bytes += utf8_size(letters[i]);
            in_ascii += std::max<std::size_t>(in_latin_letters(letters[i]).size(), 1);
            if (std::max(bytes, in_ascii) > max_lexeme_bytes) {
                letters.resize(i);
                break;
            }
        }
        if (!letters.empty() && letters.back() == U'.')
            letters.pop_back();
        return letters;
    }

    // "XL" as it is typed without changing the keyboard
    static bool is_cyrillic_size(std::u32string_view letters) {
        const std::size_t last = letters.size() - 1;
        return last >= 1 && last <= 3 && (letters[last] == U'л' || letters[last] == U'с') &&
               letters.substr(0, last) == std::u32string_view(U"ххх").substr(0, last);
    }

    static std::string lexeme(const std::u32string& letters) {
        const bool is_word = std::none_of(letters.begin(), letters.end(), is_digit);
        if (is_word && std::all_of(letters.begin(), letters.end(), is_ascii_letter))
            return in_utf8(latin_stem(letters));
        if (is_cyrillic_size(letters))
            return std::string(letters.size() - 1, 'x') + (letters.back() == U'л' ? 'l' : 's');
        if (is_word && std::all_of(letters.begin(), letters.end(), is_cyrillic))
            return written_in_latin(cyrillic_stem(letters));
        return written_in_latin(letters);
    }

    std::string_view text;
    std::size_t most;
    std::size_t position = 0;
    std::size_t fraction_end = 0;
    bool is_mixed = false; // the word at hand has letters of two alphabets
    bool chained = false;  // the last point stood in a date or a list of numbers
    std::vector<piece> word;
    std::vector<token> found;
};

} // namespace

std::vector<token> tokens(std::string_view text, std::size_t most) {
    return reader(text, most).read();
}

std::string folded_key(std::string_view text) {
    std::string key;
    for (const token& t : tokens(text)) {
        if (key.size() + t.lexeme.size() + 1 > max_key_bytes)
            break;
        if (!key.empty())
            key += '_';
        key += t.lexeme;
    }
    return key;
}

std::string highlight(std::string_view text, const std::vector<std::string>& lexemes,
                      std::string_view start, std::string_view stop) {
    std::string result;
    std::size_t copied = 0;
    for (const token& t : tokens(text)) {
        if (std::find(lexemes.begin(), lexemes.end(), t.lexeme) == lexemes.end())
            continue;
        const std::size_t begin = static_cast<std::size_t>(t.source.data() - text.data());
        result.append(text.substr(copied, begin - copied));
        result.append(start).append(t.source).append(stop);
        copied = begin + t.source.size();
    }
    return result.append(text.substr(copied));
}

} // namespace driplo::core
