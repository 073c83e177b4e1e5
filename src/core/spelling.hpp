// What a misspelled word was meant to be. The dictionary is a table of the words of titles, asked
// through callbacks; which of its words are near, and which of them is meant, is decided here.
//
// A word of four letters may be one edit away, one of seven two; one with a digit is never changed.
// An edit is a letter too much, too few, another or two neighbors swapped, counted in the word's
// own alphabet. Words that share a key (deletion_keys) are those that can be so near; the distance
// says whether they are.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fold.hpp"

namespace driplo::core {

/// How many edits away a word (a surface) may be corrected to: 0, 1 or 2.
std::size_t edit_budget(std::string_view surface) noexcept;

/// Edits between two words, optimal string alignment over code points; limit + 1 when more than
/// `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The keys under which a word stands in the dictionary, in ascending order: hashes of the word and
/// of what is left without one letter (from four letters) or two (from seven), and for a Cyrillic
/// word those of its official transliteration without none or one.
std::vector<std::int32_t> dictionary_keys(std::string_view surface);

/// The keys to ask the dictionary for when `surface` was typed; ascending.
std::vector<std::int32_t> query_keys(std::string_view surface);

/// A word in Latin letters as the law writes it: what people type for Cyrillic words, "6apka" and
/// "shapka", becomes the official "shapka"; several results when a letter may stand for several.
std::vector<std::string> official_spellings(std::string_view surface);

/// The official transliteration of a Cyrillic word; another word unchanged.
std::string in_latin(std::string_view surface);

struct dictionary_word {
    std::string word;      ///< a surface
    std::string lexeme;    ///< what the index has for it
    std::int32_t listings; ///< whose titles hold it
    std::string canonical; ///< the word that it is a misspelling of; empty when it is none
};

struct dictionary {
    /// Those of the words that the dictionary has.
    std::function<std::vector<dictionary_word>(const std::vector<std::string>&)> find;
    /// The words that stand under one of the keys.
    std::function<std::vector<dictionary_word>(const std::vector<std::int32_t>&)> near;
    /// Whether any listing has the lexeme: the dictionary is a day old, the index is not.
    std::function<bool(const std::string&)> is_indexed;
    /// Listings in the index; what is frequent depends on it.
    std::int64_t listings = 0;
};

/// What one typed word, a part of one or two of them together are looked for as.
struct meaning {
    std::string word;                 ///< a surface, corrected or not
    std::vector<std::string> lexemes; ///< any of them will do; the first is the best
    std::vector<std::string> apart;   ///< or all of these: a space may be missing
    bool corrected = false;           ///< `word` is not what was typed
};

/// What was probably meant, in the sequence of what was typed. A word that the dictionary has stays
/// as it is, but means its neighbor too when that is a hundred times as frequent. The same holds
/// for the last word when it is the beginning of words of which the most frequent is in
/// `last_begins` titles (0: it is no beginning); it may still be the end of the word before it.
std::vector<meaning> correct(const std::vector<token>& typed, const dictionary& words,
                             std::int64_t last_begins = 0);

/// The frequent word that `rare` is a misspelling of by sellers, among candidates that share a key
/// with it; nullptr when it is none. For the dictionary's column `canonical`.
const dictionary_word* canonical_of(const dictionary_word& rare,
                                    const std::vector<dictionary_word>& candidates);

} // namespace driplo::core
