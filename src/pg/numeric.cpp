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

std::optional<core::money> amount_argument(FunctionCallInfo fcinfo, int number, const char* name) {
    const auto amount = argument<Datum>(fcinfo, number);
    if (!amount)
        return std::nullopt;
    enum class found { amount, no_amount, too_large };
    std::int64_t minor = 0;
    const found kind = call([&] {
        const Datum hundredths =
            DirectFunctionCall2(numeric_mul, *amount, NumericGetDatum(int64_to_numeric(100)));
        const Datum zero = NumericGetDatum(int64_to_numeric(0));
        // NaN is greater than every number and no whole one
        if (numeric_is_nan(DatumGetNumeric(*amount)) ||
            !DatumGetBool(DirectFunctionCall2(numeric_gt, hundredths, zero)))
            return found::no_amount;
        if (DatumGetBool(DirectFunctionCall2(
                numeric_gt, hundredths, NumericGetDatum(int64_to_numeric(core::max_money.minor)))))
            return found::too_large;
        if (!DatumGetBool(DirectFunctionCall2(
                numeric_eq, hundredths,
                DirectFunctionCall2(numeric_trunc, hundredths, Int32GetDatum(0)))))
            return found::no_amount;
        minor = DatumGetInt64(DirectFunctionCall1(numeric_int8, hundredths));
        return found::amount;
    });
    if (kind == found::no_amount)
        throw core::error{core::errors::invalid_parameter_value,
                          std::string(name) +
                              " must be above zero, with two digits after the point at most"};
    if (kind == found::too_large)
        throw core::error{core::errors::numeric_value_out_of_range,
                          "an amount of money is too large", "The largest amount is 99999999.99."};
    return core::money{minor};
}

core::money required_amount(FunctionCallInfo fcinfo, int number, const char* name) {
    if (const auto amount = amount_argument(fcinfo, number, name))
        return *amount;
    throw core::error{core::errors::null_value_not_allowed,
                      std::string(name) + " must not be NULL"};
}

} // namespace driplo::pg
