// What a buyer orders with: addresses, a card, and what is unpaid already.
#pragma once

#include "api/cart/checkout.hpp"

namespace driplo {

// Finds and locks the addresses and the card of the request, and counts what its buyer holds
// unpaid. Error P0002 for what is not the buyer's.
void find_means(checkout_request& r);

} // namespace driplo
