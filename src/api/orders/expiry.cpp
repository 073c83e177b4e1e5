// Orders that nobody pays for: which they are, and how one of them ends.
//
// expire_unpaid_orders() takes many at once, and one by one those of a batch that cannot be had so,
// in PL/pgSQL for its EXCEPTION block: a lock that somebody holds on what one of them took, or a
// trigger that refuses it, must not keep the others.
#include "api/orders/effects.hpp"
#include "api/orders/promises.hpp"
#include "api/orders/row.hpp"
#include "api/orders/state_lists.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

// A payment under way is waited for, one that has failed is none; nor is one that came in, as a
// part or as too much, a reason to wait. That one is under way the service says, by a row of it or
// by the step itself; a buyer who only says so holds nothing for longer than others.
constexpr pg::part is_unpaid{"is_unpaid", R"(
    (
        o.status IN ('pending_payment', 'payment_failed')
        OR o.status = 'payment_processing'
           AND NOT EXISTS (
               SELECT FROM {s}.payment_transactions p
               WHERE p.order_id = o.id
                 AND p.status::text NOT IN ('failed', 'cancelled')
                 AND NOT p.is_surplus
                 AND NOT (p.status::text = 'succeeded' AND o.part_paid_amount > 0)
           )
           AND (
               o.part_paid_amount > 0
               OR EXISTS (
                   SELECT FROM {s}.payment_transactions p
                   WHERE p.order_id = o.id AND p.is_surplus
               )
               OR (
                   SELECT h.changed_by IS NOT DISTINCT FROM o.buyer_id
                   FROM {s}.order_status_history h
                   WHERE h.order_id = o.id
                   ORDER BY h.created_at DESC, h.id DESC
                   LIMIT 1
               )
           )
    ))"};
const pg::plan unpaid_orders{R"(
    SELECT o.id, o.seller_id, o.promise_id IS NOT NULL
    FROM {s}.orders o
    WHERE {is_unpaid}
      AND o.created_at <= now() - pg_catalog.make_interval(mins => $1)
    ORDER BY o.created_at)",
                             {is_unpaid}};
// With those that it is tied to: all or none.
const pg::plan lock_order{R"(
    WITH wanted AS MATERIALIZED (SELECT id FROM {s}.orders WHERE id = {with_tied_orders}),
    locked AS MATERIALIZED (
        SELECT id
        FROM {s}.orders
        WHERE id = ANY (ARRAY(SELECT id FROM wanted))
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
    )
    SELECT (SELECT pg_catalog.count(*) FROM wanted) = (SELECT pg_catalog.count(*) FROM locked))",
                          {with_tied_orders}};
// Asked again under the lock: a payment that came meanwhile has not written the order. One that
// waits for the others has none of its own.
const pg::plan still_unpaid{R"(
    SELECT COALESCE(
        pg_catalog.bool_or(o.id = $1 AND {is_unpaid}) AND pg_catalog.bool_and(
            o.total_amount = 0
            OR {is_unpaid}
        ),
        false
    )
    FROM {s}.orders o
    WHERE o.id = {with_tied_orders}
      AND o.status IN ({unpaid_order_states}))",
                            {is_unpaid, with_tied_orders, unpaid_order_states}};
const pg::plan count_ended{R"(
    SELECT pg_catalog.count(*)
    FROM {s}.orders
    WHERE id = {with_tied_orders} AND status = 'cancelled')",
                           {with_tied_orders}};

constexpr const char* reason_of_expiry = "the payment window is over";

std::int32_t expire(pg::spi spi, const pg::uuid& order) {
    if (!*lock_order.run(order).value<bool>() || !*still_unpaid.run(order).value<bool>())
        return 0;
    const auto before = *count_ended.run(order).value<std::int64_t>();
    take_step_by_system(spi, order, core::order_state::cancelled, reason_of_expiry);
    return static_cast<std::int32_t>(*count_ended.run(order).value<std::int64_t>() - before);
}

const pg::plan still_unpaid_of{R"(
    SELECT o.id
    FROM {s}.orders o
    WHERE o.id = ANY ($1) AND o.promise_id IS NULL AND {is_unpaid})",
                               {is_unpaid}};

// Of many at once those that nobody has locked and nothing ties to others, the oldest first. Stock
// is locked before the orders are written, so that a lock that is not had costs little.
std::int32_t expire_together(pg::spi spi, const std::vector<pg::uuid>& wanted, std::int32_t most) {
    const auto orders = still_unpaid_of.run(lock_free_orders(spi, wanted, most)).values<pg::uuid>();
    if (orders.empty())
        return 0;
    lock_for_giving_back(spi, orders);
    return take_step_together(spi, orders, core::order_state::cancelled, reason_of_expiry);
}

} // namespace

// private.orders_to_expire() -> TABLE(order_id uuid, seller_id uuid, is_tied boolean)
DRIPLO_FUNCTION(driplo_orders_to_expire) {
    pg::session spi;
    return unpaid_orders.run(std::int32_t{pg::settings::payment_window}).as_result(fcinfo);
}

// private.expire_order(order_id uuid) -> integer
DRIPLO_FUNCTION(driplo_expire_order) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    pg::session spi;
    return pg::to_datum(expire(spi, order));
}

// private.expire_orders(order_ids uuid[], max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_expire_orders) {
    const auto orders = pg::required<std::vector<pg::uuid>>(fcinfo, 0, "order_ids");
    const auto most = pg::required<std::int32_t>(fcinfo, 1, "max_rows");
    pg::session spi;
    return pg::to_datum(expire_together(spi, orders, most));
}

} // namespace driplo
