// Disputes: what the parties and the staff say, and how the staff decides. What is legal is decided
// by the trigger on disputes, by the same table for everybody; it also writes what happens into the
// dispute's messages (trust/dispute_records.cpp).
//
// Locks: the order when money moves, then the dispute.
#include "api/trust/disputes.hpp"
#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/call_context.hpp"
#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/numbers.hpp"
#include "api/orders/overdue.hpp"
#include "api/orders/row.hpp"
#include "api/orders/state_lists.hpp"
#include "api/payments/refunds.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/json.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Disputes of others are as if they were not there.
core::error no_such_dispute(const pg::uuid& id) {
    return does_not_exist("dispute", id);
}

const pg::plan order_of{"SELECT order_id FROM {s}.disputes WHERE id = $1"};
const pg::plan lock_dispute{R"(
    SELECT
        d.order_id,
        o.buyer_id,
        o.seller_id,
        d.initiated_by,
        d.respondent_id,
        d.status::text,
        COALESCE(d.metadata ? 'stripe_dispute_id', false),
        d.dispute_number::text,
        o.currency::text
    FROM {s}.disputes d
    JOIN {s}.orders o ON o.id = d.order_id
    WHERE d.id = $1
    FOR NO KEY UPDATE OF d)"};

struct dispute {
    pg::uuid id, order;
    dispute_parties parties;
    core::dispute_state state;
    bool is_chargeback;
    std::string number, currency;
};

dispute locked_dispute(pg::spi spi, const pg::uuid& id) {
    const pg::rows found = lock_dispute.run(id);
    if (found.empty())
        throw no_such_dispute(id);
    return {id,
            *found.value<pg::uuid>(1),
            {found.value<pg::uuid>(2), found.value<pg::uuid>(3), found.value<pg::uuid>(4),
             found.value<pg::uuid>(5), is_answered(spi, id)},
            dispute_state_of(found.value<std::string>(6)),
            found.value<bool>(7).value_or(false),
            found.value<std::string>(8).value_or(""),
            found.value<std::string>(9).value_or("")};
}

// A member of the staff who is a party is only that. The service speaks for the party that its
// claims name, or else as staff.
enum class side { nobody, party, staff };

side side_in(const dispute& d) {
    const auto person = pg::actor();
    if (person && (person == d.parties.initiator || person == d.parties.respondent))
        return side::party;
    if (pg::is_service())
        return side::staff;
    const auto role = person ? role_of(*person) : std::nullopt;
    return role == "moderator" || role == "admin" ? side::staff : side::nobody;
}

void require_open(const dispute& d) {
    if (!core::is_open(d.state))
        throw core::error{core::errors::illegal_dispute_state,
                          core::format("cannot add a message to a dispute that is {}",
                                       core::dispute_state_name(d.state))};
}

void refuse_chargeback(const dispute& d) {
    if (d.is_chargeback)
        throw core::error{
            core::errors::illegal_dispute_state,
            "chargebacks are decided by the payment processor",
            {},
            "A charge.dispute.closed event passed to record_stripe_event() ends the chargeback."};
}

// An order that was written down without the time of its delivery counts from its own.
const pg::plan look_at_order{R"(
    SELECT
        status::text IN ({paid_order_states}) OR (
            status::text = 'cancelled'
            AND paid_at IS NOT NULL
        ),
        COALESCE(
            CASE
                WHEN status::text IN ('delivered', 'completed')
                    THEN COALESCE(delivered_at, created_at)
                WHEN status::text = 'cancelled' THEN cancelled_at
            END + pg_catalog.make_interval(mins => $2) > now(),
            true
        ) OR EXISTS (
            SELECT FROM {s}.disputes d
            WHERE d.order_id = o.id
              AND d.initiated_by IS DISTINCT FROM $3
              AND {was_just_taken_back}
              AND NOT {was_heard}
        ) OR EXISTS (
            SELECT FROM {s}.returns r
            WHERE r.order_id = o.id
              AND (r.is_open OR r.disputable_until > now() AND o.buyer_id = $3)
        )
    FROM {s}.orders o
    WHERE o.id = $1)",
                             {paid_order_states,
                              was_just_taken_back,
                              was_heard,
                              {"dispute", "d"},
                              {"grace", "$4"},
                              {"order_id", "o.id"},
                              {"party", "$3"}}};
// The own one, or the bank's, beside which there is none.
const pg::plan find_open{R"(
    SELECT FROM {s}.disputes d
    WHERE d.order_id = $1
      AND d.is_open
      AND (d.initiated_by = $2 OR d.metadata ? 'stripe_dispute_id')
    LIMIT 1)"};
const pg::plan known_type{"{is_label}", {is_label, {"enum", "dispute_type"}}};
const pg::plan add_dispute{R"(
    INSERT INTO {s}.disputes (
        dispute_number, order_id, initiated_by, respondent_id, type, status, title, description
    )
    VALUES ($1, $2, $3, $4, $5::{s}.dispute_type, $6::{s}.dispute_status, $7, $8)
    ON CONFLICT (order_id, initiated_by)
    WHERE is_open AND (metadata ? 'stripe_dispute_id') IS NOT TRUE
    DO NOTHING
    RETURNING id)"};

const pg::plan has_dispute_of{R"(
    SELECT FROM {s}.disputes
    WHERE order_id = $1
      AND initiated_by = $2
      AND is_open
      AND (metadata ? 'stripe_dispute_id') IS NOT TRUE)"};

struct complaint {
    pg::uuid order;
    std::string type, title, description;
};

void check_type(const std::string& type) {
    const pg::rows known = known_type.run(type);
    if (!known.value<bool>(1).value_or(false))
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("unrecognized dispute type: \"{}\"", core::excerpt(type)),
            core::format("Valid types are: {}.", known.value<std::string>(2).value_or(""))};
}

void check_order(const pg::uuid& order, const pg::uuid& initiator) {
    const pg::rows found = look_at_order.run(order, std::int32_t{pg::settings::return_window},
                                             initiator, std::int32_t{pg::settings::dispute_grace});
    if (!found.value<bool>(1).value_or(false))
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "only orders that were paid and not refunded can be disputed"};
    if (!found.value<bool>(2).value_or(false))
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "dispute window for this order has closed",
                          {},
                          "The window lasts driplo.return_window from delivery or cancellation, or "
                          "driplo.dispute_grace after the other party has withdrawn a dispute or "
                          "refused a return."};
}

core::error dispute_is_open() {
    return core::error{core::errors::illegal_dispute_state,
                       "order already has an open dispute",
                       {},
                       "Use reply_dispute() to continue that dispute."};
}

pg::uuid open_dispute(pg::spi spi, const complaint& c) {
    const auto order = find_order(spi, c.order);
    if (!order || order_actors(order->buyer, order->seller) == core::as_nobody)
        throw does_not_exist("order", c.order);
    const auto &buyer = order->buyer, &seller = order->seller;
    const auto initiator = pg::actor();
    if (!initiator || (initiator != buyer && initiator != seller))
        throw core::error{
            core::errors::insufficient_privilege,
            "only the buyer or the seller of an order can open a dispute",
            {},
            "With service_role, set the claims to the user on whose behalf the dispute is opened."};
    const bool by_buyer = initiator == buyer;
    const auto respondent = by_buyer ? seller : buyer;
    if (!respondent)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "account of the other party has been deleted",
                          {},
                          "Use request_refund() instead; staff decides the request."};
    check_type(c.type);
    lock_order_for_sum(spi, c.order);
    if (!find_open.run(c.order, initiator).empty())
        throw dispute_is_open();
    check_order(c.order, *initiator);
    const auto id =
        add_dispute
            .run(next_number("DSP"), c.order, initiator, respondent, c.type,
                 core::dispute_state_name(by_buyer ? core::dispute_state::awaiting_seller_response
                                                   : core::dispute_state::awaiting_buyer_response),
                 c.title, c.description)
            .value<pg::uuid>();
    if (!id && !has_dispute_of.run(c.order, initiator).empty())
        throw dispute_is_open();
    if (!id)
        pg::throw_not_written("disputes");
    return *id;
}

// Times of the clock: what is said in one transaction keeps its order.
const pg::plan add_message{R"(
    INSERT INTO {s}.dispute_messages (
        dispute_id, sender_id, message, attachments, is_staff_message, is_private_note, created_at
    )
    VALUES (
        $1, (SELECT id FROM {s}.profiles WHERE id = $2), $3, $4::pg_catalog.jsonb, $5, $6,
        pg_catalog.clock_timestamp()
    )
    RETURNING id)",
                           pg::writes{"dispute_messages"}};
const pg::plan set_status{R"(
    UPDATE {s}.disputes SET status = $2::{s}.dispute_status WHERE id = $1)",
                          pg::writes{"disputes"}};
const pg::plan end{R"(
    UPDATE {s}.disputes
    SET
        status = $2::{s}.dispute_status,
        resolution = $3::{s}.resolution_type,
        resolution_notes = $4
    WHERE id = $1)",
                   pg::writes{"disputes"}};

// What somebody else decides by it leaves a trace for transactions with an older snapshot.
const pg::plan touch{"UPDATE {s}.disputes SET updated_at = updated_at WHERE id = $1"};

// Whether an answer of this person is what everybody waits for.
bool is_awaited(const dispute& d, const std::optional<pg::uuid>& person) {
    switch (d.state) {
    case core::dispute_state::open:
        return person == d.parties.respondent;
    case core::dispute_state::awaiting_seller_response:
        return person == d.parties.seller;
    case core::dispute_state::awaiting_buyer_response:
        return person == d.parties.buyer;
    default:
        return false;
    }
}

pg::uuid reply(pg::spi spi, const pg::uuid& id, const std::string& message,
               const std::string& attachments) {
    const dispute d = locked_dispute(spi, id);
    const side from = side_in(d);
    if (from == side::nobody)
        throw no_such_dispute(id);
    require_open(d);
    const auto person = pg::actor();
    const auto message_id =
        *add_message.run(id, person, message, attachments, from == side::staff, false)
             .value<pg::uuid>();
    if (from == side::party && is_awaited(d, person))
        set_status.run(id, core::dispute_state_name(core::dispute_state::under_review));
    else
        touch.run(id);
    return message_id;
}

pg::uuid add_note(pg::spi spi, const pg::uuid& id, const std::string& note) {
    require_staff("add a note to a dispute");
    if (side_in(locked_dispute(spi, id)) != side::staff)
        throw core::error{core::errors::insufficient_privilege,
                          "cannot handle a dispute in which you are involved"};
    return *add_message.run(id, pg::actor(), note, std::string_view("[]"), true, true)
                .value<pg::uuid>();
}

// The guard of disputes decides what is legal, and does not look at who writes the state again.
void require_other_state(const dispute& d, core::dispute_state to) {
    refuse_chargeback(d);
    if (d.state == to)
        throw illegal_dispute_step(d.state, to, dispute_actors(d.parties));
}

// Before money moves: what the guard will ask again.
void require_step(const dispute& d, core::dispute_state to) {
    refuse_chargeback(d);
    const unsigned actors = dispute_actors(d.parties);
    if (!core::may_transition(d.state, to, actors))
        throw illegal_dispute_step(d.state, to, actors);
}

void record_act(pg::spi spi, const char* name, const dispute& d, core::dispute_state to,
                const std::optional<std::string>& reason) {
    if (!pg::is_service())
        audit_staff(spi, dispute_actors(d.parties), {name, "dispute", "status"}, d.id,
                    std::string(core::dispute_state_name(d.state)),
                    std::string(core::dispute_state_name(to)), reason.value_or(""));
}

// Else who is afraid of the answer ends the talk, and the other one's time has run meanwhile.
void refuse_end_by_opener(const dispute& d) {
    const auto person = pg::actor();
    if (person && person == d.parties.initiator && d.parties.is_answered &&
        core::is_open(d.state) && !pg::is_service() && !d.is_chargeback)
        throw core::error{
            core::errors::illegal_dispute_state,
            "cannot withdraw a dispute that the other party has answered",
            {},
            "Use reply_dispute() to say that the dispute is settled; staff then ends it."};
}

std::string cancel(pg::spi spi, const pg::uuid& id, const std::optional<std::string>& reason) {
    const dispute d = locked_dispute(spi, id);
    if (side_in(d) == side::nobody)
        throw no_such_dispute(id);
    constexpr auto to = core::dispute_state::cancelled;
    refuse_end_by_opener(d);
    require_other_state(d, to);
    end.run(id, core::dispute_state_name(to),
            std::string_view(d.parties.initiator && d.parties.initiator == d.parties.seller
                                 ? "cancelled_by_seller"
                                 : "cancelled_by_buyer"),
            reason);
    record_act(spi, "cancel_dispute", d, to, reason);
    return std::string(core::dispute_state_name(to));
}

// A party who is an admin moves and decides nothing here.
dispute dispute_of_others(pg::spi spi, const pg::uuid& id) {
    dispute d = locked_dispute(spi, id);
    if (side_in(d) != side::staff)
        throw core::error{core::errors::insufficient_privilege,
                          "cannot handle a dispute in which you are involved",
                          {},
                          "Ask another admin."};
    return d;
}

core::dispute_state parse_state(const std::string& name) {
    const auto state = core::find_dispute_state(name);
    if (!state)
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("unrecognized dispute status: \"{}\"", core::excerpt(name)),
            core::format("Valid statuses are: {}.", core::listed(core::dispute_state_names))};
    if (state == core::dispute_state::resolved || state == core::dispute_state::cancelled)
        throw core::error{core::errors::invalid_parameter_value,
                          "advance_dispute() cannot resolve or cancel a dispute",
                          {},
                          "Use resolve_dispute() or cancel_dispute()."};
    return *state;
}

std::string advance(pg::spi spi, const pg::uuid& id, core::dispute_state to,
                    const std::optional<std::string>& note) {
    require_admin("advance a dispute");
    const dispute d = dispute_of_others(spi, id);
    require_other_state(d, to);
    {
        const step_note for_the_parties{id, note, std::nullopt};
        const note_for_triggers for_the_message(for_the_parties);
        set_status.run(id, core::dispute_state_name(to));
    }
    record_act(spi, "advance_dispute", d, to, note);
    return std::string(core::dispute_state_name(to));
}

struct decision {
    pg::uuid id;
    const core::resolution& resolution;
    std::optional<std::string> notes;
    std::optional<core::money> amount;
};

const core::resolution& parse_resolution(const std::string& name,
                                         const std::optional<core::money>& amount) {
    const core::resolution* found = core::find_resolution(name);
    if (!found) {
        std::string names;
        for (const core::resolution& r : core::resolutions)
            names += (names.empty() ? "" : ", ") + std::string(r.name);
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("unrecognized resolution: \"{}\"", core::excerpt(name)),
                          core::format("Valid resolutions are: {}.", names)};
    }
    if (found->refund == core::refund_rule::given_amount && !amount)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("resolution \"{}\" requires refund_amount", name)};
    if (amount && (found->refund == core::refund_rule::nothing ||
                   found->refund == core::refund_rule::everything))
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("resolution \"{}\" does not accept refund_amount", name),
                          found->refund == core::refund_rule::nothing
                              ? "This resolution does not refund money."
                              : "This resolution refunds the full remaining amount."};
    return *found;
}

core::money refund(pg::spi spi, const dispute& d, const decision& decided) {
    if (decided.resolution.refund == core::refund_rule::nothing)
        return {};
    require_no_chargeback(spi, d.order);
    const core::money amount = decided.amount ? *decided.amount : refundable(spi, d.order);
    if (decided.amount) {
        core::require_payable(amount, d.currency, "refund_amount");
        refund_now(spi, d.order, amount, "dispute " + d.number, pg::actor());
    } else
        refund_everything(spi, d.order, "dispute " + d.number, pg::actor());
    return amount;
}

std::string resolve(pg::spi spi, const decision& decided) {
    require_admin("resolve a dispute");
    if (const auto order = order_of.run(decided.id).value<pg::uuid>())
        lock_order_for_sum(spi, *order);
    const dispute d = dispute_of_others(spi, decided.id);
    constexpr auto to = core::dispute_state::resolved;
    require_step(d, to);
    const core::money amount = refund(spi, d, decided);
    {
        step_note for_the_parties{decided.id, std::nullopt, std::nullopt};
        if (amount.minor > 0)
            for_the_parties.reason = core::format("{} {} will be refunded to the buyer.",
                                                  pg::json_text_of(amount), d.currency);
        const note_for_triggers for_the_message(for_the_parties);
        end.run(decided.id, core::dispute_state_name(to), decided.resolution.name, decided.notes);
    }
    audit(spi, {"resolve_dispute", "dispute", "resolution"}, decided.id, std::nullopt,
          std::string(decided.resolution.name), decided.notes.value_or(""));
    return std::string(core::dispute_state_name(to));
}

const pg::plan lock_free{R"(
    SELECT id
    FROM {s}.disputes
    WHERE id = ANY ($1)
    ORDER BY awaiting_since, id
    LIMIT $2
    FOR NO KEY UPDATE SKIP LOCKED)",
                         pg::planned::once};
const pg::plan escalate_all{R"(
    UPDATE {s}.disputes
    SET status = $2::{s}.dispute_status
    WHERE id = ANY ($1)
    RETURNING status::text)"};

std::int32_t escalate(pg::spi spi, const std::vector<pg::uuid>& wanted, std::int32_t most) {
    const auto escalated = core::dispute_state_name(core::dispute_state::escalated);
    const auto unanswered =
        still_overdue(spi, "escalation", lock_free.run(wanted, most).values<pg::uuid>());
    const auto states = escalate_all.run(unanswered, escalated).values<std::string>();
    return static_cast<std::int32_t>(std::count(states.begin(), states.end(), escalated));
}

} // namespace

// open_dispute(order_id uuid, type text, title text, description text) -> uuid
DRIPLO_FUNCTION(driplo_open_dispute) {
    constexpr std::size_t max_title = 200; // disputes.title
    const complaint c{
        pg::required<pg::uuid>(fcinfo, 0, "order_id"), pg::required<std::string>(fcinfo, 1, "type"),
        required_words(fcinfo, 2, "title", max_title), required_words(fcinfo, 3, "description")};
    return pg::result(pg::in_session([&](pg::spi spi) { return open_dispute(spi, c); }));
}

// reply_dispute(dispute_id uuid, message text, attachments jsonb) -> uuid
DRIPLO_FUNCTION(driplo_reply_dispute) {
    const auto dispute_id = pg::required<pg::uuid>(fcinfo, 0, "dispute_id");
    const auto message = required_words(fcinfo, 1, "message");
    return pg::result(pg::in_session([&](pg::spi spi) {
        return reply(spi, dispute_id, message, given_links(spi, fcinfo, 2, "attachments"));
    }));
}

// add_dispute_note(dispute_id uuid, note text) -> uuid
DRIPLO_FUNCTION(driplo_add_dispute_note) {
    const auto dispute_id = pg::required<pg::uuid>(fcinfo, 0, "dispute_id");
    const auto note = required_words(fcinfo, 1, "note");
    return pg::result(pg::in_session([&](pg::spi spi) { return add_note(spi, dispute_id, note); }));
}

// cancel_dispute(dispute_id uuid, reason text) -> text
DRIPLO_FUNCTION(driplo_cancel_dispute) {
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "dispute_id");
    const auto reason = given_words(fcinfo, 1, "reason");
    return pg::to_datum(pg::in_session([&](pg::spi spi) { return cancel(spi, id, reason); }));
}

// advance_dispute(dispute_id uuid, to_status text, note text) -> text
DRIPLO_FUNCTION(driplo_advance_dispute) {
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "dispute_id");
    const auto to = parse_state(pg::required<std::string>(fcinfo, 1, "to_status"));
    const auto note = given_words(fcinfo, 2, "note");
    return pg::to_datum(pg::in_session([&](pg::spi spi) { return advance(spi, id, to, note); }));
}

// resolve_dispute(dispute_id uuid, resolution text, notes text, refund_amount numeric) -> text
DRIPLO_FUNCTION(driplo_resolve_dispute) {
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "dispute_id");
    const auto name = pg::required<std::string>(fcinfo, 1, "resolution");
    const auto notes = given_words(fcinfo, 2, "notes");
    const auto amount = pg::amount_argument(fcinfo, 3, "refund_amount");
    const core::resolution& resolution = parse_resolution(name, amount);
    return pg::to_datum(pg::in_session([&](pg::spi spi) {
        return resolve(spi, {id, resolution, notes, amount});
    }));
}

// private.escalate_disputes(dispute_ids uuid[], max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_escalate_disputes) {
    const auto disputes = pg::required<std::vector<pg::uuid>>(fcinfo, 0, "dispute_ids");
    const auto most = pg::required<std::int32_t>(fcinfo, 1, "max_rows");
    pg::session spi;
    return pg::to_datum(escalate(spi, disputes, std::max(most, 0)));
}

} // namespace driplo
