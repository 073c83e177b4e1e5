// Letters of other alphabets in those of ASCII, for names in URLs: no language's own rules, one way
// for all.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace driplo::core {

/// The lower-case letters of ASCII for one letter of the Latin, Greek or Cyrillic alphabet, as
/// "ss" for U+00DF and "shch" for U+0449; empty for signs that say nothing by themselves, such as
/// combining accents. Nothing for everything else, ASCII included.
std::optional<std::string_view> transliteration(std::uint32_t code_point) noexcept;

/// The same, but by Bulgaria's law on transliteration of 2009: "h", "sht", "a" and "y" for U+0445,
/// U+0449, U+044A and U+044C.
std::optional<std::string_view> bulgarian_transliteration(std::uint32_t code_point) noexcept;

} // namespace driplo::core
