// Refund requests: the buyer asks, the seller or an admin decides.
#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/promises.hpp"
#include "api/outbox/events.hpp"
#include "api/payments/part_payments.hpp"
#include "api/payments/refund_books.hpp"
#include "api/payments/refunds.hpp"
#include "api/trust/disputes.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan add_request{R"(
    INSERT INTO {s}.refund_requests (
        order_id, amount, reason, status, requested_by, order_item_id, metadata, quantity
    )
    VALUES (
        $1, $2 * 0.01, $3, 'pending', $4, $5,
        pg_catalog.jsonb_build_object('seller_share', $6 * 0.01), $7::integer
    )
    RETURNING id)",
                           pg::writes{"refund_requests"}};
const pg::plan pending_requests_of_line{R"(
    SELECT COALESCE((sum(amount) * 100)::bigint, 0), COALESCE(sum(quantity), 0)::bigint
    FROM {s}.refund_requests
    WHERE order_item_id = $1 AND status::text = 'pending')"};
const pg::plan decide{R"(
    UPDATE {s}.refund_requests
    SET
        status = $2,
        credit_amount = $3 * 0.01,
        through_payment_id = $6,
        processed_by = (SELECT id FROM {s}.profiles WHERE id = $4),
        decision_note = COALESCE($5, decision_note),
        processed_at = CASE WHEN $2 <> 'approved' THEN now() END
    WHERE id = $1)",
                      pg::writes{"refund_requests"}};
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

struct wanted_refund {
    std::optional<core::money> amount;
    std::string reason;
    std::optional<pg::uuid> line;
    std::optional<std::int64_t> quantity;
};

void check_wanted(const wanted_refund& wanted) {
    if (!wanted.amount && !wanted.quantity)
        throw core::error{core::errors::null_value_not_allowed,
                          "amount must not be NULL",
                          {},
                          "Pass quantity for what was paid for so many of an order item."};
    if (wanted.quantity && !wanted.line)
        throw core::error{core::errors::invalid_parameter_value, "quantity requires order_item_id"};
    if (wanted.quantity && *wanted.quantity < 1)
        throw core::error{core::errors::invalid_parameter_value,
                          "quantity must be greater than zero"};
}

// Of a line or its pieces, what nobody has asked for yet.
core::money amount_for(pg::spi spi, const order_money& order, const wanted_refund& wanted) {
    const pg::rows asked = pending_requests_of_line.run(*wanted.line);
    const core::money asked_for{*asked.value<std::int64_t>(1)};
    std::optional<std::int64_t> pieces;
    if (wanted.quantity)
        pieces = required_pieces(spi, order.id,
                                 {*wanted.line, *wanted.quantity + *asked.value<std::int64_t>(2)});
    const core::money most =
        std::max(share_of_line(spi, order, *wanted.line, pieces).paid() - asked_for, core::money{});
    const core::money amount = wanted.amount.value_or(most);
    if (amount > most || amount.minor == 0)
        share_of(spi, order, line_pieces{*wanted.line, pieces},
                 asked_for + std::max(amount, order.whole.unit)); // which says what is left
    return amount;
}

pg::uuid ask(pg::spi spi, const pg::uuid& order_id, const wanted_refund& wanted) {
    check_wanted(wanted);
    const order_money order = lock_order_money(spi, order_id);
    const unsigned actors = order_actors(order.buyer, order.seller);
    if (actors == core::as_nobody)
        throw does_not_exist("order", order_id);
    if ((actors & (core::as_buyer | core::as_system)) == 0)
        throw core::error{core::errors::insufficient_privilege,
                          "only the buyer of an order can request a refund",
                          {},
                          "Sellers can use cancel_order() before shipping, or decide_refund()."};
    require_sold(order);
    if (wanted.amount)
        core::require_payable(*wanted.amount, order.currency, "amount");
    if ((actors & core::as_buyer) != 0)
        require_in_time(order_id);
    const core::money left = order.left() - pending(spi, order_id);
    if (wanted.amount.value_or(order.whole.unit) > left)
        throw exceeds(order, std::max(left, core::money{}));
    const core::money amount =
        wanted.line ? amount_for(spi, order, wanted) : wanted.amount.value_or(core::money{});
    if (amount > left)
        throw exceeds(order, left);
    // a payout sees the request, or comes before it
    if (order.is_released)
        lock_people(spi, {order_id});
    const std::optional<line_pieces> part =
        wanted.line ? std::optional(line_pieces{*wanted.line, wanted.quantity}) : std::nullopt;
    const auto id = *add_request
                         .run(order_id, amount.minor, wanted.reason, order.buyer, wanted.line,
                              share_of(spi, order, part, amount).seller.minor, wanted.quantity)
                         .value<pg::uuid>();
    audit_staff(spi, actors, {"request_refund", "refund_request", "status"}, id, std::nullopt,
                "pending", wanted.reason);
    record_event(spi, "refund.requested", id, pg::actor());
    return id;
}

std::string judge(pg::spi spi, const pg::uuid& id, bool approves,
                  const std::optional<std::string>& note) {
    order_money order;
    const refund_request r = locked_request(spi, id, order);
    const unsigned actors = order_actors(order.buyer, order.seller);
    if (actors == core::as_nobody)
        throw does_not_exist("refund request", id);
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
        if (r.line && r.quantity)
            required_pieces(spi, r.order, *r.part());
        if (by_seller)
            require_covered(spi, order, share_of(spi, order, r.part(), r.amount));
        const core::money kept = keep_of_refund(spi, order, r.amount);
        if (kept.minor > 0)
            reduce_request(spi, id, kept);
        const core::division taken = share_of(spi, order, r.part(), r.amount - kept);
        const std::vector<refund_part> parts = divide_by_payments(spi, order, taken, std::nullopt);
        if (parts.size() > 1)
            reduce_request(spi, id, taken.paid() - parts.front().taken.paid());
        const booked_refund refund = book_refund(spi, order, id, parts.front().taken);
        status = refund.status();
        give_credit_of(spi, refund, order, id);
        decide.run(id, status, refund.taken.credit.minor, pg::actor(),
                   remarked(spi, note, r.order, kept), parts.front().through);
        take_off_what_is_due(spi, r.order, id);
        for (std::size_t i = 1; i < parts.size(); ++i)
            record_event(spi, "refund.approved",
                         approve_other_part(spi, order, id, parts[i], pg::actor()), pg::actor());
    } else
        decide.run(id, status, std::int64_t{0}, pg::actor(), note, std::optional<pg::uuid>());
    audit_staff(spi, actors, {"decide_refund", "refund_request", "status"}, id, r.status, status,
                note.value_or(""));
    record_event(spi, approves ? "refund.approved" : "refund.rejected", id, pg::actor());
    end_when_refunded(spi, r.order);
    return status;
}

} // namespace

// request_refund(order_id uuid, amount numeric, reason text, order_item_id uuid, quantity integer)
// -> uuid
DRIPLO_FUNCTION(driplo_request_refund) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const wanted_refund wanted{
        pg::amount_argument(fcinfo, 1, "amount"), required_reason(fcinfo, 2, "request"),
        pg::argument<pg::uuid>(fcinfo, 3), pg::argument<std::int32_t>(fcinfo, 4)};
    return pg::result(pg::in_session([&](pg::spi spi) { return ask(spi, order, wanted); }));
}

// decide_refund(refund_id uuid, approve boolean, note text) -> text
DRIPLO_FUNCTION(driplo_decide_refund) {
    const auto refund = pg::required<pg::uuid>(fcinfo, 0, "refund_id");
    const bool approves = pg::required<bool>(fcinfo, 1, "approve");
    const auto note = given_words(fcinfo, 2, "note");
    return pg::to_datum(
        pg::in_session([&](pg::spi spi) { return judge(spi, refund, approves, note); }));
}

} // namespace driplo
