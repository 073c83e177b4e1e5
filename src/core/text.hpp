// Reading UTF-8 text that somebody else wrote. Nothing here allocates except excerpt(), and every
// function takes any bytes: what is not UTF-8 is reported, never trusted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace driplo::core {

/// One decoded character. A byte that begins no well-formed sequence gives size 1 and valid false.
struct code_point {
    std::uint32_t value;
    std::size_t size; ///< bytes taken, 1 to 4
    bool valid;
};

/// The first character of a text that is not empty. Strict, as the Unicode standard's table 3-7:
/// no overlong forms, no surrogates, nothing above U+10FFFF.
code_point first_code_point(std::string_view text) noexcept;

/// Characters (code points, as varchar(n) counts them); nothing when the text is not UTF-8.
std::optional<std::size_t> count_code_points(std::string_view text) noexcept;

/// The text without the white space around it. White space is every character of Unicode's
/// White_Space property, and the invisible U+200B (zero width space), U+2060 (word joiner) and
/// U+FEFF (byte order mark).
std::string_view trim(std::string_view text) noexcept;

/// True when the text holds white space of that kind anywhere.
bool has_white_space(std::string_view text) noexcept;

/// True when the text holds a control character (U+0000 to U+001F, U+007F to U+009F).
bool has_control_character(std::string_view text) noexcept;

/// The text with ASCII's capital letters in lower case; all other bytes stay.
std::string lower_case(std::string_view text);

inline constexpr std::size_t max_web_address_bytes = 2048;

/// True for an address of http:// or https:// (in lower case) with a host behind it, of at most
/// 2048 bytes of UTF-8, without white space and control characters.
bool is_web_address(std::string_view text) noexcept;

/// The text for use in an error's detail: at most max_bytes of it, cut between two characters and
/// then followed by "..."; control characters and bytes that are not UTF-8 become "?".
std::string excerpt(std::string_view text, std::size_t max_bytes = 64);

} // namespace driplo::core
