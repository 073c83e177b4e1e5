// Some items of a paid order are not sent: their money goes back, and their pieces on sale. When
// nothing else is left it is the order that is cancelled.
#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/items.hpp"
#include "api/orders/promises.hpp"
#include "api/outbox/events.hpp"
#include "api/payments/refunds.hpp"
#include "api/trust/disputes.hpp"
#include "core/format.hpp"
#include "core/order_state.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

// Whether the pieces are all that is left of the order.
const pg::plan are_all{R"(
    SELECT NOT EXISTS (
        SELECT FROM {s}.order_items i
        LEFT JOIN unnest($2, $3) AS g (line, quantity) ON g.line = i.id
        WHERE i.order_id = $1
          AND i.quantity - i.cancelled_quantity > COALESCE(g.quantity, 0)
    ))"};
const pg::plan mark{R"(
    UPDATE {s}.order_items i
    SET cancelled_quantity = i.cancelled_quantity + g.quantity::integer
    FROM unnest($2, $3) AS g (line, quantity)
    WHERE i.order_id = $1 AND i.id = g.line)"};
// The order stays in its state; what was cancelled is told as what it was when it was bought.
const pg::plan add_to_history{R"(
    INSERT INTO {s}.order_status_history (
        order_id, from_status, to_status, changed_by, reason, metadata, created_at, event_id
    )
    SELECT
        o.id,
        o.status,
        o.status,
        (SELECT id FROM {s}.profiles WHERE id = $4),
        c.what || COALESCE(': ' || $5, ''),
        pg_catalog.jsonb_build_object('cancelled_items', c.items),
        pg_catalog.clock_timestamp(),
        $6
    FROM {s}.orders o
    CROSS JOIN (
        SELECT
            pg_catalog.string_agg(g.quantity || ' × ' || COALESCE(i.title, '?'), ', ' ORDER BY i.id) AS what,
            pg_catalog.jsonb_agg(
                pg_catalog.jsonb_build_object('order_item_id', i.id, 'quantity', g.quantity)
                ORDER BY i.id
            ) AS items
        FROM unnest($2, $3) AS g (line, quantity)
        JOIN {s}.order_items i ON i.id = g.line
    ) c
    WHERE o.id = $1)",
                              pg::writes{"order_status_history"}};
const pg::plan status_of{"SELECT status::text FROM {s}.orders WHERE id = $1"};

struct cancelled_items {
    std::vector<pg::uuid> lines;
    std::vector<std::int64_t> quantities;
};

unsigned require_canceller(const order_money& order) {
    const unsigned actors = order_actors(order.buyer, order.seller);
    if (actors == core::as_nobody)
        throw does_not_exist("order", order.id);
    if ((actors & (core::as_seller | core::as_system)) == 0)
        throw core::error{core::errors::insufficient_privilege,
                          "only the seller of an order can cancel its items",
                          {},
                          "Buyers can use cancel_order() before payment, or request_refund()."};
    if (core::is_unpaid(order.state))
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "order has not been paid yet",
                          {},
                          "Use cancel_order(); the buyer can place another order."};
    if (!core::may_transition(order.state, core::order_state::cancelled, actors))
        throw illegal_order_step(order.state, core::order_state::cancelled, actors);
    return actors;
}

std::string status(const pg::uuid& order) {
    return status_of.run(order).value<std::string>().value_or("");
}

std::string cancel(pg::spi spi, const pg::uuid& order_id, const std::vector<line_pieces>& items,
                   const std::optional<std::string>& reason) {
    lock_with_tied(spi, order_id);
    const order_money order = lock_order_money(spi, order_id);
    const unsigned actors = require_canceller(order);
    require_no_chargeback(spi, order_id);
    cancelled_items c;
    for (const line_pieces& item : items) {
        c.lines.push_back(item.line);
        c.quantities.push_back(required_pieces(spi, order_id, item));
    }
    if (are_all.run(order_id, c.lines, c.quantities).value<bool>().value_or(false)) {
        take_step_by_caller(spi, order_id, core::order_state::cancelled, reason);
        return status(order_id);
    }
    lock_for_giving_back(spi, {order_id});
    const std::string why = reason.value_or("items of the order were cancelled");
    for (std::size_t i = 0; i < c.lines.size(); ++i)
        refund_line(spi, order_id, {c.lines[i], c.quantities[i]}, std::nullopt,
                    {why, pg::actor(), false});
    // what is left may have been nothing that anybody paid for: then the order has ended, and has
    // given back all
    std::string now = status(order_id);
    if (now != core::order_state_name(order.state))
        return now;
    pg::require_written(mark.run(order_id, c.lines, c.quantities), c.lines.size(), "order_items");
    give_back_pieces(spi, c.lines, c.quantities);
    const std::int64_t event = record_event(spi, "order.items_cancelled", order_id, pg::actor());
    add_to_history.run(order_id, c.lines, c.quantities, pg::actor(), reason, event);
    audit_staff(spi, actors, {"cancel_order_items", "order", "status"}, order_id, now, now, reason);
    return now;
}

} // namespace

// cancel_order_items(order_id uuid, items jsonb, reason text) -> text
DRIPLO_FUNCTION(driplo_cancel_order_items) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const auto reason = given_words(fcinfo, 2, "reason");
    return pg::to_datum(pg::in_session(
        [&](pg::spi spi) { return cancel(spi, order, required_items(spi, fcinfo, 1), reason); }));
}

} // namespace driplo
