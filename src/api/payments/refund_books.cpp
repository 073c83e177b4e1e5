#include "api/payments/refund_books.hpp"

#include "api/call/arguments.hpp"
#include "api/orders/parts.hpp"
#include "api/orders/promises.hpp"
#include "core/format.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan find_order_of{"SELECT order_id FROM {s}.refund_requests WHERE id = $1"};
const pg::plan lock_request{R"(
    SELECT
        (amount * 100)::bigint,
        (credit_amount * 100)::bigint,
        status::text,
        payment_transaction_id,
        through_payment_id,
        order_item_id,
        quantity::bigint
    FROM {s}.refund_requests
    WHERE id = $1
    FOR NO KEY UPDATE)"};
const pg::plan reduce{"UPDATE {s}.refund_requests SET amount = amount - $2 * 0.01 WHERE id = $1",
                      pg::writes{"refund_requests"}};
const pg::plan pending_requests{R"(
    SELECT COALESCE((sum(amount) * 100)::bigint, 0)
    FROM {s}.refund_requests
    WHERE order_id = $1
      AND status::text = 'pending'
      AND payment_transaction_id IS NULL)"};
constexpr pg::part rejection{"rejection", R"(
    UPDATE {s}.refund_requests
    SET
        status = 'rejected',
        processed_at = now(),
        decision_note = 'another refund left too little for this request'
    WHERE order_id = $1
      AND status::text = 'pending'
      AND payment_transaction_id IS NULL)"};
const pg::plan reject_pending{"{rejection}", {rejection}};
const pg::plan reject_pending_of_line{"{rejection} AND order_item_id = $2", {rejection}};

// Credit comes back as what it was: a credit for each that the order was paid with and that has not
// come back, the one that lasts longest first, until when that one lasts. What had expired
// meanwhile has some time more, but once: else two people would make it last for ever. Credit of
// which nobody knows where it came from does not expire.
constexpr pg::part credits_to_give{"credits_to_give", R"(
    WITH uses AS (
        SELECT
            c.id,
            c.expires_at,
            c.is_extended,
            sum(u.amount) - COALESCE(
                (
                    SELECT sum(b.amount)
                    FROM {s}.store_credits b
                    JOIN {s}.refund_requests q ON q.id = b.refund_request_id
                    WHERE b.returned_from = c.id AND q.order_id = $1
                ),
                0
            ) AS kept
        FROM {s}.store_credit_usage u
        JOIN {s}.store_credits c ON c.id = u.store_credit_id
        WHERE u.order_id = $1 AND u.returned_at IS NULL
        GROUP BY c.id
    ),
    shares AS (
        SELECT
            id,
            expires_at,
            is_extended,
            LEAST(
                kept,
                $2 * 0.01 - (sum(kept) OVER (ORDER BY expires_at DESC NULLS FIRST, id) - kept)
            ) AS amount
        FROM uses
        WHERE kept > 0
    ),
    given AS (
        SELECT id, expires_at, is_extended, amount
        FROM shares
        WHERE amount > 0
        UNION ALL
        SELECT NULL, NULL, false, $2 * 0.01 - COALESCE(sum(amount) FILTER (WHERE amount > 0), 0)
        FROM shares
        HAVING $3
    ))"};
const pg::plan count_credits{R"(
    {credits_to_give}
    SELECT pg_catalog.count(*)
    FROM given
    WHERE amount > 0)",
                             {credits_to_give}};
const pg::plan give_credits{R"(
    {credits_to_give}
    INSERT INTO {s}.store_credits (
        user_id, amount, currency, reason, refund_request_id, returned_from, expires_at,
        is_extended, gift_card_id
    )
    SELECT
        $4,
        amount,
        $5,
        $6,
        $7,
        id,
        CASE
            WHEN expires_at <= now() AND NOT is_extended
                THEN now() + pg_catalog.make_interval(mins => $8)
            ELSE expires_at
        END,
        is_extended OR COALESCE(expires_at <= now(), false),
        (SELECT c.gift_card_id FROM {s}.store_credits c WHERE c.id = given.id)
    FROM given
    WHERE amount > 0)",
                            {credits_to_give}};
const pg::plan available_to{R"(
    SELECT COALESCE((sum(amount) * 100)::bigint, 0)
    FROM {s}.ledger_entries
    WHERE party_id = $1
      AND account = 'seller_available'
      AND currency = $2)"};

} // namespace

core::error wrong_state(const refund_request& r, const char* what) {
    return core::error{core::errors::illegal_money_state,
                       core::format("refund with status \"{}\" cannot be {}", r.status, what)};
}

refund_request locked_request(pg::spi spi, const pg::uuid& id, order_money& order) {
    const auto order_id = find_order_of.run(id).value<pg::uuid>();
    if (!order_id)
        throw does_not_exist("refund request", id);
    lock_with_tied(spi, *order_id);
    order = lock_order_money(spi, *order_id);
    const pg::rows found = lock_request.run(id);
    if (found.empty())
        throw does_not_exist("refund request", id);
    return {id,
            *order_id,
            {*found.value<std::int64_t>(1)},
            {*found.value<std::int64_t>(2)},
            found.value<std::string>(3).value_or(""),
            found.value<pg::uuid>(4),
            found.value<pg::uuid>(5),
            found.value<pg::uuid>(6),
            found.value<std::int64_t>(7)};
}

void reduce_request(pg::spi, const pg::uuid& id, core::money by) {
    reduce.run(id, by.minor);
}

void require_sold(const order_money& order) {
    if (!order.is_sold || order.whole.paid().minor == 0)
        throw core::error{core::errors::illegal_money_state,
                          "nothing was paid for this order",
                          {},
                          "Use cancel_order() for an order that has not been paid yet."};
}

core::error exceeds(const order_money& order, core::money left) {
    return core::error{
        core::errors::refund_exceeds_payment, "refund exceeds the amount paid",
        core::format("{} of the {} paid can still be refunded.", money_text(left, order.currency),
                     money_text(order.whole.paid(), order.currency)),
        "Pending refund requests reduce the refundable amount until they are decided."};
}

core::division share_of(pg::spi spi, const order_money& order,
                        const std::optional<line_pieces>& part, core::money amount) {
    if (!part) {
        if (amount > order.left())
            throw exceeds(order, order.left());
        return divide(order.remaining, amount);
    }
    const core::settlement share = share_of_line(spi, order, part->line, part->quantity);
    if (amount > share.paid())
        throw core::error{core::errors::refund_exceeds_payment,
                          "refund exceeds the amount paid for this order item",
                          core::format("{} can still be refunded for this item.",
                                       money_text(share.paid(), order.currency)),
                          "Refunds that did not name an item count toward all items of the order."};
    return divide(share, amount);
}

void require_covered(pg::spi spi, const order_money& order, const core::division& taken) {
    if (pg::settings::refund_from_negative_balance == pg::settings::allowed_to_sellers ||
        !order.is_released || !order.payee || taken.seller.minor <= 0)
        return;
    lock_people(spi, {order.id});
    const core::money available{
        *available_to.run(order.payee, order.currency).value<std::int64_t>()};
    if (taken.seller > available)
        throw core::error{
            core::errors::balance_too_low, "available balance is too low for this refund",
            core::format("The refund takes {} from your balance; {} is available.",
                         money_text(taken.seller, order.currency),
                         money_text(std::max(available, core::money{}), order.currency)),
            "Staff can approve the refund; the missing amount is then deducted from your next "
            "sales."};
}

core::money pending(pg::spi, const pg::uuid& order) {
    return {*pending_requests.run(order).value<std::int64_t>()};
}

void make_room(pg::spi spi, const order_money& order, core::money amount) {
    if (pending(spi, order.id) > order.left() - amount)
        reject_pending.run(order.id);
}

void reject_pending_of(pg::spi, const pg::uuid& order, const pg::uuid& line) {
    reject_pending_of_line.run(order, line);
}

booked_refund book_refund(pg::spi spi, order_money& order, const pg::uuid& id,
                          const core::division& taken, bool uses_are_given_back) {
    const booked_refund refund{taken, uses_are_given_back && order.refunded <= order.whole.cash};
    // the credit of somebody who is gone falls back to who gave it
    const std::string_view credit_account = order.buyer ? "store_credit" : "promotions";
    book_reversal(spi, order, refund.taken, "refund", text_of(id),
                  {{"refunds", order.buyer, refund.taken.cash},
                   {credit_account, order.buyer, refund.taken.credit}});
    return refund;
}

void give_credit_of(pg::spi, const booked_refund& refund, const order_money& order,
                    const pg::uuid& id) {
    if (refund.taken.credit.minor <= 0 || !order.buyer)
        return;
    const std::int64_t amount = refund.taken.credit.minor;
    const auto credits =
        *count_credits.run(order.id, amount, !refund.uses_came_back).value<std::int64_t>();
    pg::require_written(give_credits.run(order.id, amount, !refund.uses_came_back, order.buyer,
                                         order.currency, std::string_view("refund of an order"), id,
                                         std::int32_t{pg::settings::returned_credit_window}),
                        static_cast<std::uint64_t>(credits), "store_credits");
}

std::optional<std::string> remarked(pg::spi spi, const std::optional<std::string>& text,
                                    const pg::uuid& order, core::money kept) {
    const std::string remark = kept.minor > 0 ? remark_on_withheld(spi, order) : std::string();
    if (remark.empty())
        return text;
    return text ? *text + "; " + remark : remark;
}

} // namespace driplo
