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

std::string lost_of(const payment_row& row, const chargeback& c) {
    return c.id + ":" + text_of(row.order);
}

// From the last order to the first, while refunds at the processor begin with the first: which of
// the two came first then makes no difference to any order.
void lose(const payment& p, const chargeback& c) {
    if (std::any_of(p.rows.begin(), p.rows.end(), [&](const payment_row& row) {
            return is_booked("chargeback_lost", lost_of(row, c));
        }))
        return;
    core::money left = c.amount;
    for (auto row = p.rows.rbegin(); row != p.rows.rend(); ++row) {
        if (row->is_surplus)
            continue;
        order_money order = lock_order_money(row->order);
        const core::money taken = std::min(left, order.cash_left());
        if (taken.minor == 0)
            continue;
        left = left - taken;
        book_reversal(order, divide(order.remaining, taken), "chargeback_lost", lost_of(*row, c),
                      {{"disputes", std::nullopt, taken}});
        reject_what_is_too_much(order);
    }
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
