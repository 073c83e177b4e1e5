#include "pg/clock.hpp"

namespace driplo::pg {

timestamp transaction_time() {
    return {GetCurrentTransactionStartTimestamp()};
}

timestamp statement_time() {
    return {GetCurrentStatementStartTimestamp()};
}

timestamp clock_time() {
    return {GetCurrentTimestamp()};
}

std::int64_t transaction_unix_time() {
    return static_cast<std::int64_t>(timestamptz_to_time_t(GetCurrentTransactionStartTimestamp()));
}

std::int64_t seconds_since(timestamp time) {
    return (GetCurrentTransactionStartTimestamp() - time.value) / USECS_PER_SEC;
}

std::int64_t interval_seconds(Datum interval) {
    const Interval* parts = DatumGetIntervalP(interval);
    return parts->time / USECS_PER_SEC +
           (static_cast<std::int64_t>(parts->month) * DAYS_PER_MONTH + parts->day) * SECS_PER_DAY;
}

} // namespace driplo::pg
