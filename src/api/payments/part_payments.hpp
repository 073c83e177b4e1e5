// Orders that are paid in parts, by several payments.
//
// A part that has come in is the buyer's (account part_payments) until all of the order has: the
// sale takes it from there. If the order ends before, or the part is taken back or refunded, it
// pays for nothing and goes back as an overpayment does, by the payment that brought it. What goes
// back of an order that was paid goes by the payments that have most left, and by none more than
// came through it.
#pragma once

#include "api/payments/transactions.hpp"
#include "core/settlement.hpp"
#include "pg/session.hpp"
#include "pg/spi.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driplo {

// How much of a part each of the orders gets, by their ids. Error MK013 when it is more than no
// payment has brought or is to bring.
std::vector<core::money> shares_of_part(pg::spi spi, const std::vector<pg::uuid>& orders,
                                        const part_to_pay& part, const std::string& currency);
// Rows of payment_transactions for those that are of something.
pg::rows add_parts(pg::spi spi, const std::vector<pg::uuid>& orders,
                   const std::vector<core::money>& amounts, const std::string& processor,
                   const std::string& processor_id);

// A part has come in, and more is due.
void keep_part(pg::spi spi, const payment_row& row, const order_money& order);

// The order ends without having been paid: the parts that have come in are owed to the buyer.
void owe_parts_of(pg::spi spi, const order_money& order, const std::string& reason);

// The same for what this payment has brought, as far as its orders are not paid: nobody can pay
// with money that goes back. Its rows are overpayments then.
void owe_parts_of(pg::spi spi, payment& p, const std::string& reason);

// What a refund takes, by the payments that it goes back through: no payment is named where the
// order has but one, or for what none of them has. `through`: the one that is known to send it.
struct refund_part {
    core::division taken;
    std::optional<pg::uuid> through;
};
std::vector<refund_part> divide_by_payments(pg::spi spi, const order_money& order,
                                            const core::division& taken,
                                            const std::optional<pg::uuid>& through);

// What of its amount a payment of several can still give back for its order, when what is decided
// goes through it, and a bank has what it has taken.
core::money left_of_payment(pg::spi spi, const pg::uuid& row);

} // namespace driplo
