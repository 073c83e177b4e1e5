// A refund at the processor was taken for one of another order of the same payment: the staff moves
// it, on record. What was asked for or decided here is due again; what only the processor's word
// had made is undone.
#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "api/payments/refunds.hpp"
#include "api/payments/stripe.hpp"
#include "api/payments/transactions.hpp"
#include "api/trust/disputes.hpp"
#include "core/format.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan find_order_of{"SELECT order_id FROM {s}.refund_requests WHERE id = $1"};
// Of the order that the refund was taken for, or of the surplus, and of the one that it is of.
constexpr pg::part common_payments{"common_payments", R"(
    FROM {s}.refund_requests r
    JOIN {s}.payment_transactions f ON CASE
        WHEN r.through_payment_id IS NOT NULL THEN f.id = r.through_payment_id
        WHEN r.payment_transaction_id IS NULL THEN f.order_id = r.order_id AND NOT f.is_surplus
        ELSE f.id = r.payment_transaction_id
    END
    JOIN {s}.payment_transactions t ON t.processor_transaction_id = f.processor_transaction_id
        AND t.processor = f.processor
        AND t.order_id = $2
        AND NOT t.is_surplus
        AND t.status::text IN ('succeeded', 'partially_refunded', 'refunded')
    WHERE r.id = $1)"};
const pg::plan find_payments{R"(
    SELECT DISTINCT f.processor::text, f.processor_transaction_id::text
    {common_payments}
    ORDER BY 1, 2)",
                             {common_payments}};
const pg::plan find_rows{R"(
    SELECT f.id, t.id, ((t.amount - t.refunded_amount) * 100)::bigint
    {common_payments}
    AND f.refunded_amount >= r.amount - r.credit_amount
    ORDER BY f.processor = 'stripe' DESC, f.created_at DESC, f.id
    LIMIT 1)",
                         {common_payments}};
const pg::plan lock_refund{R"(
    SELECT
        ((amount - credit_amount) * 100)::bigint,
        status::text,
        stripe_refund_id::text,
        metadata ->> 'evidence',
        COALESCE(metadata ? 'moved_from', false),
        (metadata #>> '{moved_to,order_id}')::uuid,
        (metadata #>> '{moved_to,refund_id}')::uuid,
        EXISTS (
            SELECT FROM {s}.ledger_entries e
            WHERE e.journal_id = pg_catalog.md5('refund_excess:' || r.id)::uuid
              OR e.journal_id = pg_catalog.md5('refund_sent:' || r.id)::uuid
                 AND e.account::text IN ('disputes', 'cash_on_delivery')
        ),
        EXISTS (
            SELECT FROM {s}.ledger_entries e
            WHERE e.journal_id IN (
                pg_catalog.md5('refund:' || r.id)::uuid, pg_catalog.md5('surplus:' || r.id)::uuid
            )
        )
    FROM {s}.refund_requests r
    WHERE r.id = $1
    FOR NO KEY UPDATE)"};
const pg::plan status_of{"SELECT status::text FROM {s}.refund_requests WHERE id = $1"};
// What fell with an order that a coupon ties it to does not come back with it.
const pg::plan others_fell{R"(
    SELECT FROM {s}.orders ended
    JOIN {s}.orders tied ON tied.promise_id = ended.promise_id AND tied.id <> ended.id
    JOIN {s}.order_status_history fell ON fell.order_id = tied.id
        AND fell.to_status::text = 'cancelled'
    WHERE ended.id = $1
      AND fell.created_at >= (
          SELECT max(h.created_at)
          FROM {s}.order_status_history h
          WHERE h.order_id = ended.id AND h.to_status::text = 'refunded'
      )
    LIMIT 1)"};
// As an event that names the order would find it.
const pg::plan waiting_request{R"(
    SELECT id
    FROM {s}.refund_requests
    WHERE order_id = $1
      AND payment_transaction_id IS NULL
      AND status::text = 'approved'
      AND amount - credit_amount = $2 * 0.01
    ORDER BY requested_at, id
    LIMIT 1)"};
const pg::plan note_move{R"(
    UPDATE {s}.refund_requests
    SET metadata = COALESCE(metadata, '{}') || CASE
        WHEN id = $1
            THEN pg_catalog.jsonb_build_object(
                'moved_to', pg_catalog.jsonb_build_object('refund_id', $2, 'order_id', $3)
            )
        ELSE pg_catalog.jsonb_build_object('moved_from', $1)
    END
    WHERE id = $1 OR id = $2 AND $4)",
                         pg::writes{"refund_requests"}};
// The other shares of a refund are no shares any more once all of it is one order's.
const pg::plan shares_of_order{R"(
    SELECT id
    FROM {s}.refund_requests r
    WHERE r.order_id = $1
      AND r.stripe_refund_id = $2
      AND r.status::text = 'processed'
      AND r.metadata ->> 'evidence' = 'shared'
    ORDER BY id)"};

struct sent {
    pg::uuid id, order;
    core::money cash;
    std::string status;
    std::optional<std::string> processor_id, evidence;
    bool was_moved;
    std::optional<pg::uuid> moved_to_order, moved_to;
    bool is_by_bank, is_booked;

    // Nobody had asked for it or decided it: it is here because the processor told of it.
    bool is_only_told() const { return was_moved || evidence == "unasked" || evidence == "shared"; }
};

core::error state_error(const std::string& message, const char* hint) {
    return core::error{core::errors::illegal_money_state, message, {}, hint};
}

void require_no_party(const order_money& order) {
    if ((order_actors(order.buyer, order.seller) & core::as_system) == 0)
        throw core::error{core::errors::insufficient_privilege,
                          "cannot move a refund of your own order",
                          {},
                          "Ask another admin."};
}

sent locked_refund(const pg::uuid& id, const pg::uuid& order) {
    enum {
        cash = 1,
        status,
        processor_id,
        evidence,
        was_moved,
        moved_to_order,
        moved_to,
        by_bank,
        booked
    };
    const pg::rows found = lock_refund.run(id);
    if (found.empty())
        throw does_not_exist("refund request", id);
    return {id,
            order,
            {*found.value<std::int64_t>(cash)},
            *found.value<std::string>(status),
            found.value<std::string>(processor_id),
            found.value<std::string>(evidence),
            *found.value<bool>(was_moved),
            found.value<pg::uuid>(moved_to_order),
            found.value<pg::uuid>(moved_to),
            *found.value<bool>(by_bank),
            *found.value<bool>(booked)};
}

// Repeating the call changes nothing, until the refund that it made is moved on.
bool is_done(const sent& refund, const pg::uuid& to) {
    return refund.status != "processed" && refund.moved_to_order == to &&
           status_of.run(refund.moved_to).value<std::string>().value_or("failed") != "failed";
}

void require_movable(pg::spi spi, const sent& refund) {
    if (refund.status != "processed")
        throw state_error(core::format("cannot move a refund that is {}", refund.status),
                          refund.moved_to
                              ? "This refund has already been moved. Move the refund request that "
                                "its metadata name as moved_to."
                              : "Only refunds that the payment processor has sent can be moved.");
    if (refund.is_by_bank)
        throw state_error(
            "cannot move money that was taken by a chargeback",
            "A chargeback belongs to the orders that the bank or the payment processor names.");
    if (refund.cash.minor == 0 || !refund.is_booked)
        throw state_error(
            "cannot move a refund that was not sent by the payment processor",
            "It was paid as store credit, or was inserted without being booked in the ledger.");
    require_no_chargeback(spi, refund.order);
    if (is_taken_by_bank(spi, refund.order))
        throw state_error("cannot move a refund that was counted in a lost chargeback",
                          "The amounts that the chargeback took from the seller and the platform "
                          "depend on this refund. Book the difference as an adjustment.");
}

// The order gets its money back, and has to be able to do something with it.
void require_resumable(pg::spi spi, const sent& refund, const order_money& from) {
    if (!refund.is_only_told() || from.state != core::order_state::refunded)
        return;
    if (!state_to_resume(spi, from.id) || !others_fell.run(from.id).empty())
        throw core::error{core::errors::illegal_money_state,
                          "cannot resume the order that was ended by this refund",
                          "Its items were not shipped and have been restocked, or orders tied to "
                          "it by a coupon have also ended.",
                          "Leave this refund in place and refund the other order separately."};
}

void require_left(const order_money& to, core::money amount, core::money unsent, bool is_booked) {
    const core::money left = is_booked ? unsent : std::min(to.cash_left(), unsent);
    if (amount > left)
        throw core::error{core::errors::refund_exceeds_payment, "refund exceeds the amount paid",
                          core::format("{} of the {} paid can still be refunded.",
                                       money_text(std::max(left, core::money{}), to.currency),
                                       money_text(to.whole.cash, to.currency)),
                          "A refund can only be moved in full."};
}

pg::uuid move(pg::spi spi, const pg::uuid& id, const pg::uuid& to_id, const std::string& reason) {
    const auto from_id = find_order_of.run(id).value<pg::uuid>();
    if (!from_id)
        throw does_not_exist("refund request", id);
    // payments are locked before their orders
    const pg::rows payments = find_payments.run(id, to_id);
    for (std::uint64_t i = 0; i < payments.count(); ++i)
        lock_for_ending(spi, lock_payment(spi, *payments.value<std::string>(1, i),
                                          *payments.value<std::string>(2, i)));
    const std::vector<std::string> sums = lock_told_sums(spi, id);
    const bool to_is_first = to_id < *from_id;
    order_money first = lock_order_money(spi, to_is_first ? to_id : *from_id);
    order_money second = lock_order_money(spi, to_is_first ? *from_id : to_id);
    const order_money& from = to_is_first ? second : first;
    const order_money& to = to_is_first ? first : second;
    require_no_party(from);
    require_no_party(to);
    const sent refund = locked_refund(id, *from_id);
    if (to_id == *from_id)
        throw core::error{core::errors::invalid_parameter_value,
                          "refund already belongs to this order"};
    if (is_done(refund, to_id))
        return *refund.moved_to;
    require_movable(spi, refund);
    const pg::rows rows = find_rows.run(id, to_id);
    if (rows.empty())
        throw state_error("refunded payment does not pay for this order",
                          "Refunds can only be moved between orders of the same payment.");
    require_no_chargeback(spi, to_id);
    require_resumable(spi, refund, from);
    const auto from_row = *rows.value<pg::uuid>(1), to_row = *rows.value<pg::uuid>(2);
    const auto waiting = refund.evidence == "shared"
                             ? std::nullopt
                             : waiting_request.run(to_id, refund.cash.minor).value<pg::uuid>();
    require_left(to, refund.cash, {*rows.value<std::int64_t>(3)}, waiting.has_value());

    if (refund.is_only_told())
        withdraw_refund(spi, id, reason, from_row);
    else
        unsend_refund(spi, id, std::nullopt, from_row);
    const pg::uuid moved =
        waiting ? *waiting
                : refund_now(spi, to_id, refund.cash, reason, pg::actor(), std::nullopt, to_row);
    // one without an id gives way when the processor names the order itself
    const refund_evidence evidence = refund.processor_id ? refund_evidence::said
                                     : waiting           ? refund_evidence::by_sum
                                                         : refund_evidence::unasked;
    process_refund(spi, moved, refund.processor_id, to_row, evidence);
    if (refund.processor_id) {
        const pg::rows shares = shares_of_order.run(to_id, refund.processor_id);
        for (std::uint64_t i = 0; i < shares.count(); ++i)
            note_evidence(spi, *shares.value<pg::uuid>(1, i), refund_evidence::said,
                          refund.processor_id);
    }
    note_move.run(id, moved, to_id, !waiting);
    audit(spi, {"move_refund", "refund_request", "order_id"}, id, text_of(*from_id), text_of(to_id),
          reason);
    explain_sums(spi, sums);
    return moved;
}

} // namespace

// move_refund(refund_id uuid, to_order_id uuid, reason text) -> uuid
DRIPLO_FUNCTION(driplo_move_refund) {
    const auto refund = pg::required<pg::uuid>(fcinfo, 0, "refund_id");
    const auto to = pg::required<pg::uuid>(fcinfo, 1, "to_order_id");
    const std::string reason = required_reason(fcinfo, 2, "move");
    return pg::result(pg::in_session([&](pg::spi spi) {
        require_admin("move a refund");
        return move(spi, refund, to, reason);
    }));
}

} // namespace driplo
