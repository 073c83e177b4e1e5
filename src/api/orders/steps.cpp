// The steps of an order as functions. What is legal is decided by the trigger on orders
// (guard_order_status), by the same table for everybody; here is what a step needs beside it.
#include "api/call/arguments.hpp"
#include "api/call/call_context.hpp"
#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/promises.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Orders of others are as if they were not there.
const pg::plan lock_order{R"(
    WITH locked AS MATERIALIZED (
        SELECT id, status, buyer_id, seller_id
        FROM {s}.orders
        WHERE id = {with_tied_orders}
        ORDER BY id
        FOR NO KEY UPDATE
    )
    SELECT status::text, buyer_id, seller_id
    FROM locked
    WHERE id = $1)",
                          {with_tied_orders}};
const pg::plan set_status{"UPDATE {s}.orders SET status = $2::{s}.order_status WHERE id = $1",
                          pg::writes{"orders"}};
const pg::plan set_status_of_all{R"(
    UPDATE {s}.orders
    SET status = $2::{s}.order_status
    WHERE id = ANY ($1)
    RETURNING status::text)"};

core::order_state parse_state(const std::string& name) {
    if (const auto state = core::find_order_state(name))
        return *state;
    throw core::error{
        core::errors::invalid_parameter_value,
        core::format("unrecognized order status: \"{}\"", core::excerpt(name)),
        core::format("Valid statuses are {}.", core::listed(core::order_state_names))};
}

struct locked_order {
    std::optional<core::order_state> status;
    unsigned actors;
};

locked_order lock_own(pg::spi, const pg::uuid& order) {
    const pg::rows found = lock_order.run(order);
    if (found.empty())
        throw does_not_exist("order", order);
    const unsigned actors = order_actors(found.value<pg::uuid>(2), found.value<pg::uuid>(3));
    if (actors == core::as_nobody)
        throw does_not_exist("order", order);
    return {core::find_order_state(found.value<std::string>(1).value_or("")), actors};
}

void require_other_state(const locked_order& order, core::order_state to) {
    if (order.status == to)
        throw illegal_order_step(*order.status, to, order.actors);
}

void lock_for_step(pg::spi spi, const step_note& note, core::order_state to) {
    require_other_state(lock_own(spi, note.row), to);
}

void take_step(const step_note& note, core::order_state to) {
    const note_for_triggers for_the_history(note);
    set_status.run(note.row, core::order_state_name(to));
}

} // namespace

void take_step_back_by_system(pg::spi, const pg::uuid& order, core::order_state to,
                              const std::string& reason) {
    const step_note note{order, reason, std::nullopt};
    const note_for_triggers for_the_history(note);
    const acting_as_system legal(order, authority::correction);
    set_status.run(order, core::order_state_name(to));
}

void take_step_by_caller(pg::spi, const pg::uuid& order, core::order_state to,
                         const std::optional<std::string>& reason) {
    take_step({order, reason, std::nullopt}, to);
}

void take_step_by_system(pg::spi, const pg::uuid& order, core::order_state to,
                         const std::string& reason) {
    const step_note note{order, reason, std::nullopt};
    const note_for_triggers for_the_history(note);
    const acting_as_system legal(order);
    set_status.run(order, core::order_state_name(to));
}

std::int32_t take_step_together(pg::spi spi, const std::vector<pg::uuid>& orders,
                                core::order_state to, const std::string& reason) {
    const steps_together together(orders, core::order_state_name(to), reason);
    const auto states =
        set_status_of_all.run(orders, core::order_state_name(to)).values<std::string>();
    if (to == core::order_state::cancelled && !together.recorded().empty())
        give_back(spi, together.recorded());
    return static_cast<std::int32_t>(
        std::count(states.begin(), states.end(), core::order_state_name(to)));
}

namespace {

const pg::plan status_of{"SELECT status::text FROM {s}.orders WHERE id = $1"};

// The status that the order has then: a trigger of somebody's may have gone on.
std::string step(pg::spi spi, const step_note& note, core::order_state to) {
    lock_for_step(spi, note, to);
    take_step(note, to);
    return status_of.run(note.row).value<std::string>().value_or("");
}

const pg::plan parties{"SELECT buyer_id, seller_id FROM {s}.orders WHERE id = $1",
                       pg::access::read_only};
const pg::plan timeline{R"(
    SELECT
        h.created_at,
        h.from_status::text,
        h.to_status::text,
        CASE h.changed_by
            WHEN o.buyer_id THEN 'buyer'
            WHEN o.seller_id THEN 'seller'
            ELSE CASE WHEN h.changed_by IS NULL THEN 'system' ELSE 'admin' END
        END,
        h.reason
    FROM {s}.order_status_history h
    JOIN {s}.orders o ON o.id = h.order_id
    WHERE h.order_id = $1
    ORDER BY h.created_at, h.id)",
                        pg::access::read_only};

const pg::plan parcels{R"(
    SELECT
        t.parcel_number,
        t.carrier::text,
        t.tracking_number::text,
        t.tracking_url,
        t.status::text,
        t.created_at,
        t.last_update,
        COALESCE(
            (
                SELECT pg_catalog.jsonb_agg(
                    pg_catalog.jsonb_build_object(
                        'order_item_id', i.id, 'title', i.title, 'quantity', p.quantity
                    )
                    ORDER BY i.id
                )
                FROM (
                    SELECT g.order_item_id, g.quantity
                    FROM pg_catalog.jsonb_to_recordset(t.items)
                        AS g (order_item_id uuid, quantity bigint)
                    UNION ALL
                    SELECT r.order_item_id, r.left_to_pack
                    FROM private.order_pieces($1) r
                    WHERE t.items IS NULL AND r.left_to_pack > 0
                ) p
                JOIN {s}.order_items i ON i.id = p.order_item_id
            ),
            '[]'
        )
    FROM {s}.order_tracking t
    WHERE t.order_id = $1
    ORDER BY t.parcel_number)",
                       pg::access::read_only};

// Error P0002 for who is no party of the order.
void require_party(pg::spi, const pg::uuid& order) {
    const pg::rows found = parties.run(order);
    if (found.empty() ||
        order_actors(found.value<pg::uuid>(1), found.value<pg::uuid>(2)) == core::as_nobody)
        throw does_not_exist("order", order);
}

Datum text_result(const std::string& text) {
    return pg::to_datum(text);
}

} // namespace

// transition_order(order_id uuid, to_status text, reason text, metadata jsonb) -> text
DRIPLO_FUNCTION(driplo_transition_order) {
    step_note note{pg::required<pg::uuid>(fcinfo, 0, "order_id"), given_words(fcinfo, 2, "reason"),
                   given_metadata(fcinfo, 3, "metadata")};
    const auto to = parse_state(pg::required<std::string>(fcinfo, 1, "to_status"));
    return text_result(pg::in_session([&](pg::spi spi) { return step(spi, note, to); }));
}

// cancel_order(order_id uuid, reason text) -> text
DRIPLO_FUNCTION(driplo_cancel_order) {
    const step_note note{pg::required<pg::uuid>(fcinfo, 0, "order_id"),
                         given_words(fcinfo, 1, "reason"), std::nullopt};
    return text_result(
        pg::in_session([&](pg::spi spi) { return step(spi, note, core::order_state::cancelled); }));
}

// confirm_delivery(order_id uuid) -> text
DRIPLO_FUNCTION(driplo_confirm_delivery) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    return text_result(pg::in_session([&](pg::spi spi) {
        return step(spi, {order, {}, {}}, core::order_state::delivered);
    }));
}

// order_timeline(order_id uuid) -> TABLE(...)
DRIPLO_FUNCTION(driplo_order_timeline) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    pg::session spi;
    require_party(spi, order);
    return timeline.run(order).as_result(fcinfo);
}

// order_parcels(order_id uuid) -> TABLE(...)
DRIPLO_FUNCTION(driplo_order_parcels) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    pg::session spi;
    require_party(spi, order);
    return parcels.run(order).as_result(fcinfo);
}

} // namespace driplo
