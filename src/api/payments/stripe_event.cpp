#include "api/payments/stripe.hpp"

#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/json.hpp"
#include "pg/settings.hpp"

#include <algorithm>
#include <charconv>

namespace driplo {

namespace {

// An id, or the object itself where the API was asked to expand it.
std::optional<std::string> id_of(const pg::json_reader& object, const char* field) {
    return object.at(field).is_object() ? object.text(field, "id") : object.text(field);
}

std::optional<std::string> first_of(const std::optional<std::string>& one,
                                    const std::optional<std::string>& other) {
    return one ? one : other;
}

std::int64_t number(const std::optional<std::string>& text, const char* field) {
    std::int64_t value = 0;
    if (text) {
        const char* last = text->data() + text->size();
        const auto parsed = std::from_chars(text->data(), last, value);
        if (parsed.ec == std::errc() && parsed.ptr == last && !text->empty() && value >= 0)
            return value;
    }
    throw unreadable(field);
}

// Of a connected account only what concerns the platform's own records of it, which the handlers
// find by what the platform has written.
bool may_be_of_connected_account(const std::string& type) {
    return type == "account.updated" || type.rfind("payout.", 0) == 0;
}

} // namespace

std::optional<std::string> foreign_event(pg::jsonb event) {
    // Each event of a connected account names it; the mode stands in every event of Stripe's, and
    // one that somebody has made for a test may leave it out.
    const pg::json_reader told(event);
    const auto livemode = told.text("livemode"), account = told.text("account");
    if (livemode && (*livemode == "true") != pg::settings::stripe_livemode)
        return core::format("The event is from Stripe's {} mode, but driplo.stripe_livemode is {}.",
                            *livemode == "true" ? "live" : "test",
                            pg::settings::stripe_livemode ? "on" : "off");
    if (account && !may_be_of_connected_account(told.text("type").value_or("")))
        return core::format("The event is from the connected account \"{}\".",
                            core::excerpt(*account));
    return std::nullopt;
}

stripe_event read_stripe_event(pg::jsonb json) {
    const pg::json_reader event(json);
    const pg::json_reader object = event.at("data", "object");
    stripe_event e;
    e.json = json;
    e.type = event.text("type").value_or("");
    e.created = number(event.text("created"), "created");
    e.account = event.text("account");
    const auto id = object.text("id");
    if (!id || id->empty())
        throw unreadable("data.object.id");
    e.id = *id;
    e.currency = object.text("currency");
    e.amount = object.text("amount");
    e.amount_received = object.text("amount_received");
    e.amount_refunded = object.text("amount_refunded");
    e.amount_reversed = object.text("amount_reversed");
    e.amount_captured = object.text("amount_captured");
    e.amount_total = object.text("amount_total");
    e.captured = object.text("captured");
    e.status = object.text("status");
    e.payment_status = object.text("payment_status");
    e.payment_intent = id_of(object, "payment_intent");
    e.charge = id_of(object, "charge");
    e.latest_charge =
        first_of(id_of(object, "latest_charge"), object.text("charges", "data", "0", "id"));
    e.reason = first_of(
        first_of(object.text("failure_message"), object.text("last_payment_error", "message")),
        object.text("reason"));
    e.order_ids =
        first_of(object.text("metadata", "order_ids"), object.text("metadata", "order_id"));
    e.payout_id = object.text("metadata", "payout_id");
    e.reference = object.text("client_reference_id");
    return e;
}

core::error unreadable(const char* field) {
    return core::error{core::errors::invalid_parameter_value,
                       core::format("invalid value for \"{}\" in the Stripe event", field)};
}

core::money money_of(const std::optional<std::string>& text, const stripe_event& e,
                     const char* field) {
    if (!e.currency)
        throw unreadable("currency");
    return core::from_processor_amount(number(text, field), *e.currency);
}

void require_same(core::money told, core::money known, const std::string& currency,
                  const stripe_event& e) {
    std::string told_currency = e.currency.value_or("");
    std::transform(told_currency.begin(), told_currency.end(), told_currency.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (told != known || told_currency != currency)
        throw core::error{core::errors::check_violation,
                          "amount of the Stripe event does not match the payment",
                          core::format("The event reports {}, but {} was expected.",
                                       money_text(told, core::excerpt(told_currency)),
                                       money_text(known, currency))};
}

} // namespace driplo
