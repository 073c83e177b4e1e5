// The minor units of currencies, as payment processors count them.
#pragma once

#include "core/money.hpp"

#include <cstdint>
#include <string_view>

namespace driplo::core {

/// Digits after the point in the amounts of Stripe's API: 0, 2 or 3. The code may be in either
/// case; an unknown one has 2. https://docs.stripe.com/currencies (zero-decimal and three-decimal
/// currencies; ISK and UGX are written with two digits that are zero).
int processor_digits(std::string_view currency) noexcept;

/// An amount as the processor writes it, in hundredths as driplo keeps it. Error 22023 when it has
/// a part that hundredths cannot hold, 22003 when it is too large.
money from_processor_amount(std::int64_t amount, std::string_view currency);

} // namespace driplo::core
