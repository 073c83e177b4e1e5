// What of a listing is searched: the lexemes of its document, with their weights and places, and
// its terms (core/search_terms.hpp).
#pragma once

#include "core/fold.hpp"
#include "core/uuid.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace driplo::core {

/// Raised whenever make_document() puts something else into a document, or tokens() do: rows of
/// another version are made again by a job.
inline constexpr std::int16_t document_version = fold_version * 100 + 2;

struct searched_listing {
    uuid id;
    std::string_view title, description, brand, size, color, condition;
    std::vector<std::string> materials;
    std::string_view country, currency; ///< ISO codes in upper case; empty when unknown
    double price = 0;                   ///< in the currency that prices are compared in
    double hot = 0;
    std::vector<uuid> categories; ///< the leaf and its ancestors
    std::vector<std::string> category_names;
};

struct document_lexeme {
    std::string text;
    /// Ascending, at most 255: the weight in the two highest bits (3 is A, 0 is D), the place in
    /// the others. Terms have none.
    std::vector<std::uint16_t> places;
};

/// In the order of their bytes, each once. Of a description the first hundred words.
std::vector<document_lexeme> make_document(const searched_listing& listing);

} // namespace driplo::core
