// What an amount is worth in another currency, for showing and comparing prices. Nothing is charged
// by it.
#include "core/currency.hpp"
#include "pg/numeric.hpp"
#include "pg/rights.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

// How many of a currency the base currency is worth. A fraction, because rates are written either
// way round, and of two divisions each would be rounded.
struct worth {
    std::int64_t numerator = 1, denominator = 1;
};

// There is no rate of any other day, and no other can be counted with.
constexpr std::int32_t first_day = -40'000, last_day = 1'000'000; // from 2000-01-01

constexpr std::int64_t scale = 100'000'000; // exchange_rates.rate

// Currencies that were exchanged for another one: their rate stays what it was.
struct past_currency {
    std::string_view code, successor;
    worth rate;
};
constexpr past_currency past_currencies[]{{"BGN", "EUR", {195'583, 100'000}}};

// The latest of at most seven days.
const pg::plan find_rate{R"(
    SELECT (rate * 100000000)::bigint, base::text = $1
    FROM {s}.exchange_rates
    WHERE ((base::text = $1 AND quote::text = $2) OR (base::text = $2 AND quote::text = $1))
      AND as_of <= COALESCE(date '2000-01-01' + $3, (now() AT TIME ZONE 'UTC')::date)
      AND as_of >= COALESCE(date '2000-01-01' + $3, (now() AT TIME ZONE 'UTC')::date) - 7
    ORDER BY as_of DESC, base::text = $1 DESC
    LIMIT 1)",
                         pg::access::read_only, pg::planned::once};

std::optional<worth> worth_of_base(pg::spi, std::string_view currency,
                                   std::optional<std::int32_t> day) {
    const std::string_view base = pg::settings::base_currency;
    if (currency == base)
        return worth{};
    const pg::rows found = find_rate.run(base, currency, day);
    if (found.empty())
        return std::nullopt;
    const std::int64_t rate = *found.value<std::int64_t>(1);
    return *found.value<bool>(2) ? worth{rate, scale} : worth{scale, rate};
}

// What one of `from` is worth in `to`.
struct exchange {
    worth from, to, past_from, past_to;
};

worth take_successor(std::string_view& currency) {
    for (const past_currency& past : past_currencies)
        if (currency == past.code && currency != pg::settings::base_currency) {
            currency = past.successor;
            return past.rate;
        }
    return {};
}

std::optional<exchange> find_exchange(std::string_view from, std::string_view to,
                                      std::optional<std::int32_t> day) {
    exchange found;
    if (from == to)
        return found;
    found.past_from = take_successor(from);
    found.past_to = take_successor(to);
    if (from == to)
        return found;
    const pg::owner_scope as_owner;
    pg::session spi;
    const auto of_from = worth_of_base(spi, from, day);
    const auto of_to = of_from ? worth_of_base(spi, to, day) : std::nullopt;
    if (!of_to)
        return std::nullopt;
    found.from = *of_from;
    found.to = *of_to;
    return found;
}

} // namespace

// convert(amount numeric, from_currency text, to_currency text, as_of date) -> numeric
DRIPLO_FUNCTION(driplo_convert) {
    const auto amount = pg::argument<Datum>(fcinfo, 0);
    const auto from = pg::argument<std::string_view>(fcinfo, 1);
    const auto to = pg::argument<std::string_view>(fcinfo, 2);
    const auto day = pg::argument<std::int32_t>(fcinfo, 3); // from 2000-01-01
    if (!amount || !from || !to || !core::is_currency(*from) || !core::is_currency(*to) ||
        (day && (*day < first_day || *day > last_day)))
        return pg::null_result(fcinfo);
    const auto rate = find_exchange(*from, *to, day);
    if (!rate)
        return pg::null_result(fcinfo);
    const core::money unit = core::smallest_unit(*to);
    return pg::to_major_units(pg::multiplied(*amount,
                                             {rate->from.denominator, rate->past_from.denominator,
                                              rate->to.numerator, rate->past_to.numerator},
                                             {rate->from.numerator, rate->past_from.numerator,
                                              rate->to.denominator, rate->past_to.denominator},
                                             unit),
                              unit);
}

} // namespace driplo
