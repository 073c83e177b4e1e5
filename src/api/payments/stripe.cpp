// Which of Stripe's events mean something here, and whether a request is Stripe's own.
#include "api/payments/stripe.hpp"

#include "core/webhook_signature.hpp"
#include "pg/clock.hpp"
#include "pg/entry_point.hpp"
#include "pg/hmac.hpp"
#include "pg/spi.hpp"

#include <array>

namespace driplo {

namespace {

// Asked first: the objects of other types need not have what is read of these, and the events of
// Stripe's API v2 tell of no object at all.
const pg::plan type_of{R"(
    SELECT $1 ->> 'type' WHERE pg_catalog.jsonb_typeof($1 #> '{data,object}') = 'object')"};
struct handled_type {
    std::string_view type;
    bool (*handle)(pg::spi, const stripe_event&);
};
constexpr std::array<handled_type, 24> handled_types{{
    {"payment_intent.requires_action", on_payment_requires_action},
    {"payment_intent.processing", on_payment_processing},
    {"payment_intent.succeeded", on_payment_succeeded},
    {"payment_intent.payment_failed", on_payment_failed},
    {"payment_intent.canceled", on_payment_cancelled},
    {"checkout.session.completed", on_session_completed},
    {"checkout.session.async_payment_succeeded", on_session_paid},
    {"checkout.session.async_payment_failed", on_session_failed},
    {"checkout.session.expired", on_session_expired},
    {"charge.refunded", on_charge_refunded},
    {"refund.created", on_refund},
    {"refund.updated", on_refund},
    {"refund.failed", on_refund},
    // the same before 2024-10-28
    {"charge.refund.updated", on_refund},
    {"charge.dispute.created", on_dispute_open},
    // an inquiry that has become a chargeback
    {"charge.dispute.updated", on_dispute_open},
    {"charge.dispute.funds_withdrawn", on_dispute_open},
    {"charge.dispute.closed", on_dispute_closed},
    {"account.updated", on_account_updated},
    {"payout.paid", on_payout_paid},
    {"payout.failed", on_payout_failed},
    {"payout.canceled", on_payout_cancelled},
    {"transfer.created", on_transfer_created},
    {"transfer.reversed", on_transfer_reversed},
}};

// Why the event is ignored; nullopt when it was applied.
std::optional<std::string> apply(pg::spi spi, pg::jsonb json) {
    const std::string type = type_of.run(json).value<std::string>().value_or("");
    for (const handled_type& known : handled_types)
        if (known.type == type) {
            if (auto reason = foreign_event(json))
                return reason;
            if (known.handle(spi, read_stripe_event(json)))
                return std::nullopt;
        }
    return std::string();
}

bool is_signed(const std::string& payload, const std::string& header, const std::string& secret,
               std::int64_t tolerance, std::int64_t now) {
    const auto signature = core::parse_webhook_signature(header);
    if (!signature)
        return false;
    // Not a difference, which could overflow: the time is the sender's word.
    if (signature->timestamp < now - tolerance || signature->timestamp > now + tolerance)
        return false;
    const auto expected = pg::hmac_sha256(secret, signature->timestamp_text, ".", payload);
    bool matches = false;
    for (const core::sha256_digest& each : signature->v1)
        matches = core::equal_in_constant_time(each, expected) || matches;
    return matches;
}

} // namespace

// private.apply_stripe_event(event jsonb) -> text: NULL when it was applied, else why it is
// ignored, empty when it means nothing here
DRIPLO_FUNCTION(driplo_apply_stripe_event) {
    const pg::jsonb json{pg::required<Datum>(fcinfo, 0, "event")};
    const auto reason = pg::in_session([&](pg::spi spi) { return apply(spi, json); });
    return reason ? pg::to_datum(*reason) : pg::null_result(fcinfo);
}

// verify_stripe_signature(payload text, header text, secret text, tolerance interval) -> boolean
DRIPLO_FUNCTION(driplo_verify_stripe_signature) {
    const auto payload = pg::required<std::string>(fcinfo, 0, "payload");
    const auto header = pg::required<std::string>(fcinfo, 1, "header");
    const auto secret = pg::required<std::string>(fcinfo, 2, "secret");
    const std::int64_t tolerance =
        pg::interval_seconds(pg::required<Datum>(fcinfo, 3, "tolerance"));
    if (secret.empty())
        throw core::error{core::errors::invalid_parameter_value, "secret must not be empty"};
    if (tolerance < 0)
        throw core::error{core::errors::invalid_parameter_value, "tolerance must not be negative"};
    return pg::to_datum(is_signed(payload, header, secret, tolerance, pg::transaction_unix_time()));
}

} // namespace driplo
