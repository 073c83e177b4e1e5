// What the words of a search mean: corrected, completed, with their synonyms.
#pragma once

#include "pg/session.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driplo {

// Several lexemes that have to be there together.
using way = std::vector<std::string>;

// A word of the search: any of its ways will do.
struct wanted_word {
    std::string word; // as it is read, corrected or not
    std::vector<way> ways;
};

constexpr std::int32_t wide_completions = 64;

struct reading {
    bool is_exact = false;        // as typed, whole words only
    bool is_corrected = true;     // what nobody writes so is taken for what was meant
    std::int32_t completions = 8; // of the last word, when nothing follows it
};

struct wanted_words {
    std::vector<wanted_word> words;
    bool was_corrected = false;
    bool was_completed = false; // the last word is taken for the beginning of others, too
    bool was_completed_widely = false;
    std::string corrected_query() const;
    std::vector<std::string> lexemes() const;
};

// `listings` is about how many there are in the index.
wanted_words read_words(pg::spi spi, std::string_view text, const reading& how,
                        std::int64_t listings);

// What a document has to have: any of so many things, as the text of a tsquery.
struct condition {
    std::string text;
    std::size_t ways;
};
// All of them.
using conditions = std::vector<condition>;

conditions conditions_of(const std::vector<wanted_word>& words);
condition any_term(const std::vector<std::string>& terms);
conditions operator+(conditions some, const conditions& others);
std::string query_text(const conditions& all);

// How often suggest() and search() look whether there is anything at all.
bool is_indexed(pg::spi spi, const std::string& lexeme);

} // namespace driplo
