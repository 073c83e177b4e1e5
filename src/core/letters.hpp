// Single characters as fold.hpp sees them: which belong to words, and what is left of a letter
// without case and accents.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace driplo::core {

enum class character_kind : std::uint8_t {
    other, ///< stands between words
    letter,
    digit,
    ideograph, ///< a letter that is a word by itself
    mark,      ///< an accent of the letter before it, or an invisible part of it
    breve,     ///< U+0306, with which U+0438 becomes U+0439
    invisible, ///< as if it were not there
    apostrophe,
    hyphen,
    point, ///< "." and ","
    ampersand,
    half, ///< U+00BD
};

struct character {
    character_kind kind = character_kind::other;
    std::array<char32_t, 3> folded{}; ///< of a letter, digit or ideograph
    std::uint8_t count = 0;

    std::u32string_view values() const noexcept { return {folded.data(), count}; }
};

/// Latin letters become those of ASCII ("ss" for U+00DF), Greek and Cyrillic ones lower case
/// without accents. U+0439 stays, and so does every letter of another alphabet.
character folded_character(std::uint32_t code_point) noexcept;

constexpr bool is_cyrillic(char32_t c) noexcept {
    return c >= 0x400 && c <= 0x52F;
}

/// The letter of ASCII that a folded Cyrillic letter looks like, and the other way; 0 for none.
char32_t latin_look_alike(char32_t cyrillic) noexcept;
char32_t cyrillic_look_alike(char32_t latin) noexcept;

/// A folded character in ASCII by Bulgaria's law; empty for one that has no such letters.
std::string_view in_latin_letters(char32_t folded) noexcept;

/// A folded word in ASCII by Bulgaria's law; what has no such letters stays as it is.
std::string written_in_latin(std::u32string_view folded);

std::string in_utf8(std::u32string_view text);
std::u32string from_utf8(std::string_view text);

constexpr std::size_t utf8_size(char32_t c) noexcept {
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

} // namespace driplo::core
