// An order is the sum of its parts: one for each line, and the shipping. What each of them is worth
// to whom was fixed at checkout, and a part that goes back takes that from everybody.
#pragma once

#include "api/payments/ledger.hpp"
#include "pg/session.hpp"

namespace driplo {

// What can go back for a line, and from whom: what is left of the order without its other parts.
// Refunds that named no line count against the line that is asked about; what was refunded for it
// by name is gone, and once its money went back in a return only what was deducted then is left of
// it. Of the last line, when nothing of the others is left to go back, the shipping goes along.
// Errors: P0002 for a line of another order.
core::settlement share_of_line(pg::spi spi, const order_money& order, const pg::uuid& line);

} // namespace driplo
