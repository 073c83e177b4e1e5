// The tax function of the shop's own, that the setting driplo.tax_function names:
// f(lines jsonb, address jsonb) RETURNS numeric, in major units of the order's currency.
#pragma once

#include "core/money.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo::pg {

bool has_tax_function();

// The tax of an order, rounded to the smallest unit of its currency, half away from zero. The
// address may be unknown: NULL. Errors: 22023 when the setting names no such function or the tax is
// negative or no number; what the function raises.
core::money tax(const std::string& lines, const std::optional<Datum>& address, core::money unit);

} // namespace driplo::pg
