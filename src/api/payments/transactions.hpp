// Payments: which processor's payment pays for which orders, and what its news does to them.
#pragma once

#include "api/payments/ledger.hpp"
#include "core/payment_state.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driplo {

// A row of payment_transactions: what one payment pays of one order.
struct payment_row {
    pg::uuid id, order;
    core::money amount, refunded;
    core::payment_state state;
    std::optional<std::int64_t> last_news; // seconds on the processor's clock
    bool is_surplus;
};

// One payment at the processor, for one or several orders of one buyer.
struct payment {
    std::string processor, processor_id, currency;
    std::vector<payment_row> rows; // by order

    std::vector<pg::uuid> orders() const;
    core::money amount() const;
    core::money refunded() const;
    bool is_paid() const;
};

// Locks the payment's id, then its orders by id, then its rows. No rows when it is unknown, which
// it stays until the transaction ends unless it begins here.
payment lock_payment(pg::spi spi, const std::string& processor, const std::string& processor_id);

// What the end of several orders would lock one order after the other, and what an order locks that
// is paid and ends in one transaction: all of it at once, in the order in which everybody locks.
// For news after which they may end.
void lock_for_ending(pg::spi spi, const payment& p);

// A payment for these orders begins: they are in payment_processing then. The rows' ids in the
// order of the ids given. Repeating it changes nothing. Errors: 22023 for orders of several buyers
// or currencies, or none; P0002; MK013 when the payment is known for other orders or another
// amount, an order has another payment under way, or a part is more than what is due; MK005 for an
// order that cannot be paid.
// A part of what the orders cost is divided in proportion to what is due of each.
struct part_to_pay {
    std::optional<core::money> amount; // without one all that is due
};
std::vector<pg::uuid> start_payment(pg::spi spi, const std::vector<pg::uuid>& orders,
                                    const std::string& processor, const std::string& processor_id,
                                    const std::optional<part_to_pay>& part = std::nullopt);

// What the service says that a payment is: in the first argument the orders, in the one of that
// number and the next the processor and its ID. Errors: 42501, 22004, 22023.
struct told_payment_arguments {
    std::vector<pg::uuid> orders;
    std::string processor, processor_id;
};
told_payment_arguments required_payment(FunctionCallInfo fcinfo, int processor);

// The same for a payment that lock_payment() does not know, and whose news is there already:
// whatever state the orders are in.
void adopt_payment(pg::spi spi, const std::vector<pg::uuid>& orders, const std::string& processor,
                   const std::string& processor_id);

// Less came in than the orders cost, because only a part of what was held was captured: it is a
// part of what is due, and the rest can be paid by another payment. Nothing when the money came in
// before.
void come_in_partly(pg::spi spi, payment& paid, core::money received, std::int64_t at);

// Writes the row as it is now, at that second of the processor's clock.
void write_state(pg::spi spi, const payment_row& row, std::int64_t at);
// Counts what went back of the order before its payment came in; how much that is.
core::money count_refunds(pg::spi spi, const payment_row& row);

// What the processor says of a payment, at that second of its clock. Money that came in for an
// order that is cancelled, refunded or paid already is a surplus, which goes back.
void apply_news(pg::spi spi, payment& paid, core::payment_news news, std::int64_t at);

} // namespace driplo
