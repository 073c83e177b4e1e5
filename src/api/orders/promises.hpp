// Orders of one checkout that a coupon's condition ties together (core/promise.hpp): they are paid
// together, and fall together. orders.promise_id names them, coupon_usage.condition keeps the
// terms.
#pragma once

#include "api/cart/quote.hpp"
#include "api/payments/ledger.hpp"
#include "core/order_state.hpp"
#include "core/promise.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"

#include <map>

namespace driplo {

// What ties the orders of a checkout that is being placed.
struct ties {
    std::vector<std::optional<pg::uuid>> promise_ids; // of each order
    // the terms, as JSON, by the number of the coupon and of the order
    std::map<std::pair<std::size_t, std::size_t>, std::string> conditions;

    // Whether an order with nothing to pay waits for the others.
    std::vector<bool> waits;
};
ties tie(const calculation& c);

// $1 and what is tied to it, as the right side of an =: for who locks an order by its id.
inline constexpr pg::part with_tied_orders{"with_tied_orders", R"(
    ANY (ARRAY(
        SELECT $1
        UNION
        SELECT tied.id
        FROM {s}.orders named
        JOIN {s}.orders tied ON tied.promise_id = named.promise_id
        WHERE named.id = $1
    )))"};
// The same for an array.
inline constexpr pg::part all_with_tied_orders{"all_with_tied_orders", R"(
    ANY (ARRAY(
        SELECT pg_catalog.unnest($1)
        UNION
        SELECT tied.id
        FROM {s}.orders named
        JOIN {s}.orders tied ON tied.promise_id = named.promise_id
        WHERE named.id = ANY ($1)
    )))"};

// An order of a promise is about to be prepared or sent, or paid with nothing. Errors: MK005 while
// another of them is not paid.
void require_promise_paid(pg::spi spi, const pg::uuid& promise, const pg::uuid& order,
                          core::order_state to);

// An order of a promise has just become paid, or ended: those with nothing to pay, which waited for
// the others, are paid when no other is left to be paid.
void pay_what_costs_nothing(pg::spi spi, const pg::uuid& promise);

// What follows from the end of an order for those that are tied to it.
class promise_ending {
public:
    // Locks the orders of the promise, and what the falling ones have to give back together with
    // this one.
    promise_ending(pg::spi spi, const pg::uuid& promise, const pg::uuid& order);

    // Before the order's money goes back: keeps what the platform loses by those that were sent, of
    // this order and then of those that fall.
    void withhold(pg::spi spi) const;
    // The same of a part of this order's money, as far as that goes; how much.
    core::money withhold_from(pg::spi spi, order_money& order, core::money most) const;
    // After it: the others fall.
    void finish(pg::spi spi) const;

private:
    pg::uuid promise_, order_;
    core::promise_end end_;
    bool is_first_;
};

// Locks an order and those that it is tied to, by id: before any of them is locked alone.
void lock_with_tied(pg::spi spi, const pg::uuid& order);

// Somebody decides that so much of an order goes back. Where more than half of it has gone then, it
// counts as gone: the orders fall that do not earn their discount without it, and what was sent is
// kept of the amount, all of it but the smallest unit at most. How much that is.
core::money keep_of_refund(pg::spi spi, order_money& order, core::money amount);

// What the buyer reads of an order that keeps a part of the money; empty for one that does not.
std::string remark_on_withheld(pg::spi spi, const pg::uuid& order);

} // namespace driplo
