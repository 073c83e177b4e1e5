#include "api/payments/refunds.hpp"

#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/parts.hpp"
#include "api/orders/promises.hpp"
#include "api/payments/part_payments.hpp"
#include "api/payments/refund_books.hpp"
#include "api/payments/stripe.hpp"
#include "api/trust/disputes.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/random.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

// Written when it is booked already: whoever looks at the new row, a trigger of somebody's too,
// finds it as it will stay.
const pg::plan add_decided{R"(
    INSERT INTO {s}.refund_requests (
        id, order_id, amount, reason, requested_by, status, credit_amount, payment_transaction_id,
        processed_by, processed_at, order_item_id, quantity, through_payment_id, metadata
    )
    VALUES (
        $1, $2, $3 * 0.01, $4, $5, $6, $7 * 0.01, $8, (SELECT id FROM {s}.profiles WHERE id = $9),
        CASE WHEN $6 <> 'approved' THEN now() END, $10, $11::integer, $12,
        CASE WHEN $13 IS NULL THEN '{}' ELSE pg_catalog.jsonb_build_object('part_of', $13) END
    ))",
                           pg::writes{"refund_requests"}};
const pg::plan add_part{R"(
    INSERT INTO {s}.refund_requests (
        id, order_id, amount, reason, requested_by, status, payment_transaction_id, metadata
    )
    SELECT
        $1,
        order_id,
        $3 * 0.01,
        reason,
        requested_by,
        status,
        payment_transaction_id,
        pg_catalog.jsonb_build_object('part_of', id)
    FROM {s}.refund_requests
    WHERE id = $2)",
                        pg::writes{"refund_requests"}};
const pg::plan is_sent{R"(
    UPDATE {s}.refund_requests
    SET
        status = 'processed',
        processed_at = now(),
        stripe_refund_id = COALESCE($2, stripe_refund_id),
        through_payment_id = CASE
            WHEN through_payment_id IS NOT NULL THEN COALESCE($3, through_payment_id)
        END
    WHERE id = $1)",
                       pg::writes{"refund_requests"}};
const pg::plan reason_and_line{R"(
    SELECT reason, order_item_id
    FROM {s}.refund_requests
    WHERE id = $1)"};
const pg::plan others_of_division{R"(
    SELECT r.id
    FROM {s}.refund_requests r
    JOIN {s}.refund_requests first ON first.order_id = r.order_id
    WHERE first.id = ANY ($1)
      AND (
          r.id = first.id
          OR r.payment_transaction_id IS NULL AND r.metadata ->> 'part_of' = first.id::text
      )
    ORDER BY r.requested_at, r.id)"};
const pg::plan is_failed{R"(
    UPDATE {s}.refund_requests
    SET status = 'failed', processed_at = now(), stripe_refund_id = COALESCE($2, stripe_refund_id)
    WHERE id = $1)",
                         pg::writes{"refund_requests"}};
// Who is owed the money: also after the account was deleted.
const pg::plan owed_party{R"(
    SELECT party_id
    FROM {s}.ledger_entries
    WHERE journal_id IN (
        pg_catalog.md5('refund:' || $1)::uuid, pg_catalog.md5('surplus:' || $1)::uuid
    )
      AND account::text = 'refunds')"};
// An order may have been paid in parts: the payment that the refund is of comes first.
constexpr pg::part in_turn{"in_turn", "r.id = $4 DESC NULLS LAST, r.created_at, r.id"};
constexpr pg::part room{"room", "t.amount - t.refunded_amount"};
constexpr pg::part has_room{"has_room", "t.status::text IN ('succeeded', 'partially_refunded')"};
const pg::plan parts_of_payment{"SELECT FROM {payment_parts} WHERE part.amount > 0",
                                {payment_parts, in_turn, room, has_room}};
const pg::plan count_in_payment{R"(
    UPDATE {s}.payment_transactions p
    SET
        refunded_amount = p.refunded_amount + part.amount,
        status = CASE
            WHEN p.refunded_amount + part.amount >= p.amount THEN 'refunded'
            ELSE 'partially_refunded'
        END::{s}.payment_status
    FROM {payment_parts}
    WHERE p.id = part.id AND part.amount > 0)",
                                {payment_parts, in_turn, room, has_room}};
const pg::plan owes_refunds{R"(
    SELECT FROM {s}.refund_requests
    WHERE order_id = $1
      AND status::text = 'approved'
      AND payment_transaction_id IS NULL
    LIMIT 1)"};

const pg::plan taken_by_bank{R"(
    SELECT FROM {s}.disputes d
    WHERE d.order_id = $1
      AND d.metadata ? 'stripe_dispute_id'
      AND (d.resolution::text IN ('full_refund', 'partial_refund') OR ({chargeback_is_open}))
    LIMIT 1)",
                             {chargeback_is_open, {"dispute", "d"}}};
// A refund that nobody has to decide any more: it is booked, then written.
struct decided_refund {
    std::string reason;
    std::optional<pg::uuid> by, line;
    std::optional<std::int64_t> quantity = std::nullopt;
    std::optional<pg::uuid> through = std::nullopt;
};
pg::uuid approve_part(pg::spi spi, order_money& order, const refund_part& part,
                      const decided_refund& decided, const std::optional<pg::uuid>& part_of,
                      bool uses_are_given_back = false) {
    const pg::uuid id = pg::time_ordered_uuid();
    const booked_refund refund = book_refund(spi, order, id, part.taken, uses_are_given_back);
    add_decided.run(id, order.id, refund.taken.paid().minor, decided.reason, order.buyer,
                    refund.status(), refund.taken.credit.minor, std::optional<pg::uuid>(),
                    decided.by, decided.line, decided.quantity, part.through, part_of);
    give_credit_of(spi, refund, order, id);
    take_off_what_is_due(spi, order.id, id);
    return id;
}

pg::uuid approve_new(pg::spi spi, order_money& order, const core::division& taken,
                     decided_refund decided, bool uses_are_given_back = false) {
    std::optional<pg::uuid> first;
    for (const refund_part& part : divide_by_payments(spi, order, taken, decided.through)) {
        const pg::uuid id = approve_part(spi, order, part, decided, first, uses_are_given_back);
        if (!first)
            first = id;
        decided.quantity = std::nullopt; // counted by the first
    }
    return *first;
}

// Approved and not sent: the seller has the money again, and the buyer may ask anew.
std::string fail(pg::spi spi, const pg::uuid& id,
                 const std::optional<std::string>& processor_refund_id) {
    order_money order;
    const refund_request r = locked_request(spi, id, order);
    if (r.status == "failed")
        return r.status;
    if (r.status != "approved")
        throw wrong_state(r, "marked as failed");
    // cash goes back before credit does: once credit has, all of the cash has
    if (r.surplus || is_taken_by_bank(spi, r.order) || order.refunded > order.whole.cash ||
        order.state == core::order_state::cancelled || order.state == core::order_state::refunded)
        throw core::error{core::errors::illegal_money_state,
                          "cannot revoke a refund when the money belongs to the buyer",
                          {},
                          "Send the money another way and then settle the refund as processed, or "
                          "as charged_back if the buyer's bank has taken the money."};
    const core::division given = core::division{} - booked_division(spi, "refund", text_of(id));
    const auto party = owed_party.run(text_of(id)).value<pg::uuid>();
    book_reversal(spi, order, given, "refund_failed", text_of(id),
                  {{"refunds", party, given.cash}});
    is_failed.run(id, processor_refund_id);
    return "failed";
}

} // namespace

core::money refundable(pg::spi spi, const pg::uuid& order) {
    return lock_order_money(spi, order).left();
}

pg::uuid refund_now(pg::spi spi, const pg::uuid& order_id, core::money amount,
                    const std::string& reason, const std::optional<pg::uuid>& decided_by,
                    const std::optional<pg::uuid>& line, const std::optional<pg::uuid>& through) {
    if (amount.minor <= 0)
        throw core::error{core::errors::invalid_parameter_value,
                          "refund must be greater than zero"};
    order_money order = lock_order_money(spi, order_id);
    require_sold(order);
    const core::division taken =
        share_of(spi, order, line ? std::optional(line_pieces{*line, {}}) : std::nullopt, amount);
    make_room(spi, order, amount);
    const pg::uuid id =
        approve_new(spi, order, taken, {reason, decided_by, line, std::nullopt, through});
    end_when_refunded(spi, order_id);
    return id;
}

pg::uuid approve_other_part(pg::spi spi, order_money& order, const pg::uuid& request,
                            const refund_part& part, const std::optional<pg::uuid>& decided_by) {
    const pg::rows of = reason_and_line.run(request);
    return approve_part(spi, order, part,
                        {of.value<std::string>(1).value_or(""), decided_by, of.value<pg::uuid>(2)},
                        request);
}

std::vector<pg::uuid> with_other_parts(pg::spi, const std::vector<pg::uuid>& requests) {
    return others_of_division.run(requests).values<pg::uuid>();
}

void refund_everything(pg::spi spi, const pg::uuid& order_id, const std::string& reason,
                       const std::optional<pg::uuid>& decided_by) {
    const order_money order = lock_order_money(spi, order_id);
    if (order.left().minor > 0)
        refund_now(spi, order_id, order.left(), reason, decided_by);
    else if (order.is_sold && !is_nothing(order.remaining) && was_paid(order.state))
        take_step_by_system(spi, order_id, core::order_state::refunded, reason);
}

line_refund refund_line(pg::spi spi, const pg::uuid& order_id, const line_pieces& part,
                        const std::optional<core::money>& wanted, const line_decision& decided) {
    lock_with_tied(spi, order_id);
    order_money order = lock_order_money(spi, order_id);
    if (!order.is_sold)
        return {};
    if (wanted)
        core::require_payable(*wanted, order.currency, "refund_amount");
    const pieces_of_line pieces = count_pieces(spi, order_id, part.line);
    const std::int64_t quantity = part.quantity.value_or(pieces.left());
    const core::settlement share = share_of_line(spi, order, part.line, part.quantity);
    const core::money given = wanted.value_or(share.paid());
    const core::division taken = share.paid().minor == 0
                                     ? gift_of_line(spi, order, part.line, part.quantity)
                                     : share_of(spi, order, part, given);
    if (decided.by_seller)
        require_covered(spi, order, taken);
    core::money kept;
    std::optional<pg::uuid> id;
    if (given.minor > 0) {
        kept = keep_of_refund(spi, order, given);
        make_room(spi, order, given - kept);
        const std::string reason = *remarked(spi, decided.reason, order_id, kept);
        id = approve_new(spi, order, share_of(spi, order, part, given - kept),
                         {reason, decided.by, part.line,
                          decided.counts_pieces ? std::optional(quantity) : std::nullopt});
    } else if (!is_nothing(taken))
        // the buyer had it for nothing, and the platform has paid the seller for it
        book_reversal(spi, order, taken, "refund",
                      pieces.gone == 0
                          ? "line:" + text_of(part.line)
                          : core::format("line:{}:{}", text_of(part.line), pieces.gone),
                      {});
    if (quantity >= pieces.left())
        reject_pending_of(spi, order_id, part.line);
    end_when_refunded(spi, order_id);
    return {given - kept, share.paid() - given, id};
}

pg::uuid give_refund(pg::spi spi, const pg::uuid& order_id, core::money amount,
                     const line_decision& decided) {
    order_money order = lock_order_money(spi, order_id);
    if (decided.by_seller)
        require_covered(spi, order, share_of(spi, order, std::nullopt, amount));
    const core::money kept = keep_of_refund(spi, order, amount);
    return refund_now(spi, order_id, amount - kept, *remarked(spi, decided.reason, order_id, kept),
                      decided.by);
}

bool is_wholly_refunded(const order_money& order) {
    return order.is_sold && (order.whole.paid() + order.whole.promotion).minor > 0 &&
           is_nothing(order.remaining);
}

void give_back_money(pg::spi spi, const pg::uuid& order_id, bool uses_are_given_back,
                     const std::string& remark) {
    // most orders end unpaid, and nobody has paid a part of them
    if (!was_booked(spi, order_id))
        return;
    order_money order = lock_order_money(spi, order_id);
    if (!order.is_sold)
        owe_parts_of(spi, order, "the order ended before it was paid");
    if (!order.is_sold || is_nothing(order.remaining))
        return;
    if (order.left().minor == 0) {
        // what nobody paid for was paid by the platform
        book_reversal(spi, order, order.remaining, "refund", text_of(order_id), {});
        return;
    }
    require_no_chargeback(spi, order_id);
    make_room(spi, order, order.left());
    const std::string reason = core::format("the order was {}{}{}", order_state_name(order.state),
                                            remark.empty() ? "" : "; ", remark);
    approve_new(spi, order, order.remaining, {reason, pg::actor(), std::nullopt},
                uses_are_given_back);
}

void return_surplus(pg::spi spi, const order_money& order, const pg::uuid& payment,
                    core::money amount, const std::string& reason,
                    std::optional<ledger_line> from) {
    const pg::uuid id = pg::time_ordered_uuid();
    const auto party = from ? from->party : order.buyer;
    if (!from)
        from = ledger_line{"processor_clearing", std::nullopt, core::money{} - amount};
    book(spi,
         {"surplus", text_of(id), order.id, order.currency, {*from, {"refunds", party, amount}}});
    add_decided.run(id, order.id, amount.minor, reason, order.buyer, std::string_view("approved"),
                    std::int64_t{0}, payment, std::optional<pg::uuid>(), std::optional<pg::uuid>(),
                    std::optional<std::int64_t>(), std::optional<pg::uuid>(),
                    std::optional<pg::uuid>());
}

pg::uuid divide_surplus(pg::spi spi, const pg::uuid& refund, core::money part) {
    order_money order;
    const refund_request r = locked_request(spi, refund, order);
    if (r.status != "approved" || !r.surplus)
        throw wrong_state(r, "divided");
    if (part.minor <= 0 || part >= r.cash())
        throw core::error{core::errors::refund_exceeds_payment, "refund exceeds the amount paid"};
    const auto party = owed_party.run(text_of(refund)).value<pg::uuid>();
    const pg::uuid id = pg::time_ordered_uuid();
    book(spi,
         {"surplus_divided",
          text_of(id),
          r.order,
          order.currency,
          {{"refunds", party, core::money{} - part}, {"processor_clearing", std::nullopt, part}}});
    book(spi,
         {"surplus",
          text_of(id),
          r.order,
          order.currency,
          {{"processor_clearing", std::nullopt, core::money{} - part}, {"refunds", party, part}}});
    reduce_request(spi, refund, part);
    add_part.run(id, refund, part.minor);
    return id;
}

namespace {

const pg::plan times_unsent{R"(
    SELECT COALESCE((metadata ->> 'unsent')::integer, 0)
    FROM {s}.refund_requests
    WHERE id = $1)"};

// An order that was paid another way has no row of its payment to count in.
void count_sent(const pg::uuid& order, const std::optional<pg::uuid>& surplus, core::money cash,
                const std::optional<pg::uuid>& payment) {
    const std::uint64_t parts = parts_of_payment.run(order, surplus, cash.minor, payment).count();
    pg::require_written(count_in_payment.run(order, surplus, cash.minor, payment), parts,
                        "payment_transactions");
}

// What is owed to the buyer has reached them: from the processor, or by their bank.
void send(pg::spi spi, const pg::uuid& id, const std::optional<std::string>& processor_refund_id,
          const std::optional<pg::uuid>& payment, std::string_view from) {
    order_money order;
    const refund_request r = locked_request(spi, id, order);
    if (r.status == "processed")
        return;
    if (r.status != "approved")
        throw wrong_state(r, "processed");
    const pg::rows owed = owed_party.run(text_of(id));
    // one that was only written down is owed to nobody
    if (!owed.empty())
        book(spi, {"refund_sent",
                   sent_reference(id, times_unsent.run(id).value<std::int32_t>().value_or(0)),
                   r.order,
                   order.currency,
                   {{"refunds", owed.value<pg::uuid>(), core::money{} - r.cash()},
                    {from, std::nullopt, r.cash()}}});
    is_sent.run(id, processor_refund_id, payment);
    count_sent(r.order, r.surplus, r.cash(), payment ? payment : r.through);
    if (!r.surplus)
        end_when_refunded(spi, r.order);
}

} // namespace

namespace {

const pg::plan reduce_due{R"(
    UPDATE {s}.orders
    SET due_on_delivery = due_on_delivery - (
        SELECT amount - credit_amount
        FROM {s}.refund_requests
        WHERE id = $2 AND status::text = 'approved'
    )
    WHERE id = $1)",
                          pg::writes{"orders"}};
const pg::plan end_payment{R"(
    UPDATE {s}.payment_transactions
    SET status = 'cancelled'
    WHERE order_id = $1
      AND processor = 'cash_on_delivery'
      AND status::text IN ('pending', 'processing', 'requires_action')
      AND EXISTS (SELECT FROM {s}.orders o WHERE o.id = $1 AND o.due_on_delivery = 0))"};

} // namespace

void take_off_what_is_due(pg::spi spi, const pg::uuid& order, const pg::uuid& refund) {
    order_money of;
    if (!lock_order_money(spi, order).waits_for_cash() ||
        locked_request(spi, refund, of).status != "approved")
        return;
    reduce_due.run(order, refund);
    end_payment.run(order);
    send(spi, refund, std::nullopt, std::nullopt, "cash_on_delivery");
}

std::string sent_reference(const pg::uuid& refund, std::int32_t times_unsent) {
    return times_unsent == 0 ? text_of(refund)
                             : core::format("{}:{}", text_of(refund), times_unsent);
}

void process_refund(pg::spi spi, const pg::uuid& id,
                    const std::optional<std::string>& processor_refund_id,
                    const std::optional<pg::uuid>& payment, refund_evidence evidence) {
    send(spi, id, processor_refund_id, payment, "processor_clearing");
    note_evidence(spi, id, evidence, processor_refund_id);
}

pg::uuid refund_lost_money(pg::spi spi, const pg::uuid& order_id, core::money amount,
                           const std::string& reason, const pg::uuid& payment) {
    const order_money order = lock_order_money(spi, order_id);
    make_room(spi, order, amount);
    const pg::uuid id = pg::time_ordered_uuid();
    book(spi, {"refund_excess",
               text_of(id),
               order_id,
               order.currency,
               {{"processor_clearing", std::nullopt, amount},
                {"disputes", std::nullopt, core::money{} - amount}}});
    add_decided.run(id, order_id, amount.minor, reason, order.buyer, std::string_view("processed"),
                    std::int64_t{0}, std::optional<pg::uuid>(), std::optional<pg::uuid>(),
                    std::optional<pg::uuid>(), std::optional<std::int64_t>(),
                    std::optional<pg::uuid>(), std::optional<pg::uuid>());
    count_sent(order_id, std::nullopt, amount, payment);
    return id;
}

void reject_what_is_too_much(pg::spi spi, const order_money& order) {
    make_room(spi, order, {});
}

bool is_taken_by_bank(pg::spi, const pg::uuid& order) {
    return !taken_by_bank.run(order).empty();
}

void end_when_refunded(pg::spi spi, const pg::uuid& order_id) {
    const order_money order = lock_order_money(spi, order_id);
    if (is_wholly_refunded(order) && was_paid(order.state) && owes_refunds.run(order_id).empty())
        take_step_by_system(spi, order_id, core::order_state::refunded, "order was fully refunded");
}

// settle_refund(refund_id uuid, outcome text, processor_refund_id text) -> text
DRIPLO_FUNCTION(driplo_settle_refund) {
    const auto refund = pg::required<pg::uuid>(fcinfo, 0, "refund_id");
    const auto outcome = pg::required<std::string>(fcinfo, 1, "outcome");
    const auto processor_id = pg::argument<std::string>(fcinfo, 2);
    require_service("settle a refund");
    if (outcome != "processed" && outcome != "failed" && outcome != "charged_back")
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("unrecognized outcome: \"{}\"", core::excerpt(outcome)),
                          "Valid outcomes are processed, failed, and charged_back."};
    pg::session spi;
    if (outcome == "processed") {
        if (processor_id)
            claim_refund(spi, refund, *processor_id);
        process_refund(spi, refund, processor_id);
    } else {
        const std::vector<std::string> sums = lock_told_sums(spi, refund);
        if (outcome == "failed")
            fail(spi, refund, processor_id);
        else
            send(spi, refund, processor_id, std::nullopt, "disputes");
        explain_sums(spi, sums);
    }
    return pg::argument<Datum>(fcinfo, 1).value_or(Datum{0});
}

} // namespace driplo
