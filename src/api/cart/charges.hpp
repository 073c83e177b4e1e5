// What is charged for the lines of a checkout beside their prices: the tax by the shop's function
// or the table tax_rates, and what the platform keeps by driplo.platform_fee_percent or the table
// commission_rules.
#pragma once

#include "api/cart/quote.hpp"
#include "pg/session.hpp"

namespace driplo {

// After discounts: the platform's share of each line and of each order, and what of it the buyer
// pays.
void charge_fees(pg::spi spi, calculation& c);

// After the fees, of which the shop's function is told.
void charge_taxes(pg::spi spi, calculation& c, const purchase& wanted);

} // namespace driplo
