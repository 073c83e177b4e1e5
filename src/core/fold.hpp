// How words are compared: one way for what is indexed, what is asked and what is highlighted. Knows
// letters and endings, no dictionary and no language of the text: two alphabets decide.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace driplo::core {

/// Raised whenever tokens() gives another lexeme for some text: what was indexed by another version
/// has to be made again, or it is not found.
inline constexpr std::int16_t fold_version = 1;

inline constexpr std::size_t max_lexeme_bytes = 64;

struct token {
    std::string_view source; ///< the bytes of the text that it was read from
    std::string surface; ///< in lower case, without apostrophes and accents, in its own alphabet
    std::string lexeme;  ///< its stem, Cyrillic and Greek in letters of ASCII
};

/// The words and numbers of a text, in sequence, at most `most` of them. Any bytes will do: what is
/// not UTF-8 stands between words. "nike/adidas" is two words, "38,5" and "38.5" are one number, a
/// letter and its accent may be one character or two. Surface and lexeme are never empty, have at
/// most max_lexeme_bytes and no character of ASCII but letters, digits and, in a number, a point.
std::vector<token> tokens(std::string_view text,
                          std::size_t most = std::numeric_limits<std::size_t>::max());

/// A name as a key that all its spellings share: the lexemes, joined by "_". "EU 38,5" is
/// "eu_38.5". Empty when the text holds no word; at most 128 bytes.
std::string folded_key(std::string_view text);

/// The text with `start` and `stop` around each word whose lexeme is one of `lexemes`. Everything
/// else is copied unchanged, also what would be markup: escaping is for who shows it.
std::string highlight(std::string_view text, const std::vector<std::string>& lexemes,
                      std::string_view start, std::string_view stop);

} // namespace driplo::core
