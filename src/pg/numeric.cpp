#include "pg/numeric.hpp"

#include "pg/boundary.hpp"

#include <cstring>
#include <optional>

namespace driplo::pg {

namespace {

// The rate of the last percent asked for: a setting hardly ever changes.
struct known_rate {
    double percent;
    Numeric rate;
    std::int64_t millionths; // negative where the rate is no whole number of them
};
known_rate known{};

Datum number(const char* text) {
    return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
                               Int32GetDatum(-1));
}

std::int64_t whole_millionths(Datum rate) {
    const Datum millionths = DirectFunctionCall2(numeric_mul, rate, number("1000000"));
    const Datum whole = DirectFunctionCall2(numeric_trunc, millionths, Int32GetDatum(0));
    return DatumGetBool(DirectFunctionCall2(numeric_eq, millionths, whole))
               ? DatumGetInt64(DirectFunctionCall1(numeric_int8, whole))
               : -1;
}

void learn_rate(double percent) {
    const Datum rate = DirectFunctionCall2(
        numeric_mul, DirectFunctionCall1(float8_numeric, Float8GetDatum(percent)), number("0.01"));
    const std::int64_t millionths = whole_millionths(rate);
    MemoryContext caller_context = MemoryContextSwitchTo(TopMemoryContext);
    Numeric copy = DatumGetNumericCopy(rate);
    MemoryContextSwitchTo(caller_context);
    if (known.rate)
        pfree(known.rate);
    known = {percent, copy, millionths};
}

// An amount as it is stored, in ten-thousandths; nullopt for what is not below 10^12 or has more
// than four decimals, for NaN and infinity. The format (numeric.c, "short") is that of tables on
// disk and cannot change: a sign, a weight and digits of the base 10,000.
std::optional<std::int64_t> ten_thousandths(Datum amount) {
    constexpr unsigned kind = 0xC000, is_short = 0x8000, is_negative = 0x2000;
    constexpr unsigned weight_bits = 0x003F, weight_sign = 0x0040;
    const auto* stored = reinterpret_cast<const varlena*>(DatumGetPointer(amount));
    if (VARATT_IS_EXTENDED(stored) && !VARATT_IS_SHORT(stored))
        return std::nullopt;
    const char* bytes = VARDATA_ANY(stored);
    const std::size_t size = VARSIZE_ANY_EXHDR(stored);
    std::uint16_t header = 0;
    if (size < sizeof header)
        return std::nullopt;
    std::memcpy(&header, bytes, sizeof header);
    if ((header & kind) != is_short)
        return std::nullopt;
    int weight = static_cast<int>(header & weight_bits);
    if (header & weight_sign)
        weight -= static_cast<int>(weight_sign);
    const int digits = static_cast<int>((size - sizeof header) / sizeof(std::int16_t));
    if (weight < -1 || weight > 2 || digits > weight + 2)
        return std::nullopt;
    std::int64_t value = 0;
    for (int i = 0; i < weight + 2; ++i) {
        std::int16_t digit = 0;
        if (i < digits)
            std::memcpy(&digit, bytes + sizeof header + sizeof digit * i, sizeof digit);
        value = value * 10'000 + digit;
    }
    return header & is_negative ? -value : value;
}

// Half away from zero, as round() does.
std::int64_t rounded_quotient(std::int64_t dividend, std::int64_t divisor) {
    const std::int64_t half = dividend < 0 ? -divisor / 2 : divisor / 2;
    return (dividend + half) / divisor;
}

// What percentage() is, times ten to the power of the scale, for what fits machine words.
std::optional<std::int64_t> small_percentage(Datum amount, std::int64_t millionths, int scale) {
    constexpr std::int64_t powers[] = {10'000'000'000, 1'000'000'000, 100'000'000};
    if (millionths < 0 || scale < 0 || scale > 2)
        return std::nullopt;
    const auto parts = ten_thousandths(amount);
    std::int64_t product = 0;
    if (!parts || __builtin_mul_overflow(*parts, millionths, &product) || product > INT64_MAX / 2 ||
        product < INT64_MIN / 2)
        return std::nullopt;
    return rounded_quotient(product, powers[scale]);
}

} // namespace

Datum percentage(Datum amount, double percent, int scale) {
    if (!known.rate || known.percent != percent)
        call([&] { learn_rate(percent); });
    if (const auto small = small_percentage(amount, known.millionths, scale))
        return call([&] { return NumericGetDatum(int64_div_fast_to_numeric(*small, scale)); });
    return call([&] {
        const Datum product = DirectFunctionCall2(numeric_mul, amount, NumericGetDatum(known.rate));
        return DirectFunctionCall2(numeric_round, product, Int32GetDatum(scale));
    });
}

core::money percentage_of(core::money amount, double percent, core::money unit) {
    const bool is_whole = core::is_multiple(amount, unit);
    const Datum units = call([&] {
        if (is_whole)
            return NumericGetDatum(int64_to_numeric(amount.minor / unit.minor));
        return DirectFunctionCall2(numeric_div, NumericGetDatum(int64_to_numeric(amount.minor)),
                                   NumericGetDatum(int64_to_numeric(unit.minor)));
    });
    const Datum share = percentage(units, percent, 0);
    const core::money shares{
        call([&] { return DatumGetInt64(DirectFunctionCall1(numeric_int8, share)); })};
    return shares * unit.minor;
}

core::money to_money(Datum amount, core::money unit) {
    const core::money units{call([&] {
        const Datum per_unit = NumericGetDatum(int64_to_numeric(100 / unit.minor));
        const Datum exact = DirectFunctionCall2(numeric_mul, amount, per_unit);
        return DatumGetInt64(DirectFunctionCall1(numeric_int8, exact)); // rounds
    })};
    return units * unit.minor;
}

Datum to_major_units(core::money amount, core::money unit) {
    return call([&] {
        return NumericGetDatum(unit.minor == 100 ? int64_to_numeric(amount.minor / 100)
                                                 : int64_div_fast_to_numeric(amount.minor, 2));
    });
}

core::money multiplied(Datum amount, std::initializer_list<std::int64_t> multiply,
                       std::initializer_list<std::int64_t> divide, core::money unit) {
    constexpr std::int64_t most = 100'000'000'000'000'000; // in hundredths
    const auto units = call([&]() -> std::optional<std::int64_t> {
        const auto whole = [](std::int64_t value) {
            return NumericGetDatum(int64_to_numeric(value));
        };
        Datum dividend =
            DirectFunctionCall2(numeric_mul, DirectFunctionCall1(numeric_abs, amount), whole(100));
        Datum divisor = whole(unit.minor);
        for (const std::int64_t factor : multiply)
            dividend = DirectFunctionCall2(numeric_mul, dividend, whole(factor));
        for (const std::int64_t factor : divide)
            divisor = DirectFunctionCall2(numeric_mul, divisor, whole(factor));
        // NaN is greater than every number
        if (!DatumGetBool(DirectFunctionCall2(
                numeric_lt, dividend, DirectFunctionCall2(numeric_mul, divisor, whole(most)))))
            return std::nullopt;
        const Datum rest = DirectFunctionCall2(numeric_mod, dividend, divisor);
        const bool is_half_or_more = DatumGetBool(DirectFunctionCall2(
            numeric_ge, DirectFunctionCall2(numeric_mul, rest, whole(2)), divisor));
        return DatumGetInt64(DirectFunctionCall1(
                   numeric_int8, DirectFunctionCall2(numeric_div_trunc, dividend, divisor))) +
               (is_half_or_more ? 1 : 0);
    });
    if (!units)
        throw core::error{core::errors::numeric_value_out_of_range, "amount out of range",
                          "The maximum is 999999999999999.99."};
    const bool is_negative = call([&] {
        return DatumGetBool(
            DirectFunctionCall2(numeric_lt, amount, NumericGetDatum(int64_to_numeric(0))));
    });
    return core::money{is_negative ? -*units : *units} * unit.minor;
}

std::optional<core::money> amount_argument(FunctionCallInfo fcinfo, int number, const char* name) {
    const auto amount = argument<Datum>(fcinfo, number);
    if (!amount)
        return std::nullopt;
    enum class found { right, none, too_large };
    std::int64_t minor = 0;
    const found kind = call([&] {
        const Datum hundredths =
            DirectFunctionCall2(numeric_mul, *amount, NumericGetDatum(int64_to_numeric(100)));
        const Datum zero = NumericGetDatum(int64_to_numeric(0));
        // NaN is greater than every number and no whole one
        if (numeric_is_nan(DatumGetNumeric(*amount)) ||
            !DatumGetBool(DirectFunctionCall2(numeric_gt, hundredths, zero)))
            return found::none;
        if (DatumGetBool(DirectFunctionCall2(
                numeric_gt, hundredths, NumericGetDatum(int64_to_numeric(core::max_money.minor)))))
            return found::too_large;
        if (!DatumGetBool(DirectFunctionCall2(
                numeric_eq, hundredths,
                DirectFunctionCall2(numeric_trunc, hundredths, Int32GetDatum(0)))))
            return found::none;
        minor = DatumGetInt64(DirectFunctionCall1(numeric_int8, hundredths));
        return found::right;
    });
    if (kind == found::none)
        throw core::error{core::errors::invalid_parameter_value,
                          std::string(name) +
                              " must be greater than zero and have at most two decimal places"};
    if (kind == found::too_large)
        throw core::error{core::errors::numeric_value_out_of_range, "amount out of range",
                          "The maximum is 99999999.99."};
    return core::money{minor};
}

core::money required_amount(FunctionCallInfo fcinfo, int number, const char* name) {
    if (const auto amount = amount_argument(fcinfo, number, name))
        return *amount;
    throw core::error{core::errors::null_value_not_allowed,
                      std::string(name) + " must not be NULL"};
}

void numeric_sum::add(Datum amount) {
    sum_ = is_empty_ ? amount : DirectFunctionCall2(numeric_add, sum_, amount);
    is_empty_ = false;
}

bool numeric_sum::equals(Datum amount) const {
    return !is_empty_ && DatumGetBool(DirectFunctionCall2(numeric_eq, sum_, amount));
}

bool numeric_sum::is_within(std::optional<Datum> amount) const {
    return is_empty_ ||
           DatumGetBool(DirectFunctionCall2(
               numeric_le, sum_, amount ? *amount : NumericGetDatum(int64_to_numeric(0))));
}

} // namespace driplo::pg
