// The tax function of the shop's own, that the setting driplo.tax_function names:
// f(lines jsonb, address jsonb) RETURNS numeric, the tax of an order in major units of its
// currency; or f(sale jsonb) RETURNS jsonb, by line.
#pragma once

#include "core/error.hpp"
#include "core/money.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo::pg {

enum class tax_function_kind { none, amount, lines };

// Error 22023 when the setting names no such function. A name with both is the first.
tax_function_kind kind_of_tax_function();

// The tax of an order, rounded to the smallest unit of its currency, half away from zero. The
// address may be unknown: NULL. Errors: 22023 when the tax is negative or no number; what the
// function raises.
core::money tax(const std::string& lines, const std::optional<Datum>& address, core::money unit);

// What the function says of a sale; nullopt when it returns NULL.
std::optional<jsonb> taxes(const std::string& sale);

// What is wrong with what it returned.
core::error bad_tax_function(const std::string& what);

} // namespace driplo::pg
