#include "pg/numeric.hpp"

#include "pg/boundary.hpp"

namespace driplo::pg {

namespace {

// The rate of the last percent asked for: a setting hardly ever changes.
struct known_rate {
    double percent;
    Numeric rate;
};
known_rate known{};

Datum rate_of(double percent) {
    if (!known.rate || known.percent != percent) {
        const Datum hundredth = DirectFunctionCall3(
            numeric_in, CStringGetDatum("0.01"), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
        const Datum rate = DirectFunctionCall2(
            numeric_mul, DirectFunctionCall1(float8_numeric, Float8GetDatum(percent)), hundredth);
        MemoryContext caller_context = MemoryContextSwitchTo(TopMemoryContext);
        Numeric copy = DatumGetNumericCopy(rate);
        MemoryContextSwitchTo(caller_context);
        if (known.rate)
            pfree(known.rate);
        known = {percent, copy};
    }
    return NumericGetDatum(known.rate);
}

} // namespace

Datum percentage(Datum amount, double percent, int scale) {
    return call([&] {
        const Datum product = DirectFunctionCall2(numeric_mul, amount, rate_of(percent));
        return DirectFunctionCall2(numeric_round, product, Int32GetDatum(scale));
    });
}

std::int64_t percentage_of(std::int64_t minor, double percent) {
    const Datum amount = call([&] { return NumericGetDatum(int64_to_numeric(minor)); });
    const Datum share = percentage(amount, percent, 0);
    return call([&] { return DatumGetInt64(DirectFunctionCall1(numeric_int8, share)); });
}

std::int64_t to_minor_units(Datum amount) {
    return call([&] {
        const Datum minor =
            DirectFunctionCall2(numeric_mul, amount, NumericGetDatum(int64_to_numeric(100)));
        return DatumGetInt64(DirectFunctionCall1(numeric_int8, minor)); // rounds
    });
}

} // namespace driplo::pg
