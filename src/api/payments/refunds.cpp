#include "api/payments/refunds.hpp"
#include "api/call/arguments.hpp"

#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/parts.hpp"
#include "api/orders/promises.hpp"
#include "api/payments/stripe.hpp"
#include "api/trust/disputes.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/numeric.hpp"
#include "pg/random.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan add_request{R"(
    INSERT INTO {s}.refund_requests (
        order_id, amount, reason, status, requested_by, order_item_id, metadata
    )
    VALUES (
        $1, $2 * 0.01, $3, 'pending', $4, $5,
        pg_catalog.jsonb_build_object('seller_share', $6 * 0.01)
    )
    RETURNING id)",
                           pg::writes{"refund_requests"}};
// Written when it is booked already: whoever looks at the new row, a trigger of somebody's too,
// finds it as it will stay.
const pg::plan add_decided{R"(
    INSERT INTO {s}.refund_requests (
        id, order_id, amount, reason, requested_by, status, credit_amount, payment_transaction_id,
        processed_by, processed_at, order_item_id
    )
    VALUES (
        $1, $2, $3 * 0.01, $4, $5, $6, $7 * 0.01, $8, (SELECT id FROM {s}.profiles WHERE id = $9),
        CASE WHEN $6 <> 'approved' THEN now() END, $10
    ))",
                           pg::writes{"refund_requests"}};
const pg::plan find_order_of{"SELECT order_id FROM {s}.refund_requests WHERE id = $1"};
const pg::plan lock_request{R"(
    SELECT
        (amount * 100)::bigint,
        (credit_amount * 100)::bigint,
        status::text,
        payment_transaction_id,
        order_item_id
    FROM {s}.refund_requests
    WHERE id = $1
    FOR NO KEY UPDATE)"};
const pg::plan pending_requests{R"(
    SELECT COALESCE((sum(amount) * 100)::bigint, 0)
    FROM {s}.refund_requests
    WHERE order_id = $1
      AND status::text = 'pending'
      AND payment_transaction_id IS NULL)"};
const pg::plan pending_requests_of_line{R"(
    SELECT COALESCE((sum(amount) * 100)::bigint, 0)
    FROM {s}.refund_requests
    WHERE order_item_id = $1 AND status::text = 'pending')"};
const pg::plan decide{R"(
    UPDATE {s}.refund_requests
    SET
        status = $2,
        credit_amount = $3 * 0.01,
        processed_by = (SELECT id FROM {s}.profiles WHERE id = $4),
        decision_note = COALESCE($5, decision_note),
        processed_at = CASE WHEN $2 <> 'approved' THEN now() END
    WHERE id = $1)",
                      pg::writes{"refund_requests"}};
const pg::plan reduce{"UPDATE {s}.refund_requests SET amount = amount - $2 * 0.01 WHERE id = $1",
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
        is_extended
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
        is_extended OR COALESCE(expires_at <= now(), false)
    FROM given
    WHERE amount > 0)",
                            {credits_to_give}};
const pg::plan is_sent{R"(
    UPDATE {s}.refund_requests
    SET
        status = 'processed',
        processed_at = now(),
        stripe_refund_id = COALESCE($2, stripe_refund_id)
    WHERE id = $1)",
                       pg::writes{"refund_requests"}};
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
constexpr pg::part payment_parts{"payment_parts", R"(
    (
        SELECT
            r.id,
            LEAST(
                r.room,
                $3 * 0.01 - (
                    sum(r.room) OVER (
                        ORDER BY r.id = $4 DESC NULLS LAST, r.created_at, r.id
                    ) - r.room
                )
            ) AS amount
        FROM (
            SELECT t.id, t.created_at, t.amount - t.refunded_amount AS room
            FROM {s}.payment_transactions t
            WHERE CASE WHEN $2 IS NULL THEN t.order_id = $1 AND NOT t.is_surplus ELSE t.id = $2 END
              AND t.status::text IN ('succeeded', 'partially_refunded')
        ) r
    ) part)"};
const pg::plan parts_of_payment{"SELECT FROM {payment_parts} WHERE part.amount > 0",
                                {payment_parts}};
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
                                {payment_parts}};
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

struct request {
    pg::uuid id, order;
    core::money amount, credit;
    std::string status;
    std::optional<pg::uuid> surplus; // the payment that came too much
    std::optional<pg::uuid> line;    // that it is for

    core::money cash() const { return amount - credit; }
};

core::error no_such_refund() {
    return core::error{core::errors::no_data_found, "refund request does not exist"};
}

core::error wrong_state(const request& r, const char* what) {
    return core::error{core::errors::illegal_money_state,
                       core::format("refund with status \"{}\" cannot be {}", r.status, what)};
}

// The order is locked before its requests.
request locked_request(pg::spi spi, const pg::uuid& id, order_money& order) {
    const auto order_id = find_order_of.run(id).value<pg::uuid>();
    if (!order_id)
        throw no_such_refund();
    lock_with_tied(spi, *order_id);
    order = lock_order_money(spi, *order_id);
    const pg::rows found = lock_request.run(id);
    if (found.empty())
        throw no_such_refund();
    return {id,
            *order_id,
            {*found.value<std::int64_t>(1)},
            {*found.value<std::int64_t>(2)},
            found.value<std::string>(3).value_or(""),
            found.value<pg::uuid>(4),
            found.value<pg::uuid>(5)};
}

core::error exceeds(const order_money& order, core::money left) {
    return core::error{
        core::errors::refund_exceeds_payment, "refund exceeds the amount paid",
        core::format("{} of the {} paid can still be refunded.", money_text(left, order.currency),
                     money_text(order.whole.paid(), order.currency)),
        "Pending refund requests reduce the refundable amount until they are decided."};
}

// Whose the amount is, of the line when one is named. Error MK009 when it is more than is left.
core::division share_of(pg::spi spi, const order_money& order, const std::optional<pg::uuid>& line,
                        core::money amount) {
    if (!line) {
        if (amount > order.left())
            throw exceeds(order, order.left());
        return divide(order.remaining, amount);
    }
    const core::settlement share = share_of_line(spi, order, *line);
    if (amount > share.paid())
        throw core::error{core::errors::refund_exceeds_payment,
                          "refund exceeds the amount paid for this order item",
                          core::format("{} can still be refunded for this item.",
                                       money_text(share.paid(), order.currency)),
                          "Refunds that did not name an item count toward all items of the order."};
    return divide(share, amount);
}

const pg::plan available_to{R"(
    SELECT COALESCE((sum(amount) * 100)::bigint, 0)
    FROM {s}.ledger_entries
    WHERE party_id = $1
      AND account = 'seller_available'
      AND currency = $2)"};

// A seller who decides pays with what the order brought, or with money that is there: who was paid
// out could promise the platform's. Locks the parties.
void require_covered(pg::spi spi, const order_money& order, const core::division& taken) {
    if (pg::settings::seller_may_owe || !order.is_released || !order.payee ||
        taken.seller.minor <= 0)
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

const pg::plan is_in_time{R"(
    SELECT COALESCE(
        CASE
            WHEN status::text IN ('delivered', 'completed') THEN COALESCE(delivered_at, created_at)
            WHEN status::text = 'cancelled' THEN cancelled_at
        END + pg_catalog.make_interval(mins => $2) > now(),
        true
    )
    FROM {s}.orders
    WHERE id = $1)"};

void require_in_time(const pg::uuid& order) {
    if (pg::settings::refund_request_window > 0 &&
        !is_in_time.run(order, std::int32_t{pg::settings::refund_request_window})
             .value<bool>()
             .value_or(false))
        throw core::error{
            core::errors::object_not_in_prerequisite_state,
            "refund request window for this order has closed",
            {},
            "The window is set by driplo.refund_request_window and starts at delivery or "
            "cancellation. Staff can still request a refund for the buyer."};
}

void require_sold(const order_money& order) {
    if (!order.is_sold || order.whole.paid().minor == 0)
        throw core::error{core::errors::illegal_money_state,
                          "nothing was paid for this order",
                          {},
                          "Use cancel_order() for an order that has not been paid yet."};
}

core::money pending(const pg::uuid& order) {
    return {*pending_requests.run(order).value<std::int64_t>()};
}

core::money pending_of_line(const pg::uuid& line) {
    return {*pending_requests_of_line.run(line).value<std::int64_t>()};
}

// Requests that nobody has decided yet do not stand in the way of what was decided.
void make_room(const order_money& order, core::money amount) {
    if (pending(order.id) > order.left() - amount)
        reject_pending.run(order.id);
}

// An approved refund in the books.
struct booked_refund {
    core::division taken;
    bool uses_came_back; // the buyer has the credit again without a new one, unless it expired

    // processed when no cash has to be sent
    std::string status() const { return taken.cash.minor > 0 ? "approved" : "processed"; }
};

booked_refund book_refund(pg::spi spi, order_money& order, const pg::uuid& id,
                          const core::division& taken, bool uses_are_given_back = false) {
    const booked_refund refund{taken, uses_are_given_back && order.refunded <= order.whole.cash};
    // the credit of somebody who is gone falls back to who gave it
    const std::string_view credit_account = order.buyer ? "store_credit" : "promotions";
    book_reversal(spi, order, refund.taken, "refund", text_of(id),
                  {{"refunds", order.buyer, refund.taken.cash},
                   {credit_account, order.buyer, refund.taken.credit}});
    return refund;
}

void give_credit_of(const booked_refund& refund, const order_money& order, const pg::uuid& id) {
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

// A refund that nobody has to decide any more: it is booked, then written.
struct decided_refund {
    std::string reason;
    std::optional<pg::uuid> by, line;
};
pg::uuid approve_new(pg::spi spi, order_money& order, const core::division& taken,
                     const decided_refund& decided, bool uses_are_given_back = false) {
    const pg::uuid id = pg::random_uuid();
    const booked_refund refund = book_refund(spi, order, id, taken, uses_are_given_back);
    add_decided.run(id, order.id, refund.taken.paid().minor, decided.reason, order.buyer,
                    refund.status(), refund.taken.credit.minor, std::optional<pg::uuid>(),
                    decided.by, decided.line);
    give_credit_of(refund, order, id);
    return id;
}

pg::uuid ask(pg::spi spi, const pg::uuid& order_id, core::money amount, const std::string& reason,
             const std::optional<pg::uuid>& line) {
    const order_money order = lock_order_money(spi, order_id);
    const unsigned actors = order_actors(order.buyer, order.seller);
    if (actors == core::as_nobody)
        throw core::error{core::errors::no_data_found, "order does not exist"};
    if ((actors & (core::as_buyer | core::as_system)) == 0)
        throw core::error{core::errors::insufficient_privilege,
                          "only the buyer of an order can request a refund",
                          {},
                          "Sellers can use cancel_order() before shipping, or decide_refund()."};
    require_sold(order);
    core::require_payable(amount, order.currency, "amount");
    if ((actors & core::as_buyer) != 0)
        require_in_time(order_id);
    const core::money left = order.left() - pending(order_id);
    if (amount > left)
        throw exceeds(order, std::max(left, core::money{}));
    if (line)
        share_of(spi, order, line, amount + pending_of_line(*line));
    // a payout sees the request, or comes before it
    if (order.is_released)
        lock_people(spi, {order_id});
    const auto id = *add_request
                         .run(order_id, amount.minor, reason, order.buyer, line,
                              share_of(spi, order, line, amount).seller.minor)
                         .value<pg::uuid>();
    audit_staff(spi, actors, {"request_refund", "refund_request", "status"}, id, std::nullopt,
                "pending", reason);
    return id;
}

std::string remarked(const std::optional<std::string>& text, const std::string& remark) {
    return remark.empty() ? text.value_or("") : text ? *text + "; " + remark : remark;
}

std::string judge(pg::spi spi, const pg::uuid& id, bool approves,
                  const std::optional<std::string>& note) {
    order_money order;
    const request r = locked_request(spi, id, order);
    const unsigned actors = order_actors(order.buyer, order.seller);
    if (actors == core::as_nobody)
        throw no_such_refund();
    if ((actors & (core::as_seller | core::as_system)) == 0)
        throw core::error{core::errors::insufficient_privilege,
                          "only the seller or an admin can decide a refund request"};
    if (r.status != "pending")
        throw core::error{core::errors::illegal_money_state,
                          "refund request has already been decided",
                          core::format("Its status is {}.", r.status)};
    const bool by_seller = (actors & core::as_seller) != 0;
    if (by_seller)
        required_trader();
    if (approves)
        require_no_chargeback(spi, r.order);
    std::string status = "rejected";
    if (approves) {
        if (by_seller)
            require_covered(spi, order, share_of(spi, order, r.line, r.amount));
        const core::money kept = keep_of_refund(spi, order, r.amount);
        if (kept.minor > 0)
            reduce.run(id, kept.minor);
        const booked_refund refund =
            book_refund(spi, order, id, share_of(spi, order, r.line, r.amount - kept));
        status = refund.status();
        give_credit_of(refund, order, id);
        decide.run(id, status, refund.taken.credit.minor, pg::actor(),
                   kept.minor > 0 ? remarked(note, remark_on_withheld(spi, r.order)) : note);
    } else
        decide.run(id, status, std::int64_t{0}, pg::actor(), note);
    audit_staff(spi, actors, {"decide_refund", "refund_request", "status"}, id, r.status, status,
                note.value_or(""));
    end_when_refunded(spi, r.order);
    return status;
}

// Approved and not sent: the seller has the money again, and the buyer may ask anew.
std::string fail(pg::spi spi, const pg::uuid& id,
                 const std::optional<std::string>& processor_refund_id) {
    order_money order;
    const request r = locked_request(spi, id, order);
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
                    const std::optional<pg::uuid>& line) {
    if (amount.minor <= 0)
        throw core::error{core::errors::invalid_parameter_value,
                          "refund must be greater than zero"};
    order_money order = lock_order_money(spi, order_id);
    require_sold(order);
    const core::division taken = share_of(spi, order, line, amount);
    make_room(order, amount);
    const pg::uuid id = approve_new(spi, order, taken, {reason, decided_by, line});
    end_when_refunded(spi, order_id);
    return id;
}

void refund_everything(pg::spi spi, const pg::uuid& order_id, const std::string& reason,
                       const std::optional<pg::uuid>& decided_by) {
    const order_money order = lock_order_money(spi, order_id);
    if (order.left().minor > 0)
        refund_now(spi, order_id, order.left(), reason, decided_by);
    else if (order.is_sold && !is_nothing(order.remaining) && was_paid(order.state))
        take_step_by_system(spi, order_id, core::order_state::refunded, reason);
}

line_refund refund_line(pg::spi spi, const pg::uuid& order_id, const pg::uuid& line,
                        const std::optional<core::money>& wanted, const line_decision& decided) {
    lock_with_tied(spi, order_id);
    order_money order = lock_order_money(spi, order_id);
    if (!order.is_sold)
        return {};
    if (wanted)
        core::require_payable(*wanted, order.currency, "refund_amount");
    const core::settlement share = share_of_line(spi, order, line);
    const core::money given = wanted.value_or(share.paid());
    const core::division taken =
        share.paid().minor == 0 ? core::division(share) : share_of(spi, order, line, given);
    if (decided.by_seller)
        require_covered(spi, order, taken);
    core::money kept;
    if (given.minor > 0) {
        kept = keep_of_refund(spi, order, given);
        make_room(order, given - kept);
        const std::string reason = kept.minor > 0
                                       ? remarked(decided.reason, remark_on_withheld(spi, order_id))
                                       : decided.reason;
        approve_new(spi, order, share_of(spi, order, line, given - kept),
                    {reason, decided.by, line});
    } else if (!is_nothing(taken))
        // the buyer had it for nothing, and the platform has paid the seller for it
        book_reversal(spi, order, taken, "refund", "line:" + text_of(line), {});
    reject_pending_of_line.run(order_id, line);
    end_when_refunded(spi, order_id);
    return {given - kept, share.paid() - given};
}

bool is_wholly_refunded(const order_money& order) {
    return order.is_sold && (order.whole.paid() + order.whole.promotion).minor > 0 &&
           is_nothing(order.remaining);
}

void give_back_money(pg::spi spi, const pg::uuid& order_id, bool uses_are_given_back,
                     const std::string& remark) {
    order_money order = lock_order_money(spi, order_id);
    if (!order.is_sold || is_nothing(order.remaining))
        return;
    if (order.left().minor == 0) {
        // what nobody paid for was paid by the platform
        book_reversal(spi, order, order.remaining, "refund", text_of(order_id), {});
        return;
    }
    require_no_chargeback(spi, order_id);
    make_room(order, order.left());
    const std::string reason = core::format("the order was {}{}{}", order_state_name(order.state),
                                            remark.empty() ? "" : "; ", remark);
    approve_new(spi, order, order.remaining, {reason, pg::actor(), std::nullopt},
                uses_are_given_back);
}

void return_surplus(pg::spi spi, const order_money& order, const pg::uuid& payment,
                    core::money amount, const std::string& reason) {
    const pg::uuid id = pg::random_uuid();
    book(spi, {"surplus",
               text_of(id),
               order.id,
               order.currency,
               {{"processor_clearing", std::nullopt, core::money{} - amount},
                {"refunds", order.buyer, amount}}});
    add_decided.run(id, order.id, amount.minor, reason, order.buyer, std::string_view("approved"),
                    std::int64_t{0}, payment, std::optional<pg::uuid>(), std::optional<pg::uuid>());
}

pg::uuid divide_surplus(pg::spi spi, const pg::uuid& refund, core::money part) {
    order_money order;
    const request r = locked_request(spi, refund, order);
    if (r.status != "approved" || !r.surplus)
        throw wrong_state(r, "divided");
    if (part.minor <= 0 || part >= r.cash())
        throw core::error{core::errors::refund_exceeds_payment, "refund exceeds the amount paid"};
    const auto party = owed_party.run(text_of(refund)).value<pg::uuid>();
    const pg::uuid id = pg::random_uuid();
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
    reduce.run(refund, part.minor);
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
    const request r = locked_request(spi, id, order);
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
    is_sent.run(id, processor_refund_id);
    count_sent(r.order, r.surplus, r.cash(), payment);
    if (!r.surplus)
        end_when_refunded(spi, r.order);
}

} // namespace

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
    make_room(order, amount);
    const pg::uuid id = pg::random_uuid();
    book(spi, {"refund_excess",
               text_of(id),
               order_id,
               order.currency,
               {{"processor_clearing", std::nullopt, amount},
                {"disputes", std::nullopt, core::money{} - amount}}});
    add_decided.run(id, order_id, amount.minor, reason, order.buyer, std::string_view("processed"),
                    std::int64_t{0}, std::optional<pg::uuid>(), std::optional<pg::uuid>(),
                    std::optional<pg::uuid>());
    count_sent(order_id, std::nullopt, amount, payment);
    return id;
}

void reject_what_is_too_much(pg::spi, const order_money& order) {
    make_room(order, {});
}

bool is_taken_by_bank(pg::spi, const pg::uuid& order) {
    return !taken_by_bank.run(order).empty();
}

void end_when_refunded(pg::spi spi, const pg::uuid& order_id) {
    const order_money order = lock_order_money(spi, order_id);
    if (is_wholly_refunded(order) && was_paid(order.state) && owes_refunds.run(order_id).empty())
        take_step_by_system(spi, order_id, core::order_state::refunded, "order was fully refunded");
}

// request_refund(order_id uuid, amount numeric, reason text, order_item_id uuid) -> uuid
DRIPLO_FUNCTION(driplo_request_refund) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const core::money amount = pg::required_amount(fcinfo, 1, "amount");
    const std::string reason = required_reason(fcinfo, 2, "request");
    const auto line = pg::argument<pg::uuid>(fcinfo, 3);
    return pg::result(
        pg::in_session([&](pg::spi spi) { return ask(spi, order, amount, reason, line); }));
}

// decide_refund(refund_id uuid, approve boolean, note text) -> text
DRIPLO_FUNCTION(driplo_decide_refund) {
    const auto refund = pg::required<pg::uuid>(fcinfo, 0, "refund_id");
    const bool approves = pg::required<bool>(fcinfo, 1, "approve");
    const auto note = given_words(fcinfo, 2, "note");
    return pg::to_datum(
        pg::in_session([&](pg::spi spi) { return judge(spi, refund, approves, note); }));
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
