#include "api/orders/parcels.hpp"

#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/items.hpp"
#include "api/orders/promises.hpp"
#include "api/orders/row.hpp"
#include "api/outbox/events.hpp"
#include "core/format.hpp"
#include "core/order_state.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

constexpr std::int32_t most_parcels = 100;

// Those that had arrived before are not told again, unless there are no others.
const pg::plan record_step{R"(
    INSERT INTO {s}.shipping_events (order_id, event_type, event_data, carrier, tracking_number)
    SELECT
        $1,
        $2,
        CASE
            WHEN t.id IS NULL THEN '{}'
            ELSE pg_catalog.jsonb_build_object('parcel_number', t.parcel_number)
        END,
        t.carrier::text,
        t.tracking_number
    FROM (VALUES (1)) one
    LEFT JOIN {s}.order_tracking t
      ON t.order_id = $1
     AND (
         t.status::text IS DISTINCT FROM 'delivered'
         OR NOT EXISTS (
             SELECT FROM {s}.order_tracking other
             WHERE other.order_id = $1 AND other.status::text IS DISTINCT FROM 'delivered'
         )
     )
    ORDER BY t.parcel_number)",
                           pg::writes{"shipping_events"}};
const pg::plan follow_step{R"(
    UPDATE {s}.order_tracking
    SET status = $2::{s}.tracking_status, last_update = now()
    WHERE order_id = $1 AND status::text IS DISTINCT FROM 'delivered')"};
const pg::plan is_all_sent{"SELECT private.is_all_sent($1)"};

const pg::plan known_carrier{"{is_label}", {is_label, {"enum", "shipping_carrier"}}};
const pg::plan next_number{R"(
    SELECT COALESCE(max(parcel_number), 0) + 1 FROM {s}.order_tracking WHERE order_id = $1)"};
const pg::plan find_parcel{R"(
    SELECT carrier::text, tracking_number, tracking_url, items::text, status::text
    FROM {s}.order_tracking
    WHERE order_id = $1 AND parcel_number = $2)"};
const pg::plan insert_parcel{R"(
    INSERT INTO {s}.order_tracking (
        order_id, parcel_number, carrier, tracking_number, tracking_url, items, status
    )
    VALUES ($1, $2, $3::{s}.shipping_carrier, $4, $5, $6::pg_catalog.jsonb, 'picked_up')
    RETURNING id)",
                             pg::writes{"order_tracking"}};
const pg::plan update_parcel{R"(
    UPDATE {s}.order_tracking
    SET
        carrier = $3::{s}.shipping_carrier,
        tracking_number = $4,
        tracking_url = $5,
        items = $6::pg_catalog.jsonb,
        status = COALESCE(NULLIF(status, 'label_created'), 'picked_up'),
        last_update = now()
    WHERE order_id = $1 AND parcel_number = $2
    RETURNING id)",
                             pg::writes{"order_tracking"}};
const pg::plan delete_parcel{
    "DELETE FROM {s}.order_tracking WHERE order_id = $1 AND parcel_number = $2",
    pg::writes{"order_tracking"}};
const pg::plan set_arrived{R"(
    UPDATE {s}.order_tracking
    SET status = 'delivered', last_update = now()
    WHERE order_id = $1 AND parcel_number = $2)",
                           pg::writes{"order_tracking"}};
const pg::plan is_delivered_by{"SELECT private.is_delivered_by($1, $2)"};

// What is in a parcel: of no number all that is left. The trigger on order_tracking judges it.
const pg::plan pack{R"(
    SELECT
        (pg_catalog.array_agg(g.line) FILTER (WHERE p.order_item_id IS NULL))[1],
        pg_catalog.jsonb_agg(
            pg_catalog.jsonb_build_object(
                'order_item_id',
                g.line,
                'quantity',
                COALESCE(NULLIF(g.quantity, 0), GREATEST(p.left_to_pack, 1))
            )
            ORDER BY g.line
        )::text
    FROM unnest($3, $4) AS g (line, quantity)
    LEFT JOIN private.order_pieces($1, $2) p ON p.order_item_id = g.line)"};

// The values before are kept for the buyer to see: who sends nothing could write another's number.
const pg::plan record_change{R"(
    INSERT INTO {s}.shipping_events (order_id, event_type, event_data, carrier, tracking_number)
    VALUES (
        $1,
        $2,
        pg_catalog.jsonb_strip_nulls(
            pg_catalog.jsonb_build_object(
                'parcel_number', $3, 'carrier_before', $6, 'tracking_number_before', $7,
                'tracking_url_before', $8, 'items_before', $9::pg_catalog.jsonb
            )
        ),
        $4,
        $5
    ))",
                             pg::writes{"shipping_events"}};
// The order stays in its state.
const pg::plan add_to_history{R"(
    INSERT INTO {s}.order_status_history (
        order_id, from_status, to_status, changed_by, reason, metadata, created_at, event_id
    )
    SELECT
        o.id,
        o.status,
        o.status,
        (SELECT id FROM {s}.profiles WHERE id = $2),
        $3 || COALESCE(
            (
                SELECT ': ' || pg_catalog.string_agg(
                    g.quantity || ' × ' || COALESCE(i.title, '?'), ', ' ORDER BY i.id
                )
                FROM pg_catalog.jsonb_to_recordset($9::pg_catalog.jsonb)
                    AS g (order_item_id uuid, quantity bigint)
                JOIN {s}.order_items i ON i.id = g.order_item_id
            ),
            ''
        ),
        pg_catalog.jsonb_build_object(
            'parcel_number', $4, 'carrier', $5, 'tracking_number', $6, 'is_renamed', $7
        ),
        pg_catalog.clock_timestamp(),
        $8
    FROM {s}.orders o
    WHERE o.id = $1)",
                              pg::writes{"order_status_history"}};
const pg::plan status_of{"SELECT status::text FROM {s}.orders WHERE id = $1"};

struct parcel {
    std::string carrier, tracking_number;
    std::optional<std::string> tracking_url = std::nullopt;
    std::optional<std::string> items = std::nullopt; // JSON; without, all that no other one has

    std::string name() const { return carrier + " " + tracking_number; }
};

struct found_parcel : parcel {
    std::int32_t number = 0;
    bool has_arrived = false;
};

void check_words(const parcel& p) {
    const pg::rows known = known_carrier.run(p.carrier);
    if (!known.value<bool>(1).value_or(false))
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("unrecognized carrier: \"{}\"", core::excerpt(p.carrier)),
            core::format("Valid carriers are {}.", known.value<std::string>(2).value_or(""))};
    constexpr std::size_t max_characters = 100; // order_tracking.tracking_number
    if (core::trim(p.tracking_number).empty() ||
        core::count_code_points(p.tracking_number).value_or(max_characters + 1) > max_characters)
        throw core::error{core::errors::invalid_parameter_value,
                          "tracking number must have 1 to 100 characters"};
    // the buyer will click on it
    if (p.tracking_url && !core::is_web_address(*p.tracking_url))
        throw core::error{core::errors::invalid_parameter_value,
                          "tracking URL must begin with https:// or http://"};
}

// An order that is locked, and in what capacities the caller acts on it.
struct locked_order {
    pg::uuid id;
    core::order_state state;
    unsigned actors;

    bool is_sent() const {
        return state == core::order_state::shipped || state == core::order_state::in_transit;
    }
    bool is_of_sender() const { return (actors & (core::as_seller | core::as_system)) != 0; }
};

locked_order lock(pg::spi spi, const pg::uuid& id) {
    lock_with_tied(spi, id);
    const auto order = lock_order(spi, id);
    const unsigned actors = order ? order_actors(order->buyer, order->seller) : core::as_nobody;
    if (actors == core::as_nobody)
        throw does_not_exist("order", id);
    const locked_order locked{
        id, core::find_order_state(order->status).value_or(core::order_state::cancelled), actors};
    if (locked.is_sent()) // else the step is what other sessions notice
        lock_order_for_sum(spi, id);
    return locked;
}

locked_order lock_for_sender(pg::spi spi, const pg::uuid& id) {
    const locked_order order = lock(spi, id);
    if (!order.is_of_sender())
        throw core::error{core::errors::insufficient_privilege,
                          "only the seller of an order can change its parcels",
                          {},
                          "Buyers can use confirm_parcel() and confirm_delivery()."};
    return order;
}

std::optional<found_parcel> find(pg::spi, const locked_order& order, std::int32_t number) {
    const pg::rows found = find_parcel.run(order.id, number);
    if (found.empty())
        return std::nullopt;
    return found_parcel{{*found.value<std::string>(1), *found.value<std::string>(2),
                         found.value<std::string>(3), found.value<std::string>(4)},
                        number,
                        found.value<std::string>(5) == "delivered"};
}

found_parcel required_parcel(pg::spi spi, const locked_order& order, std::int32_t number) {
    if (auto found = find(spi, order, number))
        return *std::move(found);
    throw core::error{core::errors::no_data_found,
                      core::format("parcel {} of the order does not exist", number),
                      {},
                      "Use order_parcels() to list the parcels of an order."};
}

void require_open(const locked_order& order, const found_parcel& p) {
    if (!order.is_sent())
        throw core::error{core::errors::illegal_order_state,
                          core::format("cannot change the parcels of an order that is {}",
                                       core::order_state_name(order.state)),
                          "Parcels can change after shipping and before delivery."};
    if (p.has_arrived)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          core::format("parcel {} of the order has already arrived", p.number)};
}

// Of a change that is no step of the order: who reads its history and who is told of it learn it
// too.
struct told_change {
    const char* function;
    const char* event;
    std::string words;
    std::optional<std::string> items = std::nullopt;
    bool is_renamed = false; // the buyer has to follow another number
};
void tell(pg::spi spi, const locked_order& order, std::int32_t number, const parcel& p,
          const told_change& told) {
    const std::int64_t event = record_event(spi, told.event, order.id, pg::actor());
    const std::string reason = core::format("#{}: {}", number, told.words);
    add_to_history.run(order.id, pg::actor(), reason, number, p.carrier, p.tracking_number,
                       told.is_renamed, event, told.items);
    const std::string state{core::order_state_name(order.state)};
    audit_staff(spi, order.actors, {told.function, "order", "status"}, order.id, state, state,
                reason);
}

void record(const locked_order& order, std::string_view type, std::int32_t number, const parcel& p,
            const parcel& before = {}) {
    const auto given = [](const std::string& text) {
        return text.empty() ? std::nullopt : std::optional<std::string>(text);
    };
    record_change.run(order.id, type, number, p.carrier, p.tracking_number, given(before.carrier),
                      given(before.tracking_number), before.tracking_url, before.items);
}

// Of an order that is not sent yet it is the step that sends it, and whose event names the parcel:
// so it is written before. A step that is refused takes it back.
struct added_parcel {
    std::int32_t number;
    pg::uuid id;
};
added_parcel add(pg::spi spi, const locked_order& order, const parcel& p) {
    const auto number = next_number.run(order.id).value<std::int32_t>().value_or(1);
    if (number > most_parcels)
        throw core::error{core::errors::program_limit_exceeded,
                          core::format("an order can have at most {} parcels", most_parcels)};
    const auto id =
        *insert_parcel.run(order.id, number, p.carrier, p.tracking_number, p.tracking_url, p.items)
             .value<pg::uuid>();
    if (order.is_sent()) {
        record(order, "shipped", number, p);
        tell(spi, order, number, p, {"add_parcel", "order.parcel_added", p.name(), p.items});
    } else
        take_step_by_caller(spi, order.id, core::order_state::shipped, std::nullopt);
    return {number, id};
}

pg::uuid write(pg::spi, const locked_order& order, std::int32_t number, const parcel& p) {
    return *update_parcel
                .run(order.id, number, p.carrier, p.tracking_number, p.tracking_url, p.items)
                .value<pg::uuid>();
}

pg::uuid change(pg::spi spi, const locked_order& order, const found_parcel& before,
                const parcel& p) {
    require_open(order, before);
    const pg::uuid id = write(spi, order, before.number, p);
    const bool is_renamed = before.name() != p.name();
    if (!is_renamed && before.tracking_url == p.tracking_url && before.items == p.items)
        return id;
    record(order, is_renamed ? "tracking_changed" : "parcel_changed", before.number, p, before);
    tell(spi, order, before.number, p,
         {"update_parcel", "order.parcel_changed",
          is_renamed ? before.name() + " → " + p.name() : p.name(),
          before.items == p.items ? std::nullopt : p.items, is_renamed});
    return id;
}

void require_shippable(const locked_order& order) {
    const bool is_to_correct = order.is_sent() && order.is_of_sender();
    if (!is_to_correct &&
        !core::may_transition(order.state, core::order_state::shipped, order.actors))
        throw illegal_order_step(order.state, core::order_state::shipped, order.actors);
}

// The first parcel: of an order that was sent already its number is corrected.
pg::uuid ship(pg::spi spi, const pg::uuid& id, parcel p) {
    check_words(p);
    const locked_order order = lock(spi, id);
    require_shippable(order);
    const auto before = find(spi, order, 1);
    if (!before)
        return add(spi, order, p).id;
    p.items = before->items;
    if (order.is_sent())
        return change(spi, order, *before, p);
    const pg::uuid tracking = write(spi, order, 1, p);
    take_step_by_caller(spi, id, core::order_state::shipped, std::nullopt);
    return tracking;
}

std::optional<std::string> packed(pg::spi, const pg::uuid& order, std::int32_t number,
                                  const std::vector<line_pieces>& items) {
    if (items.empty())
        return std::nullopt;
    std::vector<pg::uuid> lines;
    std::vector<std::int64_t> quantities;
    for (const line_pieces& item : items) {
        lines.push_back(item.line);
        quantities.push_back(item.quantity.value_or(0));
    }
    const pg::rows found = pack.run(order, number, lines, quantities);
    if (const auto unknown = found.value<pg::uuid>(1))
        throw does_not_exist("order item", *unknown);
    return found.value<std::string>(2);
}

// The argument items, when it is given; an empty array is one too.
std::optional<std::vector<line_pieces>> given_items(pg::spi spi, FunctionCallInfo fcinfo,
                                                    int number) {
    const auto items = pg::json_argument(fcinfo, number);
    if (!items)
        return std::nullopt;
    if (*items == "[]")
        return std::vector<line_pieces>{};
    return required_items(spi, fcinfo, number);
}

std::string status(const pg::uuid& order) {
    return status_of.run(order).value<std::string>().value_or("");
}

std::string confirm(pg::spi spi, const pg::uuid& id, std::int32_t number) {
    const locked_order order = lock(spi, id);
    if ((order.actors & (core::as_buyer | core::as_system)) == 0)
        throw core::error{core::errors::insufficient_privilege,
                          "only the buyer of an order can confirm that a parcel has arrived"};
    if (!core::may_transition(order.state, core::order_state::delivered, order.actors))
        throw illegal_order_step(order.state, core::order_state::delivered, order.actors);
    const found_parcel p = required_parcel(spi, order, number);
    require_open(order, p);
    if (is_delivered_by.run(id, number).value<bool>().value_or(false)) {
        take_step_by_caller(spi, id, core::order_state::delivered, std::nullopt);
        return status(id);
    }
    set_arrived.run(id, number);
    record(order, "delivered", number, p);
    tell(spi, order, number, p, {"confirm_parcel", "order.parcel_delivered", p.name() + " ✓"});
    return status(id);
}

} // namespace

void move_parcels(pg::spi, const pg::uuid& order, const std::optional<std::string>& to) {
    const bool on_its_way = to == "in_transit", has_arrived = to == "delivered";
    if (on_its_way || has_arrived || to == "shipped")
        record_step.run(order, to);
    if (on_its_way || has_arrived)
        follow_step.run(order, to);
}

void require_all_sent(pg::spi, const pg::uuid& order) {
    if (!is_all_sent.run(order).value<bool>().value_or(true))
        throw core::error{core::errors::illegal_order_state,
                          "cannot confirm the delivery of an order that is not completely sent",
                          "Some of its items are in no parcel.",
                          "Use confirm_parcel() for each parcel that has arrived. The seller adds "
                          "the others with add_parcel()."};
}

// ship_order(order_id uuid, carrier text, tracking_number text, tracking_url text) -> uuid
DRIPLO_FUNCTION(driplo_ship_order) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const parcel p{pg::required<std::string>(fcinfo, 1, "carrier"),
                   pg::required<std::string>(fcinfo, 2, "tracking_number"),
                   pg::argument<std::string>(fcinfo, 3)};
    return pg::result(pg::in_session([&](pg::spi spi) { return ship(spi, order, p); }));
}

// add_parcel(order_id uuid, carrier text, tracking_number text, tracking_url text, items jsonb)
// -> integer
DRIPLO_FUNCTION(driplo_add_parcel) {
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    parcel p{pg::required<std::string>(fcinfo, 1, "carrier"),
             pg::required<std::string>(fcinfo, 2, "tracking_number"),
             pg::argument<std::string>(fcinfo, 3)};
    return pg::to_datum(pg::in_session([&](pg::spi spi) {
        const auto items = given_items(spi, fcinfo, 4);
        check_words(p);
        const locked_order order = lock_for_sender(spi, id);
        require_shippable(order);
        p.items = packed(spi, id, 0, items.value_or(std::vector<line_pieces>{}));
        return add(spi, order, p).number;
    }));
}

// update_parcel(order_id uuid, parcel_number integer, carrier text, tracking_number text,
// tracking_url text, items jsonb) -> void
DRIPLO_FUNCTION(driplo_update_parcel) {
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const auto number = pg::required<std::int32_t>(fcinfo, 1, "parcel_number");
    const auto carrier = pg::argument<std::string>(fcinfo, 2),
               tracking_number = pg::argument<std::string>(fcinfo, 3),
               tracking_url = pg::argument<std::string>(fcinfo, 4);
    pg::in_session([&](pg::spi spi) {
        const auto items = given_items(spi, fcinfo, 5);
        const locked_order order = lock_for_sender(spi, id);
        const found_parcel before = required_parcel(spi, order, number);
        parcel p = before;
        p.carrier = carrier.value_or(before.carrier);
        p.tracking_number = tracking_number.value_or(before.tracking_number);
        // a URL belongs to its number
        if (tracking_url || p.name() != before.name())
            p.tracking_url = tracking_url;
        check_words(p);
        if (items)
            p.items = packed(spi, id, number, *items);
        change(spi, order, before, p);
    });
    return pg::nothing();
}

// remove_parcel(order_id uuid, parcel_number integer) -> void
DRIPLO_FUNCTION(driplo_remove_parcel) {
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const auto number = pg::required<std::int32_t>(fcinfo, 1, "parcel_number");
    pg::in_session([&](pg::spi spi) {
        const locked_order order = lock_for_sender(spi, id);
        const found_parcel p = required_parcel(spi, order, number);
        require_open(order, p);
        if (number == 1)
            throw core::error{core::errors::object_not_in_prerequisite_state,
                              "cannot remove the first parcel of an order",
                              {},
                              "Use update_parcel() to correct it."};
        delete_parcel.run(id, number);
        record(order, "parcel_removed", number, p, {{}, {}, p.tracking_url, p.items});
        tell(spi, order, number, p, {"remove_parcel", "order.parcel_changed", p.name() + " → –"});
    });
    return pg::nothing();
}

// confirm_parcel(order_id uuid, parcel_number integer) -> text
DRIPLO_FUNCTION(driplo_confirm_parcel) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const auto number = pg::required<std::int32_t>(fcinfo, 1, "parcel_number");
    return pg::to_datum(pg::in_session([&](pg::spi spi) { return confirm(spi, order, number); }));
}

} // namespace driplo
