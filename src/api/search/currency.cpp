#include "api/search/currency.hpp"

#include "pg/settings.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan converted{"SELECT {s}.convert($1, $2, $3)", pg::access::read_only};
// Of a million, because amounts are rounded to cents.
const pg::plan rate{"SELECT {s}.convert(1000000, $1, $2) / 1000000", pg::access::read_only};

} // namespace

std::string base_currency() {
    return pg::settings::base_currency;
}

std::optional<pg::amount> in_base(pg::spi, const pg::amount& amount, const std::string& currency) {
    const std::string base = base_currency();
    return currency == base ? std::optional(amount)
                            : converted.run(amount, currency, base).value<pg::amount>();
}

std::optional<pg::amount> rate_from_base(pg::spi, const std::string& currency) {
    const std::string base = base_currency();
    return currency == base ? std::optional(pg::amount{"1"})
                            : rate.run(base, currency).value<pg::amount>();
}

} // namespace driplo
