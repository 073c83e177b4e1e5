// Documents of the search as the server's tsvector.
#pragma once

#include "pg/value.hpp"

#include "core/search_document.hpp"

namespace driplo::pg {

// In the current memory context. A document is some ten thousand bytes long at most, far below what
// a tsvector can be.
Datum make_tsvector(const std::vector<core::document_lexeme>& lexemes);

} // namespace driplo::pg
