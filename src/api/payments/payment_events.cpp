// What any processor tells of a payment, in common words: record_payment_event() stores it, here it
// is applied. As with Stripe's events: what is so already changes nothing, and what does not fit
// raises and has done nothing.
#include "api/payments/cash_on_delivery.hpp"
#include "api/payments/chargebacks.hpp"
#include "api/payments/part_payments.hpp"
#include "api/payments/refunds.hpp"
#include "api/payments/shares.hpp"
#include "api/payments/stripe.hpp"

#include "core/format.hpp"
#include "pg/clock.hpp"
#include "pg/entry_point.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <array>

namespace driplo {

namespace {

struct fact {
    std::string processor, type, payment_id;
    std::int64_t created = 0;
    std::optional<core::money> amount;
    std::optional<std::string> currency, order_ids, refund, dispute, reason;
    std::optional<pg::uuid> request;
    bool is_partial = false;
};

// record_payment_event() has looked at the types of all of them.
const pg::plan read_fact{R"(
    SELECT
        $1 ->> 'driplo_processor',
        $1 #>> '{event,type}',
        $1 #>> '{event,payment_id}',
        ($1 #>> '{event,created}')::bigint,
        (($1 #>> '{event,amount}')::numeric * 100)::bigint,
        $1 #>> '{event,currency}',
        (
            SELECT pg_catalog.string_agg(id, ',')
            FROM pg_catalog.jsonb_array_elements_text($1 #> '{event,order_ids}') AS named (id)
        ),
        $1 #>> '{event,refund_id}',
        {uuid_or_null},
        $1 #>> '{event,dispute_id}',
        $1 #>> '{event,reason}',
        COALESCE(($1 #>> '{event,partial}')::boolean, false))",
                         {uuid_or_null, {"text", "($1 #>> '{event,refund_request_id}')"}}};

fact fact_of(pg::jsonb json) {
    enum {
        processor = 1,
        type,
        payment_id,
        created,
        amount,
        currency,
        order_ids,
        refund,
        request,
        dispute,
        reason,
        partial
    };
    const pg::rows found = read_fact.run(json);
    fact f;
    f.processor = found.value<std::string>(processor).value_or("");
    f.type = found.value<std::string>(type).value_or("");
    f.payment_id = found.value<std::string>(payment_id).value_or("");
    f.created = found.value<std::int64_t>(created).value_or(pg::transaction_unix_time());
    if (const auto hundredths = found.value<std::int64_t>(amount))
        f.amount = core::money{*hundredths};
    f.currency = found.value<std::string>(currency);
    f.order_ids = found.value<std::string>(order_ids);
    f.refund = found.value<std::string>(refund);
    f.request = found.value<pg::uuid>(request);
    f.dispute = found.value<std::string>(dispute);
    f.reason = found.value<std::string>(reason);
    f.is_partial = found.value<bool>(partial).value_or(false);
    return f;
}

core::error other_amount(core::money told, const std::string& told_currency, core::money expected,
                         const std::string& currency) {
    return core::error{
        core::errors::check_violation, "amount of the payment event does not match the payment",
        core::format("The event reports {}, but {} was expected.", money_text(told, told_currency),
                     money_text(expected, currency))};
}

core::money amount_of(const fact& f, const payment& p) {
    if (!f.amount || !f.currency)
        throw core::error{core::errors::invalid_parameter_value,
                          "payment event must have amount and currency"};
    if (*f.currency != p.currency || *f.amount > p.amount())
        throw other_amount(*f.amount, *f.currency, p.amount(), p.currency);
    return *f.amount;
}

// One that nobody started begins with the orders that the event names.
payment payment_of(pg::spi spi, const fact& f) {
    payment p = lock_payment(spi, f.processor, f.payment_id);
    if (p.rows.empty() && f.order_ids) {
        const std::vector<pg::uuid> orders = named_orders(spi, *f.order_ids);
        if (orders.empty())
            return p;
        adopt_payment(spi, orders, f.processor, f.payment_id);
        p = lock_payment(spi, f.processor, f.payment_id);
    }
    if (!p.rows.empty())
        lock_for_ending(spi, p);
    return p;
}

void came_in(pg::spi spi, payment& p, const fact& f) {
    if (!p.is_paid())
        apply_news(spi, p, core::payment_news::succeeded, f.created);
}

// At the door less may be due by now than the order cost.
core::money expected_at_the_door(pg::spi spi, const payment& p) {
    const order_money order = lock_order_money(spi, p.rows.front().order);
    return order.due.minor > 0 ? order.due : p.amount();
}

void on_succeeded(pg::spi spi, payment& p, const fact& f) {
    const core::money received = amount_of(f, p);
    const bool is_at_the_door = p.processor == cash_on_delivery;
    if (is_at_the_door && p.is_paid())
        return;
    const core::money expected = is_at_the_door ? expected_at_the_door(spi, p) : p.amount();
    if (received == expected)
        return came_in(spi, p, f);
    if (!f.is_partial || is_at_the_door)
        throw other_amount(received, p.currency, expected, p.currency);
    come_in_partly(spi, p, received, f.created);
}

void on_processing(pg::spi spi, payment& p, const fact& f) {
    apply_news(spi, p, core::payment_news::processing, f.created);
}
void on_failed(pg::spi spi, payment& p, const fact& f) {
    apply_news(spi, p, core::payment_news::failed, f.created);
}
void on_cancelled(pg::spi spi, payment& p, const fact& f) {
    apply_news(spi, p, core::payment_news::cancelled, f.created);
}

// Of the payment's orders, and of its rows where they pay for nothing. The one that is named, else
// the one with that refund of the processor's, else the oldest approved one of that amount.
const pg::plan find_request{R"(
    SELECT r.id, r.status::text, ((r.amount - r.credit_amount) * 100)::bigint
    FROM {s}.refund_requests r
    WHERE CASE
            WHEN r.payment_transaction_id IS NULL
                THEN r.order_id = ANY ($1)
                    AND (
                        r.through_payment_id IS NULL
                        OR r.through_payment_id = ANY ($2)
                        OR r.id = $3
                    )
            ELSE r.payment_transaction_id = ANY ($2)
        END
      AND CASE
            WHEN $3 IS NOT NULL THEN r.id = $3
            ELSE r.stripe_refund_id::text = $4
              OR (
                  r.status::text = 'approved'
                  AND r.stripe_refund_id IS NULL
                  AND (r.amount - r.credit_amount) * 100 = $5
              )
        END
    ORDER BY r.stripe_refund_id::text = $4 DESC NULLS LAST, r.requested_at, r.id
    LIMIT 1)"};
const pg::plan surpluses_of{R"(
    SELECT id, ((amount - credit_amount) * 100)::bigint
    FROM {s}.refund_requests
    WHERE payment_transaction_id = ANY ($1)
      AND status::text = 'approved'
      AND (order_id = ANY ($2) OR $2 = '{}')
    ORDER BY requested_at, id)"};
const pg::plan counted_as{R"(
    SELECT r.id
    FROM {s}.refund_requests r
    WHERE r.stripe_refund_id::text = $3
      AND r.status::text = 'processed'
      AND (r.order_id = ANY ($1) OR r.payment_transaction_id = ANY ($2))
    ORDER BY r.order_id, r.id)"};

// That it failed is the last that counts of it.
const pg::plan has_failed{R"(
    SELECT FROM {s}.refund_requests r
    WHERE (r.order_id = ANY ($1) OR r.payment_transaction_id = ANY ($2))
      AND r.metadata -> 'failed_refunds' ? $3
    LIMIT 1)"};

std::vector<pg::uuid> row_ids(const payment& p) {
    std::vector<pg::uuid> ids;
    for (const payment_row& row : p.rows)
        ids.push_back(row.id);
    return ids;
}

std::vector<open_surplus> surpluses(const payment& p, const std::vector<pg::uuid>& named) {
    const pg::rows found = surpluses_of.run(row_ids(p), named);
    std::vector<open_surplus> open;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        open.push_back({*found.value<pg::uuid>(1, i), {*found.value<std::int64_t>(2, i)}});
    return open;
}

std::string refund_of(const fact& f) {
    if (f.refund && !f.refund->empty())
        return *f.refund;
    throw core::error{core::errors::invalid_parameter_value, "payment event must have refund_id"};
}

// Refunded at the processor without asking here.
void send_unasked(pg::spi spi, const payment& p, core::money amount, const fact& f) {
    core::money left = amount;
    const std::vector<pg::uuid> named =
        f.order_ids ? named_orders(spi, *f.order_ids) : std::vector<pg::uuid>();
    for (const order_share& share : share_refund(spi, p, amount, named)) {
        const refund_evidence evidence =
            share.is_shared ? refund_evidence::shared : refund_evidence::unasked;
        if (share.owed.minor > 0)
            process_refund(spi,
                           refund_now(spi, share.order, share.owed, "refunded at the processor",
                                      std::nullopt, std::nullopt, share.row),
                           f.refund, share.row, evidence);
        if (share.lost.minor > 0)
            note_evidence(spi,
                          refund_lost_money(spi, share.order, share.lost,
                                            "refunded at the processor", share.row),
                          evidence, f.refund);
        left = left - share.owed - share.lost;
    }
    left = send_surplus(spi, surpluses(p, named), left, refund_of(f));
    if (left.minor > 0)
        throw core::error{
            core::errors::check_violation, "refund exceeds what is left of the payment",
            core::format("{} of it belong to no order.", money_text(left, p.currency)),
            "Name the refund request in refund_request_id."};
}

void on_refund_succeeded(pg::spi spi, payment& p, const fact& f) {
    const std::string refund = refund_of(f);
    const core::money amount = amount_of(f, p);
    came_in(spi, p, f);
    owe_parts_of(spi, p, "the part was refunded");
    if (!counted_as.run(p.orders(), row_ids(p), refund).empty() ||
        !has_failed.run(p.orders(), row_ids(p), refund).empty())
        return;
    const pg::rows found =
        find_request.run(p.orders(), row_ids(p), f.request, refund, amount.minor);
    if (found.empty() && f.request)
        throw core::error{core::errors::check_violation,
                          "refund names a refund request that its payment does not cover"};
    if (found.empty())
        return send_unasked(spi, p, amount, f);
    const auto request = *found.value<pg::uuid>(1);
    if (found.value<std::int64_t>(3) != amount.minor)
        throw core::error{core::errors::check_violation,
                          "refund amount does not match the approved amount",
                          "An approved refund must be sent in full."};
    claim_refund(spi, request, refund);
    if (found.value<std::string>(2) == "processed")
        return note_evidence(spi, request, refund_evidence::said, refund);
    process_refund(spi, request, refund,
                   p.rows.size() == 1 ? std::optional(p.rows.front().id) : std::nullopt);
}

// What was not sent has not come back either. Of several orders each has its share again.
void on_refund_failed(pg::spi spi, payment& p, const fact& f) {
    const std::string refund = refund_of(f);
    const auto counted = counted_as.run(p.orders(), row_ids(p), refund).values<pg::uuid>();
    for (const pg::uuid& request : counted)
        unsend_refund(spi, request, refund);
}

chargeback chargeback_of(pg::spi spi, const payment& p, const fact& f) {
    if (!f.dispute || f.dispute->empty())
        throw core::error{core::errors::invalid_parameter_value,
                          "payment event must have dispute_id"};
    return {*f.dispute, amount_of(f, p), f.reason.value_or("general"), true,
            f.order_ids ? named_orders(spi, *f.order_ids) : std::vector<pg::uuid>()};
}
void on_chargeback_opened(pg::spi spi, payment& p, const fact& f) {
    const chargeback c = chargeback_of(spi, p, f);
    came_in(spi, p, f);
    open_chargeback(spi, p, c);
}
void on_chargeback_won(pg::spi spi, payment& p, const fact& f) {
    const chargeback c = chargeback_of(spi, p, f);
    came_in(spi, p, f);
    close_chargeback(spi, p, c, chargeback_end::won);
}
void on_chargeback_lost(pg::spi spi, payment& p, const fact& f) {
    const chargeback c = chargeback_of(spi, p, f);
    came_in(spi, p, f);
    close_chargeback(spi, p, c, chargeback_end::lost);
}

struct known_type {
    std::string_view type;
    void (*apply)(pg::spi, payment&, const fact&);
};
constexpr std::array<known_type, 9> known_types{{
    {"payment.succeeded", on_succeeded},
    {"payment.processing", on_processing},
    {"payment.failed", on_failed},
    {"payment.cancelled", on_cancelled},
    {"refund.succeeded", on_refund_succeeded},
    {"refund.failed", on_refund_failed},
    {"chargeback.opened", on_chargeback_opened},
    {"chargeback.won", on_chargeback_won},
    {"chargeback.lost", on_chargeback_lost},
}};

// Whether it means something here.
bool apply(pg::spi spi, const fact& f) {
    for (const known_type& known : known_types)
        if (known.type == f.type) {
            payment p = payment_of(spi, f);
            if (p.rows.empty())
                return false;
            known.apply(spi, p, f);
            return true;
        }
    return false;
}

} // namespace

// private.apply_payment_event(event jsonb) -> text: NULL when it was applied, else empty
DRIPLO_FUNCTION(driplo_apply_payment_event) {
    const pg::jsonb json{pg::required<Datum>(fcinfo, 0, "event")};
    const bool is_applied = pg::in_session([&](pg::spi spi) { return apply(spi, fact_of(json)); });
    return is_applied ? pg::null_result(fcinfo) : pg::to_datum(std::string());
}

} // namespace driplo
