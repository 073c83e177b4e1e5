// Refunds that Stripe tells of.
#include "api/refunds.hpp"
#include "api/stripe.hpp"

#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan approved_refunds{
    "SELECT r.id, ((r.amount - r.credit_amount) * 100)::bigint, told.refund "
    "FROM {s}.refund_requests r LEFT JOIN (SELECT DISTINCT ON (1) "
    "each #>> '{{metadata,refund_request_id}}' AS request, each ->> 'id' AS refund "
    "FROM pg_catalog.jsonb_array_elements(CASE pg_catalog.jsonb_typeof($1 #> "
    "'{{data,object,refunds,data}}') WHEN 'array' THEN $1 #> '{{data,object,refunds,data}}' "
    "ELSE '[]' END) AS each) told ON told.request = r.id::text "
    "WHERE r.status::text = 'approved' AND CASE WHEN r.payment_transaction_id IS NULL "
    "THEN r.order_id = ANY ($2) ELSE r.payment_transaction_id = ANY ($3) END "
    "ORDER BY told.refund IS NULL, r.requested_at, r.id"};
const pg::plan refunded_before{
    "SELECT COALESCE(max((metadata ->> 'refunded_so_far')::bigint), 0) "
    "FROM {s}.payment_transactions WHERE processor = 'stripe' AND processor_transaction_id = $1"};
// Counted as refunded, and not by the processor.
const pg::plan settled_by_bank{
    "SELECT COALESCE((sum(e.amount) * 100)::bigint, 0) FROM {s}.refund_requests r "
    "JOIN {s}.payment_transactions p ON p.order_id = r.order_id AND CASE WHEN p.is_surplus "
    "THEN p.id = r.payment_transaction_id ELSE r.payment_transaction_id IS NULL END "
    "JOIN {s}.ledger_entries e ON e.journal_id = pg_catalog.md5('refund_sent:' || r.id)::uuid "
    "AND e.account::text = 'disputes' "
    "WHERE p.processor = 'stripe' AND p.processor_transaction_id = $1"};
const pg::plan remember_refunded{
    "UPDATE {s}.payment_transactions SET metadata = COALESCE(metadata, '{{}}') || "
    "pg_catalog.jsonb_build_object('refunded_so_far', $2) WHERE processor = 'stripe' "
    "AND processor_transaction_id = $1"};

const pg::plan owed_of_order{
    "SELECT COALESCE((sum(amount - credit_amount) * 100)::bigint, 0) FROM {s}.refund_requests "
    "WHERE order_id = $1 AND status::text = 'approved' AND payment_transaction_id IS NULL"};

struct approved_refund {
    pg::uuid id;
    core::money cash;
    std::optional<std::string> named; // the processor's refund
};

std::vector<approved_refund> approved_of(const payment& p, const stripe_event& e) {
    std::vector<pg::uuid> orders, surplus;
    for (const payment_row& row : p.rows)
        (row.is_surplus ? surplus : orders).push_back(row.is_surplus ? row.id : row.order);
    const pg::rows found = approved_refunds.run(e.json, orders, surplus);
    std::vector<approved_refund> all;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        all.push_back({*found.value<pg::uuid>(1, i),
                       {*found.value<std::int64_t>(2, i)},
                       found.value<std::string>(3, i)});
    return all;
}

// What was approved here, as whole requests: the ones that the event names, then those that
// together come closest to the sum. The oldest alone would not do: when another one was sent first,
// a part of that would be taken for a refund that nobody asked for.
core::money send_approved(const payment& p, const stripe_event& e, core::money left) {
    std::vector<approved_refund> unnamed;
    const auto only_row = p.rows.size() == 1 ? std::optional(p.rows.front().id) : std::nullopt;
    const auto send = [&](const approved_refund& refund) {
        process_refund(refund.id, refund.named, only_row);
        left = left - refund.cash;
    };
    for (const approved_refund& refund : approved_of(p, e)) {
        if (!refund.named)
            unnamed.push_back(refund);
        else if (refund.cash <= left)
            send(refund);
    }
    std::vector<core::money> sums;
    for (const approved_refund& refund : unnamed)
        sums.push_back(refund.cash);
    for (const std::size_t i : core::closest_below(left, sums))
        send(unnamed[i]);
    return left;
}

// What somebody refunded at the processor without asking here.
core::money send_unasked(const payment& p, core::money left) {
    for (const payment_row& row : p.rows) {
        if (row.is_surplus || left.minor == 0)
            continue;
        const core::money sent = std::min(left, lock_order_money(row.order).cash_left());
        if (sent.minor == 0)
            continue;
        process_refund(refund_now(row.order, sent, "refunded at the processor", std::nullopt),
                       std::nullopt, row.id);
        left = left - sent;
    }
    return left;
}

// A chargeback has taken it from everybody before.
core::money send_lost(const std::string& processor_id, core::money left) {
    for (const payment_row& row : lock_payment(std::string(stripe), processor_id).rows) {
        if (row.is_surplus || left.minor == 0)
            continue;
        const core::money owed{*owed_of_order.run(row.order).value<std::int64_t>()};
        const core::money sent = std::min(left, row.amount - row.refunded - owed);
        if (sent.minor <= 0)
            continue;
        refund_lost_money(row.order, sent, "refunded at the processor", row.id);
        left = left - sent;
    }
    return left;
}

// Money that was held on a card and never collected: Stripe tells its release as a refund.
bool had_come_in(const stripe_event& e) {
    return e.captured != "false";
}

} // namespace

bool on_charge_refunded(const stripe_event& e) {
    if (!had_come_in(e))
        return false;
    payment p = payment_of_charge(e.payment_intent, e.id);
    if (p.rows.empty())
        return false;
    const core::money so_far = money_of(e.amount_refunded, e, "amount_refunded");
    // Of what was collected: the rest of what was held is told as refunded, too.
    require_same(money_of(e.amount_captured ? e.amount_captured : e.amount, e, "amount"),
                 p.amount(), p.currency, e);
    if (so_far > p.amount())
        throw unreadable("amount_refunded");
    remember_charge(p, e.id);
    money_came_in(p, e);
    const core::money by_bank{*settled_by_bank.run(p.processor_id).value<std::int64_t>()};
    const core::money before =
        std::max(p.refunded() - by_bank,
                 core::money{*refunded_before.run(p.processor_id).value<std::int64_t>()});
    if (so_far <= before)
        return true; // news that is older than what is known
    const core::money left =
        send_lost(p.processor_id, send_unasked(p, send_approved(p, e, so_far - before)));
    // A part of a surplus or of what was approved: it counts when all of that was sent.
    remember_refunded.run(p.processor_id, (so_far - left).minor);
    return true;
}

} // namespace driplo
