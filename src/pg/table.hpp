// Reading a row without a statement, where a statement would cost more than the work.
#pragma once

#include "pg/prelude.hpp"

#include <optional>
#include <string>

namespace driplo::pg {

// The bytea `column` of the row of `table` whose primary key, one column of type text, is `key`.
// Reads what is committed now, whatever rights the caller has on the table. Errors: 42P01, 42703,
// 42804 when the table is not as driplo made it.
std::optional<std::string> read_bytea(Oid schema, const char* table, const char* column,
                                      const char* key);

} // namespace driplo::pg
