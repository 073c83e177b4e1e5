// What a refund of an order takes from whom, and its request under the lock: for refunds.cpp, which
// says when money goes back, and refund_requests.cpp, in which people ask for it and decide.
#pragma once

#include "api/orders/parts.hpp"
#include "api/payments/ledger.hpp"
#include "core/money.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

struct refund_request {
    pg::uuid id, order;
    core::money amount, credit;
    std::string status;
    std::optional<pg::uuid> surplus;      // the payment that came too much
    std::optional<pg::uuid> through;      // of several payments the one that sends it
    std::optional<pg::uuid> line;         // that it is for
    std::optional<std::int64_t> quantity; // of its pieces, when it is for some

    core::money cash() const { return amount - credit; }
    std::optional<line_pieces> part() const {
        return line ? std::optional(line_pieces{*line, quantity}) : std::nullopt;
    }
};

core::error wrong_state(const refund_request& r, const char* what);

// The order is locked before its requests. Errors: P0002.
refund_request locked_request(pg::spi spi, const pg::uuid& id, order_money& order);

// So much less than was asked for goes back.
void reduce_request(pg::spi spi, const pg::uuid& id, core::money by);

// Error MK013 for an order for which nothing was paid.
void require_sold(const order_money& order);

core::error exceeds(const order_money& order, core::money left);

// Whose the amount is, of the line or its pieces when they are named. Error MK009 when it is more
// than is left.
core::division share_of(pg::spi spi, const order_money& order,
                        const std::optional<line_pieces>& part, core::money amount);

// A seller who decides pays with what the order brought, or with money that is there: who was paid
// out could promise the platform's. Locks the parties. Error MK012.
void require_covered(pg::spi spi, const order_money& order, const core::division& taken);

// What is asked for and not decided.
core::money pending(pg::spi spi, const pg::uuid& order);

// Requests that nobody has decided yet do not stand in the way of what was decided.
void make_room(pg::spi spi, const order_money& order, core::money amount);
void reject_pending_of(pg::spi spi, const pg::uuid& order, const pg::uuid& line);

// An approved refund in the books.
struct booked_refund {
    core::division taken;
    bool uses_came_back; // the buyer has the credit again without a new one, unless it expired

    // processed when no cash has to be sent
    std::string status() const { return taken.cash.minor > 0 ? "approved" : "processed"; }
};

booked_refund book_refund(pg::spi spi, order_money& order, const pg::uuid& id,
                          const core::division& taken, bool uses_are_given_back = false);

// After the request was written: the buyer has a new credit for what was paid with one.
void give_credit_of(pg::spi spi, const booked_refund& refund, const order_money& order,
                    const pg::uuid& id);

// The text, and what the buyer reads of an order that keeps so much.
std::optional<std::string> remarked(pg::spi spi, const std::optional<std::string>& text,
                                    const pg::uuid& order, core::money kept);

} // namespace driplo
