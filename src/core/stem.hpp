// The stem of a word: what its forms share. Rules by alphabet, no dictionary; a stem need not be a
// word, two words may share one, and no rule looks at another word of the text.
#pragma once

#include <string>
#include <string_view>

namespace driplo::core {

/// The stem of a word of Cyrillic letters in lower case, in Cyrillic letters: articles, plurals and
/// genders of Bulgarian are taken off, and what they do to the letters before them is undone.
std::u32string cyrillic_stem(std::u32string_view word);

/// The stem of a word of the letters a to z: without the plural's "s".
std::u32string latin_stem(std::u32string_view word);

} // namespace driplo::core
