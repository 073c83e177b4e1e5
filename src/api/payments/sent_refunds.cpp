#include "api/payments/sent_refunds.hpp"

#include "api/call/arguments.hpp"
#include "api/orders/effects.hpp"
#include "api/payments/ledger.hpp"
#include "api/payments/refunds.hpp"
#include "core/format.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <array>

namespace driplo {

namespace {

const pg::plan find_order_of{"SELECT order_id FROM {s}.refund_requests WHERE id = $1"};
const pg::plan lock_request{R"(
    SELECT
        ((amount - credit_amount) * 100)::bigint,
        status::text,
        payment_transaction_id,
        COALESCE((metadata ->> 'unsent')::integer, 0),
        through_payment_id
    FROM {s}.refund_requests
    WHERE id = $1
    FOR NO KEY UPDATE)"};
// Who was owed the money, also after the account was deleted. What a bank has settled is not the
// processor's.
const pg::plan sent_to{R"(
    SELECT (
        SELECT party_id
        FROM {s}.ledger_entries
        WHERE journal_id = pg_catalog.md5('refund_sent:' || $1)::uuid
          AND account::text = 'refunds'
    )
    FROM {s}.ledger_entries
    WHERE journal_id = pg_catalog.md5('refund_sent:' || $1)::uuid
      AND account::text = 'processor_clearing')"};
const pg::plan owed_to{R"(
    SELECT party_id
    FROM {s}.ledger_entries
    WHERE journal_id = pg_catalog.md5('refund:' || $1)::uuid
      AND account::text = 'refunds')"};
const pg::plan is_unsent{R"(
    UPDATE {s}.refund_requests
    SET
        status = $2,
        processed_at = CASE WHEN $2 = 'failed' THEN now() END,
        stripe_refund_id = NULL,
        metadata = (COALESCE(metadata, '{}') - 'evidence') || pg_catalog.jsonb_build_object('unsent', $3)
            || CASE
            WHEN $4 IS NULL THEN '{}'
            ELSE pg_catalog.jsonb_build_object(
                'failed_refunds',
                COALESCE(
                    metadata -> 'failed_refunds', '{}'
                ) || pg_catalog.jsonb_build_object($4, $5)
            )
        END
    WHERE id = $1)",
                         pg::writes{"refund_requests"}};
const pg::plan is_withdrawn{R"(
    UPDATE {s}.refund_requests
    SET status = 'failed', processed_at = now(), decision_note = $2
    WHERE id = $1)",
                            pg::writes{"refund_requests"}};
// The reverse of counting a refund in its order's payments.
constexpr pg::part in_turn{"in_turn", "r.processor = 'stripe' DESC, r.created_at DESC, r.id"};
constexpr pg::part room{"room", "t.refunded_amount"};
constexpr pg::part has_room{"has_room", "t.refunded_amount > 0"};
const pg::plan parts_of_payment{"SELECT FROM {payment_parts} WHERE part.amount > 0",
                                {payment_parts, in_turn, room, has_room}};
const pg::plan uncount_in_payment{R"(
    UPDATE {s}.payment_transactions p
    SET
        refunded_amount = p.refunded_amount - part.amount,
        status = CASE
            WHEN p.refunded_amount - part.amount > 0 THEN 'partially_refunded'
            ELSE 'succeeded'
        END::{s}.payment_status
    FROM {payment_parts}
    WHERE p.id = part.id AND part.amount > 0)",
                                  {payment_parts, in_turn, room, has_room}};
const pg::plan set_evidence{R"(
    UPDATE {s}.refund_requests
    SET
        stripe_refund_id = COALESCE($2, stripe_refund_id),
        metadata = CASE
            WHEN $3 IS NULL THEN COALESCE(metadata, '{}') - 'evidence'
            ELSE COALESCE(metadata, '{}') || pg_catalog.jsonb_build_object('evidence', $3)
        END
    WHERE id = $1)",
                            pg::writes{"refund_requests"}};
const pg::plan set_name{R"(
    UPDATE {s}.refund_requests
    SET
        stripe_refund_id = $2,
        metadata = pg_catalog.jsonb_build_object('evidence', 'sum') || COALESCE(metadata, '{}')
    WHERE id = $1)",
                        pg::writes{"refund_requests"}};
// Of the payments that pay for the request's order.
const pg::plan others_settled_by{R"(
    SELECT DISTINCT other.id, other.order_id, other.metadata ->> 'evidence'
    FROM {s}.refund_requests r
    JOIN {s}.payment_transactions p ON p.order_id = r.order_id
    JOIN {s}.payment_transactions same ON same.processor_transaction_id = p.processor_transaction_id
        AND same.processor = p.processor
    JOIN {s}.refund_requests other ON other.order_id = same.order_id AND other.id <> r.id
    WHERE r.id = $1
      AND other.stripe_refund_id = $2
      AND other.status::text = 'processed'
    ORDER BY other.id)"};
const pg::plan lock_orders_of{R"(
    SELECT FROM {s}.orders
    WHERE id IN (SELECT order_id FROM {s}.refund_requests WHERE id = ANY ($1))
    ORDER BY id
    FOR NO KEY UPDATE)"};
const pg::plan state_before{R"(
    SELECT from_status::text
    FROM {s}.order_status_history
    WHERE order_id = $1 AND to_status::text = 'refunded'
    ORDER BY created_at DESC, id DESC
    LIMIT 1)"};

struct sent_refund {
    pg::uuid id;
    order_money order;
    core::money cash;
    std::string status;
    std::optional<pg::uuid> surplus;
    std::int32_t unsent;
    std::optional<pg::uuid> through;
};

sent_refund locked(pg::spi spi, const pg::uuid& id) {
    const auto order = find_order_of.run(id).value<pg::uuid>();
    if (!order)
        throw does_not_exist("refund request", id);
    sent_refund r{id, lock_order_money(spi, *order), {}, {}, {}, 0, {}};
    const pg::rows found = lock_request.run(id);
    r.cash = {*found.value<std::int64_t>(1)};
    r.status = *found.value<std::string>(2);
    r.surplus = found.value<pg::uuid>(3);
    r.unsent = *found.value<std::int32_t>(4);
    r.through = found.value<pg::uuid>(5);
    return r;
}

void book_unsent(pg::spi spi, const sent_refund& r) {
    const std::string attempt = core::format("{}:{}", text_of(r.id), r.unsent + 1);
    const core::money back = core::money{} - r.cash;
    if (is_booked(spi, "refund_excess", text_of(r.id))) {
        book(spi,
             {"refund_unsent",
              attempt,
              r.order.id,
              r.order.currency,
              {{"processor_clearing", std::nullopt, back}, {"disputes", std::nullopt, r.cash}}});
        return;
    }
    const pg::rows sent = sent_to.run(sent_reference(r.id, r.unsent));
    if (!sent.empty())
        book(spi, {"refund_unsent",
                   attempt,
                   r.order.id,
                   r.order.currency,
                   {{"processor_clearing", std::nullopt, back},
                    {"refunds", sent.value<pg::uuid>(), r.cash}}});
}

} // namespace

void unsend_refund(pg::spi spi, const pg::uuid& id, const std::optional<std::string>& failed,
                   const std::optional<pg::uuid>& payment) {
    const sent_refund r = locked(spi, id);
    if (r.status != "processed")
        return;
    book_unsent(spi, r);
    const bool is_owed = !is_booked(spi, "refund_excess", text_of(id));
    is_unsent.run(id, std::string_view(is_owed ? "approved" : "failed"), r.unsent + 1, failed,
                  r.cash.minor);
    const auto row = payment ? payment : r.surplus ? r.surplus : r.through;
    const std::uint64_t parts = parts_of_payment.run(r.order.id, row, r.cash.minor).count();
    pg::require_written(uncount_in_payment.run(r.order.id, row, r.cash.minor), parts,
                        "payment_transactions");
}

void withdraw_refund(pg::spi spi, const pg::uuid& id, const std::string& note,
                     const std::optional<pg::uuid>& payment) {
    unsend_refund(spi, id, std::nullopt, payment);
    sent_refund r = locked(spi, id);
    if (r.status == "approved") {
        const auto party = owed_to.run(text_of(id)).value<pg::uuid>();
        book_reversal(spi, r.order, core::division{} - booked_division(spi, "refund", text_of(id)),
                      "refund_failed", text_of(id), {{"refunds", party, core::money{} - r.cash}});
    } else if (r.status != "failed")
        throw core::error{core::errors::illegal_money_state,
                          core::format("cannot revoke a refund that is {}", r.status)};
    is_withdrawn.run(id, note);
    resume_order(spi, r.order.id, note);
}

std::optional<core::order_state> state_to_resume(pg::spi, const pg::uuid& order) {
    const auto before =
        core::find_order_state(state_before.run(order).value<std::string>().value_or(""));
    return before && core::was_sent(*before) ? before : std::nullopt;
}

void resume_order(pg::spi spi, const pg::uuid& id, const std::string& reason) {
    const order_money order = lock_order_money(spi, id);
    const bool is_cancelled = order.state == core::order_state::cancelled;
    if ((order.state != core::order_state::refunded && !is_cancelled) || order.left().minor == 0)
        return;
    const auto before = is_cancelled ? std::nullopt : state_to_resume(spi, id);
    if (before)
        take_step_back_by_system(spi, id, *before, reason);
    else
        give_back_money(spi, id, false);
}

void claim_refund(pg::spi spi, const pg::uuid& refund, const std::string& processor_refund_id) {
    std::vector<pg::uuid> all{refund};
    const pg::rows found = others_settled_by.run(refund, processor_refund_id);
    for (std::uint64_t i = 0; i < found.count(); ++i)
        all.push_back(*found.value<pg::uuid>(1, i));
    if (all.size() == 1)
        return;
    lock_orders_of.run(all);
    const pg::rows others = others_settled_by.run(refund, processor_refund_id);
    for (std::uint64_t i = 0; i < others.count(); ++i) {
        const auto other = *others.value<pg::uuid>(1, i);
        const auto evidence = others.value<std::string>(3, i);
        if (!evidence)
            throw core::error{core::errors::illegal_money_state,
                              "processor refund has already settled another refund request",
                              {},
                              "Each refund at the payment processor settles one refund request."};
        if (evidence == "sum")
            unsend_refund(spi, other, std::nullopt);
        else
            withdraw_refund(spi, other, "a different refund at the processor was meant");
    }
}

void name_refund(pg::spi, const pg::uuid& refund, const std::string& processor_refund_id) {
    set_name.run(refund, processor_refund_id);
}

core::money send_surplus(pg::spi spi, std::vector<open_surplus> open, core::money amount,
                         const std::string& processor_refund_id) {
    std::stable_sort(open.begin(), open.end(),
                     [](const open_surplus& a, const open_surplus& b) { return a.cash < b.cash; });
    while (amount.minor > 0 && !open.empty()) {
        auto next = std::find_if(open.begin(), open.end(),
                                 [&](const open_surplus& each) { return each.cash >= amount; });
        if (next == open.end())
            --next;
        const core::money part = std::min(next->cash, amount);
        process_refund(spi,
                       part < next->cash ? divide_surplus(spi, next->request, part) : next->request,
                       processor_refund_id);
        amount = amount - part;
        open.erase(next);
    }
    return amount;
}

void note_evidence(pg::spi, const pg::uuid& refund, refund_evidence evidence,
                   const std::optional<std::string>& processor_refund_id) {
    constexpr std::array<const char*, 4> names{nullptr, "sum", "unasked", "shared"};
    const char* name = names[static_cast<std::size_t>(evidence)];
    set_evidence.run(refund, processor_refund_id,
                     name ? std::optional<std::string>(name) : std::nullopt);
}

} // namespace driplo
