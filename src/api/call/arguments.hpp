// What people hand in: words, reasons, pictures, and what a program writes beside them. Each has a
// bound, or one call would fill rows that everybody reads.
#pragma once

#include "core/error.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace driplo {

// As a statement: whether $1 is a label of the type {enum}, and the list of its labels.
inline constexpr pg::part is_label{"is_label", R"(
    SELECT
        $1 = ANY (pg_catalog.enum_range(NULL::{s}.{enum})::text[]),
        pg_catalog.array_to_string(pg_catalog.enum_range(NULL::{s}.{enum}), ', '))"};

inline constexpr std::size_t max_words = 10000;
inline constexpr std::size_t max_metadata_bytes = 65536;

// An argument of 1 to `most` characters that says something. Errors: 22004, 22023.
std::string required_words(FunctionCallInfo fcinfo, int number, const char* name,
                           std::size_t most = max_words);

// The same when it is given; nullopt when it is NULL or blank.
std::optional<std::string> given_words(FunctionCallInfo fcinfo, int number, const char* name);

// The argument "reason", which says something and is kept with `what`. Errors: 22004, 22023.
std::string required_reason(FunctionCallInfo fcinfo, int number, const char* what);

// A jsonb argument as text, when it is given. Error: 22023 for more than max_metadata_bytes.
std::optional<std::string> given_metadata(FunctionCallInfo fcinfo, int number, const char* name);

// A jsonb argument that is an array of at most 10 URLs or paths, each a string of 1 to 2048
// characters, as text; "[]" when NULL. Error: 22023.
std::string given_links(pg::spi spi, FunctionCallInfo fcinfo, int number, const char* name);

// P0002 for an ID that the caller has given: of no row, or of one that is not the caller's to know.
core::error does_not_exist(const char* what, const pg::uuid& id, std::string hint = {});

} // namespace driplo
