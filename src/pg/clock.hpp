// The transaction's clock, and lengths of time.
#pragma once

#include "pg/value.hpp"

#include <cstdint>

namespace driplo::pg {

// When the transaction began, now() of SQL.
timestamp transaction_time();

// When the client's statement began, statement_timestamp() of SQL.
timestamp statement_time();

// The time of the clock, clock_timestamp() of SQL.
timestamp clock_time();

// When the transaction began, in whole seconds since 1970-01-01 00:00 UTC.
std::int64_t transaction_unix_time();

// From then to the beginning of the transaction, in whole seconds.
std::int64_t seconds_since(timestamp time);

// An interval in whole seconds, a month as 30 days.
std::int64_t interval_seconds(Datum interval);

} // namespace driplo::pg
