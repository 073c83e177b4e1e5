#include "api/chargebacks.hpp"

#include "api/disputes.hpp"
#include "api/refunds.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan find_dispute{"SELECT id FROM {s}.disputes WHERE order_id = $1 "
                            "AND metadata ->> 'stripe_dispute_id' = $2"};

// The order that a journal is about, when the payment pays for one only.
std::optional<pg::uuid> only_order(const payment& p) {
    return p.rows.size() == 1 ? std::optional(p.rows.front().order) : std::nullopt;
}

void take_money(const payment& p, const chargeback& c) {
    if (!is_booked("chargeback", c.id))
        book({"chargeback",
              c.id,
              only_order(p),
              p.currency,
              {{"processor_clearing", std::nullopt, c.amount},
               {"disputes", std::nullopt, core::money{} - c.amount}}});
}

const pg::plan lost_before{
    "SELECT ((COALESCE((SELECT sum(e.amount) FROM {s}.ledger_entries e "
    "WHERE e.account::text = 'disputes' AND e.journal_id IN (SELECT "
    "pg_catalog.md5('chargeback_lost:' || $1 || ':' || id)::uuid FROM unnest($2) AS o (id))), 0) "
    "+ COALESCE((SELECT sum(r.amount - r.credit_amount) FROM {s}.refund_requests r "
    "WHERE r.order_id = ANY ($2) AND r.stripe_refund_id = $1), 0)) * 100)::bigint"};

core::money lost_so_far(const payment& p, const chargeback& c) {
    std::vector<pg::uuid> orders;
    for (const payment_row& row : p.rows)
        orders.push_back(row.order);
    return {*lost_before.run(c.id, orders).value<std::int64_t>()};
}

void lose(const payment& p, const chargeback& c) {
    core::money left = c.amount - lost_so_far(p, c);
    for (const payment_row& row : p.rows) {
        const std::string reference = c.id + ":" + text_of(row.order);
        if (row.is_surplus || is_booked("chargeback_lost", reference))
            continue;
        order_money order = lock_order_money(row.order);
        const core::money taken = std::min(left, order.cash_left());
        if (taken.minor == 0)
            continue;
        left = left - taken;
        book_reversal(order,
                      divide(order.whole, order.refunded + taken) -
                          divide(order.whole, order.refunded),
                      "chargeback_lost", reference, {{"disputes", std::nullopt, taken}});
    }
    // What was to go back anyhow has gone back by the bank, and is not sent a second time.
    for (const payment_row& row : p.rows)
        left =
            left - settle_by_bank(row.order, row.is_surplus ? std::optional(row.id) : std::nullopt,
                                  left, c.id);
}

} // namespace

void open_chargeback(const payment& p, const chargeback& c) {
    if (c.takes_money)
        take_money(p, c);
    for (const payment_row& row : p.rows) {
        if (row.is_surplus || !find_dispute.run(row.order, c.id).empty())
            continue;
        order_money order = lock_order_money(row.order);
        hold_takings(order);
        open_chargeback(row.order, c.id, c.reason);
    }
}

void close_chargeback(const payment& p, const chargeback& c, chargeback_end end) {
    open_chargeback(p, c);
    const bool is_given_back = is_booked("chargeback_won", c.id);
    if (end == chargeback_end::won && is_booked("chargeback", c.id) && !is_given_back)
        book({"chargeback_won",
              c.id,
              only_order(p),
              p.currency,
              {{"processor_clearing", std::nullopt, core::money{} - c.amount},
               {"disputes", std::nullopt, c.amount}}});
    for (const payment_row& row : p.rows)
        if (const auto dispute = find_dispute.run(row.order, c.id).value<pg::uuid>())
            close_chargeback(*dispute, end == chargeback_end::won, c.reason);
    if (end == chargeback_end::lost && !is_given_back)
        lose(p, c);
    for (const payment_row& row : p.rows)
        if (!row.is_surplus)
            end_when_refunded(row.order);
}

} // namespace driplo
