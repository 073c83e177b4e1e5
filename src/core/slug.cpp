#include "core/slug.hpp"

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr std::size_t max_title_part = 80;
constexpr std::size_t random_part = 8;
constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuvwxyz";

constexpr char slug_character(char c) {
    if (c >= 'A' && c <= 'Z')
        return static_cast<char>(c - 'A' + 'a');
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '-';
}

} // namespace

std::string slug(std::string_view title, std::uint64_t random) {
    std::string text;
    for (const char original : title) {
        if (text.size() == max_title_part)
            break;
        const char c = slug_character(original);
        if (c != '-' || (!text.empty() && text.back() != '-'))
            text += c;
    }
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
