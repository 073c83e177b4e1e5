// Money that goes back to the buyer of an order.
#pragma once

#include "core/money.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

// What of an order's payment, in cash and in store credit, can still be given back. Locks the order
// until the transaction ends. Zero for an order that was not paid. Needs a session.
core::money refundable(const pg::uuid& order);

// Decides by itself that this much goes back to the buyer: an approved refund request, booked in
// the ledger, cash first and then store credit. `decided_by` is the admin, seller or nobody. The
// request's id. Errors: P0002 for an unknown order, 22023 unless the amount is positive, MK009
// when it is more than refundable(). Needs a session.
pg::uuid refund_now(const pg::uuid& order, core::money amount, const std::string& reason,
                    const std::optional<pg::uuid>& decided_by);

} // namespace driplo
