// What a processor keeps for itself of a payment or charges for it: the platform bears it.
#pragma once

#include "api/payments/transactions.hpp"

namespace driplo {

// What Stripe charges for a dispute, or returns of that, by the balance transactions that stand in
// its event. Each is booked once, whoever told of it first.
void book_dispute_fees(pg::spi spi, const payment& disputed, pg::jsonb event);

} // namespace driplo
