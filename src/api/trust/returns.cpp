// Returns: a line of an order goes back to the seller, and its money to the buyer. What is legal is
// decided by the trigger on returns, by the same table for everybody.
//
// Locks: the order, then the return.
#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/call_context.hpp"
#include "api/call/roles.hpp"
#include "api/call/step_log.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/numbers.hpp"
#include "api/orders/overdue.hpp"
#include "api/orders/row.hpp"
#include "api/payments/refunds.hpp"
#include "api/trust/disputes.hpp"
#include "core/format.hpp"
#include "core/return_state.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"
#include "pg/trigger.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Returns and lines of others are as if they were not there.
core::error no_such_return(const pg::uuid& id) {
    return does_not_exist("return", id);
}
core::error no_such_line(const pg::uuid& id) {
    return does_not_exist("order item", id);
}

// An order that was written down without the time of its delivery counts from its own.
const pg::plan find_line{R"(
    SELECT i.order_id, o.buyer_id, o.seller_id
    FROM {s}.order_items i
    JOIN {s}.orders o ON o.id = i.order_id
    WHERE i.id = $1)"};
const pg::plan look_at_line{R"(
    SELECT
        o.status::text IN ('delivered', 'completed'),
        COALESCE(o.delivered_at, o.created_at) + pg_catalog.make_interval(mins => $2) > now()
    FROM {s}.order_items i
    JOIN {s}.orders o ON o.id = i.order_id
    WHERE i.id = $1)"};
const pg::plan known_reason{"{is_label}", {is_label, {"enum", "return_reason"}}};
const pg::plan add_return{R"(
    INSERT INTO {s}.returns (
        return_number, order_id, order_item_id, requested_by, reason, description, photos, quantity
    )
    VALUES ($1, $2, $3, $4, $5::{s}.return_reason, $6, $7::pg_catalog.jsonb, $8::integer)
    ON CONFLICT (order_item_id)
    WHERE is_open
    DO NOTHING
    RETURNING id)"};
const pg::plan has_return_of{"SELECT FROM {s}.returns WHERE order_item_id = $1 AND is_open"};

struct request {
    pg::uuid line;
    std::string reason;
    std::optional<std::string> description;
    std::string photos; // JSON
    std::optional<std::int64_t> quantity;
};

void check_reason(const std::string& reason) {
    const pg::rows known = known_reason.run(reason);
    if (!known.value<bool>(1).value_or(false))
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("unrecognized return reason: \"{}\"", core::excerpt(reason)),
            core::format("Valid reasons are: {}.", known.value<std::string>(2).value_or(""))};
}

void check_line(const pg::uuid& line) {
    const pg::rows found = look_at_line.run(line, std::int32_t{pg::settings::return_window});
    if (!found.value<bool>(1).value_or(false))
        throw core::error{
            core::errors::object_not_in_prerequisite_state,
            "item has not been delivered yet",
            {},
            "Use confirm_delivery() after delivery, or open_dispute() if the item did not arrive."};
    if (!found.value<bool>(2).value_or(false))
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "return window for this item has closed",
                          {},
                          "The window is set by driplo.return_window and starts at delivery."};
}

// How many pieces come back: all that are left where nobody says.
std::int64_t check_pieces(pg::spi spi, const pg::uuid& order, const request& r) {
    const std::int64_t left = count_pieces(spi, order, r.line).left();
    if (left <= 0)
        throw core::error{core::errors::illegal_return_state, "item has already been refunded"};
    const std::int64_t asked = r.quantity.value_or(left);
    if (asked < 1 || asked > left)
        throw core::error{core::errors::invalid_parameter_value,
                          "quantity exceeds what can be returned of this item",
                          core::format("{} can be returned.", left)};
    return asked;
}

pg::uuid open_return(pg::spi spi, const request& r) {
    const pg::rows found = find_line.run(r.line);
    const auto buyer = found.value<pg::uuid>(2);
    const unsigned actors =
        found.empty() ? core::as_nobody : order_actors(buyer, found.value<pg::uuid>(3));
    if (actors == core::as_nobody)
        throw no_such_line(r.line);
    if ((actors & (core::as_buyer | core::as_system)) == 0)
        throw core::error{core::errors::insufficient_privilege,
                          "only the buyer of an order can request a return"};
    if (!buyer)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "account of the buyer has been deleted"};
    check_reason(r.reason);
    const auto order = *found.value<pg::uuid>(1);
    lock_order_for_sum(spi, order);
    check_line(r.line);
    const std::int64_t pieces = check_pieces(spi, order, r);
    const auto id = add_return
                        .run(next_number("RET"), order, r.line, buyer, r.reason, r.description,
                             r.photos, pieces)
                        .value<pg::uuid>();
    if (!id && has_return_of.run(r.line).empty())
        pg::throw_not_written("returns");
    if (!id)
        throw core::error{core::errors::illegal_return_state,
                          "item already has an open return",
                          {},
                          "Continue with that return, or close it with advance_return()."};
    if (!pg::is_service())
        audit_staff(spi, actors, {"open_return", "return", "status"}, *id, std::nullopt,
                    "requested", r.reason);
    return *id;
}

const pg::plan order_of{"SELECT order_id FROM {s}.returns WHERE id = $1"};
const pg::plan lock_return{R"(
    SELECT
        status::text,
        return_number::text,
        order_item_id,
        COALESCE(approved_at, created_at) + pg_catalog.make_interval(mins => $2) <= now(),
        quantity::bigint
    FROM {s}.returns
    WHERE id = $1
    FOR NO KEY UPDATE)"};
const pg::plan set_status{R"(
    UPDATE {s}.returns
    SET
        status = $2::{s}.return_status,
        refund_amount = COALESCE($3 * 0.01, refund_amount),
        deducted_amount = COALESCE($4 * 0.01, deducted_amount),
        disputable_until = CASE
            WHEN $5 THEN now() + pg_catalog.make_interval(mins => $6)
            ELSE disputable_until
        END
    WHERE id = $1)",
                          pg::writes{"returns"}};

struct step {
    pg::uuid id;
    core::return_state to;
    std::optional<std::string> note;
    std::optional<core::money> refund;
};

core::return_state parse_state(const std::string& name) {
    if (const auto state = core::find_return_state(name))
        return *state;
    throw core::error{
        core::errors::invalid_parameter_value,
        core::format("unrecognized return status: \"{}\"", core::excerpt(name)),
        core::format("Valid statuses are: {}.", core::listed(core::return_state_names))};
}

core::return_state state_of(const std::optional<std::string>& name) {
    if (const auto state = core::find_return_state(name.value_or("")))
        return *state;
    throw core::error{
        core::errors::illegal_return_state,
        core::format("unrecognized return status: \"{}\"", name.value_or("")),
        "Enum return_status contains a label that this version of driplo does not support."};
}

unsigned actors_in(const std::optional<order_row>& order) {
    return order ? order_actors(order->buyer, order->seller)
                 : order_actors(std::nullopt, std::nullopt);
}

// Asked by advance_return() before money moves, and by the guard of returns for whoever writes the
// status.
void require_step(core::return_state from, core::return_state to, unsigned actors) {
    if (!core::may_transition(from, to, actors))
        throw core::error{
            core::errors::illegal_return_state,
            core::format("cannot change return status from {} to {}", core::return_state_name(from),
                         core::return_state_name(to)),
            core::format("Allowed next statuses: {}.", core::next_return_states(from, actors))};
}

void check_words(const step& s) {
    if (s.to == core::return_state::rejected && !s.note)
        throw core::error{core::errors::invalid_parameter_value,
                          "rejecting a return requires a reason",
                          {},
                          "Pass the reason in note; it is shown to the buyer."};
    if (s.refund && s.to != core::return_state::refunded)
        throw core::error{core::errors::invalid_parameter_value,
                          "refund_amount is only accepted with status \"refunded\""};
    if (s.refund && !s.note)
        throw core::error{core::errors::invalid_parameter_value,
                          "refund_amount requires a reason",
                          {},
                          "Pass the reason in note; it is shown to the buyer."};
}

// A decision, and not only word of where the parcel is.
bool is_decision(core::return_state to) {
    return to == core::return_state::rejected || to == core::return_state::refunded ||
           to == core::return_state::replaced;
}

std::string advance(pg::spi spi, const step& s) {
    const auto order = order_of.run(s.id).value<pg::uuid>();
    if (!order)
        throw no_such_return(s.id);
    const unsigned actors = actors_in(lock_order(spi, *order));
    if (actors == core::as_nobody)
        throw no_such_return(s.id);
    const pg::rows found =
        lock_return.run(s.id, std::int32_t{pg::settings::return_shipping_window});
    if (found.empty())
        throw no_such_return(s.id);
    const core::return_state from = state_of(found.value<std::string>(1));
    require_step(from, s.to, actors);
    if (from == core::return_state::approved && s.to == core::return_state::closed &&
        (actors & core::as_seller) != 0 && !found.value<bool>(4).value_or(false))
        throw core::error{
            core::errors::object_not_in_prerequisite_state,
            "buyer still has time to send the item back",
            {},
            "The window is set by driplo.return_shipping_window and starts at approval."};
    check_words(s);
    if ((actors & core::as_seller) != 0 && is_decision(s.to))
        required_trader();
    line_refund done;
    const bool is_refund = s.to == core::return_state::refunded;
    if (is_refund) {
        require_no_chargeback(spi, *order);
        done = refund_line(spi, *order, {*found.value<pg::uuid>(3), found.value<std::int64_t>(5)},
                           s.refund,
                           {"return " + *found.value<std::string>(2), pg::actor(),
                            (actors & core::as_seller) != 0});
    }
    const bool is_disputable =
        s.to == core::return_state::rejected || done.deducted > core::money{};
    std::string to(core::return_state_name(s.to));
    {
        const step_note note{s.id, s.note, std::nullopt};
        const note_for_triggers for_the_history(note);
        set_status.run(s.id, to, is_refund ? std::optional(done.given.minor) : std::nullopt,
                       is_refund ? std::optional(done.deducted.minor) : std::nullopt, is_disputable,
                       std::int32_t{pg::settings::dispute_grace});
    }
    if (!pg::is_service())
        audit_staff(spi, actors, {"advance_return", "return", "status"}, s.id,
                    std::string(core::return_state_name(from)), to, s.note.value_or(""));
    return to;
}

// The order first, as everybody locks; neither is waited for.
const pg::plan lock_free{R"(
    SELECT r.id
    FROM {s}.returns r
    JOIN {s}.orders o ON o.id = r.order_id
    WHERE r.id = ANY ($1)
    ORDER BY r.approved_at, r.id
    LIMIT $2
    FOR NO KEY UPDATE OF o, r SKIP LOCKED)",
                         pg::planned::once};
const pg::plan close_all{R"(
    UPDATE {s}.returns
    SET status = $2::{s}.return_status
    WHERE id = ANY ($1)
    RETURNING status::text)"};

std::int32_t expire(pg::spi spi, const std::vector<pg::uuid>& wanted, std::int32_t most) {
    const auto unsent =
        still_overdue(spi, "return expiry", lock_free.run(wanted, most).values<pg::uuid>());
    const auto closed = core::return_state_name(core::return_state::closed);
    const steps_together together(unsent, closed, "item was not sent back in time");
    const auto states = close_all.run(unsent, closed).values<std::string>();
    return static_cast<std::int32_t>(std::count(states.begin(), states.end(), closed));
}

const pg::plan has_return{"SELECT {no_return_is_open}", {no_return_is_open, {"order_id", "$1"}}};
// Times the same whatever the session's time zone.
const pg::plan longer_history{R"(
    SELECT (
        COALESCE($1::pg_catalog.jsonb, '[]') || pg_catalog.jsonb_build_array(
            pg_catalog.jsonb_strip_nulls(
                pg_catalog.jsonb_build_object(
                    'at', pg_catalog.to_char(
                        now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'
                    ),
                    'from', $2, 'to', $3, 'actor', $4, 'note', $5
                )
            )
        )
    )::text)"};

std::string actor_name(unsigned actors) {
    if ((actors & core::as_buyer) != 0)
        return "buyer";
    if ((actors & core::as_seller) != 0)
        return "seller";
    return pg::is_service() ? "system" : "admin";
}

void add_to_history(pg::trigger_call& row, const std::optional<std::string>& before,
                    const std::optional<std::string>& from, unsigned actors) {
    const auto id = row.value<pg::uuid>("id");
    const step_note* note = id ? take_note_on(*id) : nullptr;
    const auto history = longer_history
                             .run(before, from, row.text("status"), actor_name(actors),
                                  note ? note->reason : std::nullopt)
                             .value<std::string>();
    row.set_text("history", history.value_or("[]"));
}

unsigned actors_of(pg::spi spi, const pg::trigger_call& row) {
    return actors_in(find_order(spi, row.value<pg::uuid>("order_id").value_or(pg::uuid{})));
}

void set_dates(pg::trigger_call& row, core::return_state to) {
    if (to == core::return_state::approved && row.is_null("approved_at"))
        row.set_transaction_time("approved_at");
    if (core::is_finished(to) && row.is_null("completed_at"))
        row.set_transaction_time("completed_at");
}

// A return that is written down in a later state, with its history, keeps what it was given.
void begin(pg::trigger_call& row) {
    if (row.text("status") && row.text("history").value_or("[]") == "[]") {
        pg::session spi;
        add_to_history(row, std::nullopt, std::nullopt, actors_of(spi, row));
    }
}

void take_step(pg::trigger_call& row) {
    pg::session spi;
    const unsigned actors = actors_of(spi, row);
    const core::return_state from = state_of(row.old_text("status")),
                             to = state_of(row.text("status"));
    require_step(from, to, actors);
    set_dates(row, to);
    add_to_history(row, row.old_text("history"), row.old_text("status"), actors);
}

} // namespace

bool has_open_return(pg::spi, const pg::uuid& order) {
    return !has_return.run(order).value<bool>().value_or(true);
}

// open_return(order_item_id uuid, reason text, description text, photos jsonb, quantity integer)
// -> uuid
DRIPLO_FUNCTION(driplo_open_return) {
    const auto line = pg::required<pg::uuid>(fcinfo, 0, "order_item_id");
    const auto reason = pg::required<std::string>(fcinfo, 1, "reason");
    const auto description = given_words(fcinfo, 2, "description");
    return pg::result(pg::in_session([&](pg::spi spi) {
        return open_return(spi, {line, reason, description, given_links(spi, fcinfo, 3, "photos"),
                                 pg::argument<std::int32_t>(fcinfo, 4)});
    }));
}

// advance_return(return_id uuid, to_status text, note text, refund_amount numeric) -> text
DRIPLO_FUNCTION(driplo_advance_return) {
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "return_id");
    const auto to = parse_state(pg::required<std::string>(fcinfo, 1, "to_status"));
    const auto note = given_words(fcinfo, 2, "note");
    const auto refund = pg::amount_argument(fcinfo, 3, "refund_amount");
    return pg::to_datum(pg::in_session([&](pg::spi spi) {
        return advance(spi, {id, to, note, refund});
    }));
}

// private.expire_returns(return_ids uuid[], max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_expire_returns) {
    const auto returns = pg::required<std::vector<pg::uuid>>(fcinfo, 0, "return_ids");
    const auto most = pg::required<std::int32_t>(fcinfo, 1, "max_rows");
    pg::session spi;
    return pg::to_datum(expire(spi, returns, std::max(most, 0)));
}

// private.guard_return_status(): BEFORE INSERT, and BEFORE UPDATE of status or history, ON returns
DRIPLO_FUNCTION(driplo_guard_return_status) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    if (row.is_insert())
        begin(row);
    else if (row.text("status") && row.changes("status")) {
        take_step(row); // NULL is refused by the check of the column
        if (const auto id = row.value<pg::uuid>("id"))
            let_through(*id, row.old_text("status"), *row.text("status"));
    } else
        row.keep("history");
    return row.result();
}

// private.check_return_status(): AFTER UPDATE of the status ON returns
DRIPLO_FUNCTION(driplo_check_return_status) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_update);
    const auto from = row.old_text("status");
    const std::string to = row.text("status").value_or("");
    const auto id = row.value<pg::uuid>("id");
    if (id && !was_let_through(*id, from, to))
        throw unseen_step(core::errors::illegal_return_state, "return");
    if (id) {
        pg::session spi;
        // the guard has written the history
        record_step(spi, *id, from, to, [](pg::spi, const taken_step&) {});
    }
    return row.nothing();
}

} // namespace driplo
