// The coupons of a cart: who may use which, and what they take off.
#pragma once

#include "api/cart/quote.hpp"

namespace driplo {

// Reads the coupons whose codes are wanted, locks them to buy, and takes off what they give.
void apply_coupons(calculation& c, const purchase& wanted, purpose why);

} // namespace driplo
