// Prices of several currencies in one list.
#pragma once

#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

// The currency of price_norm: driplo.base_currency.
std::string base_currency();

// The amount in the base currency; nullopt without a rate.
std::optional<pg::amount> in_base(pg::spi spi, const pg::amount& amount,
                                  const std::string& currency);

// How much of the currency one unit of the base currency is; nullopt without a rate.
std::optional<pg::amount> rate_from_base(pg::spi spi, const std::string& currency);

} // namespace driplo
