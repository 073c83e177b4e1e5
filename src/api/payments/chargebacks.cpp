#include "api/payments/chargebacks.hpp"

#include "api/deletion/people.hpp"
#include "api/payments/part_payments.hpp"
#include "api/payments/refunds.hpp"
#include "api/payments/shares.hpp"
#include "api/trust/disputes.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan find_dispute{R"(
    SELECT id
    FROM {s}.disputes
    WHERE order_id = $1 AND metadata ->> 'stripe_dispute_id' = $2)"};

// The order that a journal is about, when the payment pays for one only.
std::optional<pg::uuid> only_order(const payment& p) {
    return p.rows.size() == 1 ? std::optional(p.rows.front().order) : std::nullopt;
}

void take_money(pg::spi spi, const payment& p, const chargeback& c) {
    if (!is_booked(spi, "chargeback", c.id))
        book(spi, {"chargeback",
                   c.id,
                   only_order(p),
                   p.currency,
                   {{"processor_clearing", std::nullopt, c.amount},
                    {"disputes", std::nullopt, core::money{} - c.amount}}});
}

std::string lost_of(const pg::uuid& order, const chargeback& c) {
    return c.id + ":" + text_of(order);
}

std::vector<pg::uuid> disputed_orders(const payment& p, const chargeback& c) {
    std::vector<pg::uuid> orders;
    for (const payment_row& row : p.rows)
        if (!row.is_surplus && !find_dispute.run(row.order, c.id).empty())
            orders.push_back(row.order);
    return orders;
}

void lose(pg::spi spi, const payment& p, const chargeback& c, const std::vector<pg::uuid>& orders) {
    if (std::any_of(orders.begin(), orders.end(), [&](const pg::uuid& order) {
            return is_booked(spi, "chargeback_lost", lost_of(order, c));
        }))
        return;
    for (const order_share& share : share_chargeback(spi, p, c.amount, orders)) {
        if (share.owed.minor == 0)
            continue;
        order_money order = lock_order_money(spi, share.order);
        book_reversal(spi, order, divide(order.remaining, share.owed), "chargeback_lost",
                      lost_of(share.order, c), {{"disputes", std::nullopt, share.owed}});
        reject_what_is_too_much(spi, order);
    }
}

// The bank has decided otherwise since: whoever the money was taken from has it again.
void regain(pg::spi spi, const pg::uuid& id, const chargeback& c) {
    const std::string lost = lost_of(id, c);
    if (!is_booked(spi, "chargeback_lost", lost) || is_booked(spi, "chargeback_regained", lost))
        return;
    order_money order = lock_order_money(spi, id);
    const core::division taken = booked_division(spi, "chargeback_lost", lost);
    book_reversal(spi, order, core::division{} - taken, "chargeback_regained", lost,
                  {{"disputes", std::nullopt, core::money{} - taken.cash}});
    resume_order(spi, id, "chargeback was won");
}

std::string_view resolution_of(pg::spi spi, const pg::uuid& order, const chargeback& c,
                               chargeback_end end) {
    if (end == chargeback_end::won)
        return "no_action";
    if (lock_order_money(spi, order).cash_left().minor == 0)
        return "full_refund";
    return is_booked(spi, "chargeback_lost", lost_of(order, c)) ? "partial_refund" : "no_action";
}

} // namespace

void open_chargeback(pg::spi spi, const payment& disputed, const chargeback& c) {
    payment p = disputed;
    if (c.takes_money) {
        take_money(spi, p, c);
        owe_parts_of(spi, p, "the buyer's bank disputes the part");
    }
    if (!disputed_orders(p, c).empty())
        return;
    for (const order_share& share : share_chargeback(spi, p, c.amount, c.orders)) {
        order_money order = lock_order_money(spi, share.order);
        hold_takings(spi, order);
        open_chargeback(spi, share.order, c.id, c.reason, share.row);
    }
}

void close_chargeback(pg::spi spi, const payment& p, const chargeback& c, chargeback_end end) {
    open_chargeback(spi, p, c);
    const std::vector<pg::uuid> orders = disputed_orders(p, c);
    const bool is_given_back = is_booked(spi, "chargeback_won", c.id);
    if (end == chargeback_end::won && is_booked(spi, "chargeback", c.id) && !is_given_back) {
        for (const pg::uuid& order : orders)
            regain(spi, order, c);
        book(spi, {"chargeback_won",
                   c.id,
                   only_order(p),
                   p.currency,
                   {{"processor_clearing", std::nullopt, core::money{} - c.amount},
                    {"disputes", std::nullopt, c.amount}}});
    }
    // what came back is not lost by older news
    if (is_given_back)
        end = chargeback_end::won;
    if (end == chargeback_end::lost)
        lose(spi, p, c, orders);
    for (const pg::uuid& order : orders) {
        if (const auto dispute = find_dispute.run(order, c.id).value<pg::uuid>())
            close_chargeback(spi, *dispute, resolution_of(spi, order, c, end), c.reason);
        end_when_refunded(spi, order);
    }
    end_orders_without_seller(spi, orders);
}

} // namespace driplo
