#include "core/slug.hpp"

#include "core/text.hpp"
#include "core/transliteration.hpp"

#include <algorithm>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr std::size_t max_title_part = 80;
constexpr std::size_t random_part = 8;
constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// One hyphen for whatever stands between two words.
void add_hyphen(std::string& text) {
    if (!text.empty() && text.back() != '-')
        text += '-';
}

std::string title_part(std::string_view title) {
    std::string text;
    while (!title.empty()) {
        const code_point c = first_code_point(title);
        title.remove_prefix(c.size);
        const char lower = c.valid && c.value < 0x80 ? to_lower(static_cast<char>(c.value)) : '-';
        const auto letters = c.valid ? transliteration(c.value) : std::nullopt;
        const std::string_view more =
            letters ? *letters : std::string_view(&lower, is_letter_or_digit(lower) ? 1 : 0);
        if (text.size() + more.size() > max_title_part)
            break;
        if (more.empty() && !letters)
            add_hyphen(text);
        text += more;
    }
    text.resize(std::min(text.size(), max_title_part));
    return text;
}

} // namespace

std::string slug(std::string_view title, std::uint64_t random) {
    std::string text = title_part(title);
    if (!text.empty() && text.back() == '-')
        text.pop_back();
    if (text.empty())
        text = "listing";
    text += '-';
    for (std::size_t i = 0; i < random_part; ++i, random /= digits.size())
        text += digits[random % digits.size()];
    return text;
}

} // namespace driplo::core
