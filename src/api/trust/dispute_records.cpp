// What the database keeps of disputes, whoever changes them: legal steps, times, a message for each
// step; and the disputes that the payment processor opens and ends.
#include "api/call/arguments.hpp"
#include "api/call/step_log.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/numbers.hpp"
#include "api/orders/row.hpp"
#include "api/trust/disputes.hpp"
#include "core/format.hpp"
#include "pg/identity.hpp"
#include "pg/json.hpp"
#include "pg/spi.hpp"
#include "pg/trigger.hpp"

namespace driplo {

namespace {

const pg::plan has_chargeback{R"(
    SELECT FROM {s}.disputes d WHERE d.order_id = $1 AND {chargeback_is_open})",
                              {chargeback_is_open, {"dispute", "d"}}};
const pg::plan find_answer{R"(
    SELECT FROM {s}.disputes d
    JOIN {s}.dispute_messages m ON m.dispute_id = d.id
    WHERE d.id = $1
      AND m.sender_id IS DISTINCT FROM d.initiated_by
      AND (m.is_system_message OR m.is_staff_message) IS NOT TRUE
    LIMIT 1)"};
const pg::plan add_message{R"(
    INSERT INTO {s}.dispute_messages (dispute_id, message, is_system_message, created_at)
    VALUES ($1, $2, true, pg_catalog.clock_timestamp()))",
                           pg::writes{"dispute_messages"}};

dispute_parties parties_of(pg::spi spi, const pg::trigger_call& row) {
    const auto order = find_order(spi, row.value<pg::uuid>("order_id").value_or(pg::uuid{}));
    return {order ? order->buyer : std::nullopt, order ? order->seller : std::nullopt,
            row.value<pg::uuid>("initiated_by"), row.value<pg::uuid>("respondent_id"),
            row.is_update() && is_answered(spi, row.value<pg::uuid>("id").value_or(pg::uuid{}))};
}

bool is_awaiting(core::dispute_state state) {
    return state == core::dispute_state::awaiting_seller_response ||
           state == core::dispute_state::awaiting_buyer_response;
}

void set_times(pg::trigger_call& row, core::dispute_state to) {
    if (!is_awaiting(to))
        row.set_null("awaiting_since");
    else if (row.is_update() || row.is_null("awaiting_since"))
        row.set_transaction_time("awaiting_since");
    if ((to == core::dispute_state::resolved || to == core::dispute_state::cancelled) &&
        row.is_null("resolved_at"))
        row.set_transaction_time("resolved_at");
}

const char* news(core::dispute_state state) {
    switch (state) {
    case core::dispute_state::open:
        return nullptr;
    case core::dispute_state::awaiting_seller_response:
        return "A response from the seller is awaited.";
    case core::dispute_state::awaiting_buyer_response:
        return "A response from the buyer is awaited.";
    case core::dispute_state::under_review:
        return "The dispute is under review by staff.";
    case core::dispute_state::escalated:
        return "There was no response in time. The dispute has been escalated to staff.";
    case core::dispute_state::resolved:
        return "The dispute was resolved.";
    case core::dispute_state::closed:
        return "The dispute was closed.";
    case core::dispute_state::cancelled:
        return "The dispute was withdrawn.";
    }
    return nullptr;
}

const char* beginning(pg::spi spi, const pg::trigger_call& row) {
    if (pg::json_text(row.json("metadata"), "stripe_dispute_id"))
        return "The buyer's bank has disputed the payment. The payment processor will decide.";
    const dispute_parties parties = parties_of(spi, row);
    if (parties.initiator && parties.initiator == parties.buyer)
        return "The buyer has opened the dispute.";
    if (parties.initiator && parties.initiator == parties.seller)
        return "The seller has opened the dispute.";
    return "The dispute was opened.";
}

// Nothing in it may be for the staff alone: the parties read it.
std::string message_about(pg::spi spi, const pg::trigger_call& row, const taken_step& taken) {
    std::string text;
    const auto add = [&](const std::string& sentence) {
        text += (text.empty() ? "" : " ") + sentence;
    };
    const core::dispute_state to = dispute_state_of(taken.to);
    if (!taken.from)
        add(beginning(spi, row));
    if (const char* what = news(to); what && (taken.from || is_awaiting(to)))
        add(what);
    if (const auto resolution = row.text("resolution");
        resolution && to == core::dispute_state::resolved)
        add(core::format("Resolution: {}.", *resolution));
    if (taken.reason)
        add(*taken.reason);
    return text;
}

const pg::plan add_chargeback{R"(
    INSERT INTO {s}.disputes (
        dispute_number, order_id, initiated_by, respondent_id, type, status, title, description,
        metadata
    )
    SELECT
        $1,
        o.id,
        o.buyer_id,
        o.seller_id,
        'payment_issue',
        'under_review',
        'Chargeback',
        $4,
        pg_catalog.jsonb_build_object('stripe_dispute_id', $3, 'payment_transaction_id', $5)
    FROM {s}.orders o
    WHERE o.id = $2
    ON CONFLICT ((metadata ->> 'stripe_dispute_id'), order_id)
    WHERE metadata ? 'stripe_dispute_id'
    DO NOTHING
    RETURNING id)"};
const pg::plan find_chargeback{R"(
    SELECT id
    FROM {s}.disputes
    WHERE metadata ->> 'stripe_dispute_id' = $2
      AND order_id = $1
      AND metadata ? 'stripe_dispute_id')"};
const pg::plan lock_open_dispute{R"(
    SELECT FROM {s}.disputes
    WHERE id = $1 AND is_open
    FOR NO KEY UPDATE)"};
const pg::plan end_chargeback{R"(
    UPDATE {s}.disputes
    SET status = 'resolved', resolution = $2::{s}.resolution_type, resolution_notes = $3
    WHERE id = $1)",
                              pg::writes{"disputes"}};
const pg::plan correct_chargeback{R"(
    UPDATE {s}.disputes
    SET resolution = $2::{s}.resolution_type
    WHERE id = $1
      AND status::text = 'resolved'
      AND resolution::text <> $2)"};

} // namespace

bool is_answered(pg::spi, const pg::uuid& dispute) {
    return !find_answer.run(dispute).empty();
}

unsigned dispute_actors(const dispute_parties& parties) {
    unsigned actors = order_actors(parties.buyer, parties.seller);
    if (pg::is_service())
        return actors;
    const auto caller = pg::caller();
    if (caller && caller == parties.initiator && !parties.is_answered)
        actors |= core::as_initiator;
    if (caller && caller == parties.respondent)
        actors |= core::as_respondent;
    return actors;
}

core::error illegal_dispute_step(core::dispute_state from, core::dispute_state to,
                                 unsigned actors) {
    return core::error{
        core::errors::illegal_dispute_state,
        core::format("cannot change dispute status from {} to {}", core::dispute_state_name(from),
                     core::dispute_state_name(to)),
        core::format("Allowed next statuses: {}.", core::next_dispute_states(from, actors))};
}

core::dispute_state dispute_state_of(const std::optional<std::string>& name) {
    if (const auto state = core::find_dispute_state(name.value_or("")))
        return *state;
    throw core::error{
        core::errors::illegal_dispute_state,
        core::format("unrecognized dispute status: \"{}\"", name.value_or("")),
        "Enum dispute_status contains a label that this version of driplo does not support."};
}

void require_no_chargeback(pg::spi, const pg::uuid& order) {
    if (!has_chargeback.run(order).empty())
        throw core::error{core::errors::illegal_money_state,
                          "payment of this order is disputed by the buyer's bank",
                          "A refund now could return the same money twice.",
                          "Wait until the payment processor has decided."};
}

pg::uuid open_chargeback(pg::spi spi, const pg::uuid& order, const std::string& stripe_dispute_id,
                         const std::string& description, const pg::uuid& payment) {
    const bool is_there = lock_order_for_sum(spi, order);
    // before a number is taken
    if (const auto known = find_chargeback.run(order, stripe_dispute_id).value<pg::uuid>())
        return *known;
    if (const auto id =
            add_chargeback.run(next_number("DSP"), order, stripe_dispute_id, description, payment)
                .value<pg::uuid>())
        return *id;
    if (is_there)
        pg::throw_not_written("disputes");
    throw does_not_exist("order", order);
}

void close_chargeback(pg::spi, const pg::uuid& dispute, std::string_view resolution,
                      const std::string& notes) {
    if (!lock_open_dispute.run(dispute).empty())
        end_chargeback.run(dispute, resolution, notes);
    else
        correct_chargeback.run(dispute, resolution);
}

// private.guard_dispute_status(): BEFORE INSERT, and BEFORE UPDATE of the status, ON disputes
DRIPLO_FUNCTION(driplo_guard_dispute_status) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    // NULL is refused by the check of the column
    if (!row.text("status") || (row.is_update() && !row.changes("status")))
        return row.result();
    const core::dispute_state to = dispute_state_of(row.text("status"));
    if (row.is_update()) {
        pg::session spi;
        const core::dispute_state from = dispute_state_of(row.old_text("status"));
        const unsigned actors = dispute_actors(parties_of(spi, row));
        if (!core::may_transition(from, to, actors))
            throw illegal_dispute_step(from, to, actors);
    }
    set_times(row, to);
    if (const auto id = row.value<pg::uuid>("id"))
        let_through(*id, row.is_update() ? row.old_text("status") : std::nullopt,
                    *row.text("status"));
    return row.result();
}

// private.record_dispute_status(): AFTER INSERT, and AFTER UPDATE of the status, ON disputes
DRIPLO_FUNCTION(driplo_record_dispute_status) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update);
    const auto id = row.value<pg::uuid>("id");
    const auto from = row.is_update() ? row.old_text("status") : std::nullopt;
    const auto to = row.text("status");
    if (id && to && from != to) {
        if (!was_let_through(*id, from, *to))
            throw unseen_step(core::errors::illegal_dispute_state, "dispute");
        pg::session spi;
        record_step(spi, *id, from, *to, [&](pg::spi in, const taken_step& taken) {
            add_message.run(*id, message_about(in, row, taken));
        });
    }
    return row.nothing();
}

} // namespace driplo
