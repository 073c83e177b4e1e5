// The currencies that there are, their smallest units, and how payment processors count them.
#pragma once

#include "core/money.hpp"

#include <cstdint>
#include <string_view>

namespace driplo::core {

/// Whether this is the code of a currency in use by ISO 4217, in upper case. Not the codes of
/// metals, of funds, and for tests.
bool is_currency(std::string_view code) noexcept;

/// The smallest amount of a currency that can be paid, in hundredths: 100 of those without a part,
/// such as the yen, else 1. Of the currencies with thousandths driplo holds hundredths. The code
/// may be in either case; an unknown one has hundredths.
money smallest_unit(std::string_view currency) noexcept;

/// Digits after the point by ISO 4217: 0, 2 or 3, where those that driplo counts in whole units
/// have 0. The code of a currency in upper case; an unknown one has 2.
int minor_units(std::string_view currency) noexcept;

/// Error 22023 when the amount is no whole number of the currency's smallest unit. `what` names it:
/// "amount".
void require_payable(money amount, std::string_view currency, std::string_view what);

/// Digits after the point in the amounts of Stripe's API: 0, 2 or 3. The code may be in either
/// case; an unknown one has 2. https://docs.stripe.com/currencies (zero-decimal and three-decimal
/// currencies; ISK and UGX are written with two digits that are zero).
int processor_digits(std::string_view currency) noexcept;

/// An amount as the processor writes it, in hundredths as driplo keeps it. Error 22023 when it has
/// a part that hundredths cannot hold, 22003 when it is too large.
money from_processor_amount(std::int64_t amount, std::string_view currency);

} // namespace driplo::core
