#include "pg/sequence.hpp"

#include "pg/boundary.hpp"

namespace driplo::pg {

std::int64_t next_value(Oid schema, const char* sequence) {
    return call([&] {
        const Oid relation = get_relname_relid(sequence, schema);
        if (!OidIsValid(relation))
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                            errmsg("sequence \"%s\" does not exist", sequence)));
        return static_cast<std::int64_t>(nextval_internal(relation, false));
    });
}

std::int64_t transaction_unix_time() {
    return static_cast<std::int64_t>(timestamptz_to_time_t(GetCurrentTransactionStartTimestamp()));
}

std::int64_t interval_seconds(Datum interval) {
    const Interval* parts = DatumGetIntervalP(interval);
    return parts->time / USECS_PER_SEC +
           (static_cast<std::int64_t>(parts->month) * DAYS_PER_MONTH + parts->day) * SECS_PER_DAY;
}

} // namespace driplo::pg
