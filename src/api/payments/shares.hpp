// Whose an amount is that goes back of a payment for several orders, when nobody says so.
#pragma once

#include "api/payments/transactions.hpp"
#include "pg/session.hpp"

#include <vector>

namespace driplo {

struct order_share {
    pg::uuid order, row;    // the row of payment_transactions
    core::money owed;       // of what the order has left
    core::money lost;       // beyond that: what the order's people have given back already
    bool is_shared = false; // with other orders
};

// Shares of a refund at the processor, which is no request's: all of it the named orders', if there
// are any; else the one order's that has exactly this left; else in proportion to what the orders
// have left, apart from what such refunds and chargebacks have taken, so that it makes no
// difference in which order these become known.
std::vector<order_share> share_refund(pg::spi spi, const payment& p, core::money amount,
                                      const std::vector<pg::uuid>& named);

// The same for a chargeback, of these orders or of all when there are none.
std::vector<order_share> share_chargeback(pg::spi spi, const payment& p, core::money amount,
                                          const std::vector<pg::uuid>& named);

} // namespace driplo
