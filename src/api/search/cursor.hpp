// Where the next page of a search begins, as a text that the client keeps and hands back. It is
// signed for the search that it belongs to: who sends it with another one, or writes one, is told.
#pragma once

#include "api/search/hits.hpp"

#include <optional>
#include <string>

namespace driplo {

// How the words of the first page were read: the others read them likewise, or a page more would
// be one of another search.
struct cursor {
    bool is_corrected = true;
    bool is_completed_widely = false;
    place after;
};

// `search` is all that says which search it is. nullopt when this database has no key to sign with.
std::optional<std::string> write_cursor(const cursor& where, const std::string& search);

inline constexpr const char* same_search =
    "Pass next_cursor of the previous page, with the same query, filters, sort, and exact.";

// Errors: 22023, with the hint.
cursor read_cursor(const std::string& text, const std::string& search,
                   const char* hint = same_search);

} // namespace driplo
