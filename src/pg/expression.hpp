// Expressions as the server writes them.
#pragma once

#include "pg/value.hpp"

namespace driplo::pg {

// What pg_get_expr() would print of an expression over the columns of a relation, had it been
// written into the catalog: parsed, resolved and given the type of `column`, or boolean without
// one. Nothing is evaluated. Errors: those of the parser, 42501 where a schema in it may not be
// used.
Datum printed_expression(Oid relation, std::string_view expression,
                         std::optional<std::string_view> column);

// The condition of a trigger's WHEN over OLD and NEW, likewise.
Datum printed_condition(Oid relation, std::string_view condition);

} // namespace driplo::pg
