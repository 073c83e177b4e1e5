// Sequences and the transaction's clock.
#pragma once

#include "pg/prelude.hpp"

#include <cstdint>

namespace driplo::pg {

// nextval() of a sequence of that schema, whatever the caller's rights on it are. Holds no lock
// that another session's nextval() would wait for. Errors: 42P01 when there is none.
std::int64_t next_value(Oid schema, const char* sequence);

// When the transaction began, in whole seconds since 1970-01-01 00:00 UTC.
std::int64_t transaction_unix_time();

// An interval in whole seconds, a month as 30 days.
std::int64_t interval_seconds(Datum interval);

} // namespace driplo::pg
