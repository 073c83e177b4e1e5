#include "api/payments/stripe.hpp"

#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <charconv>

namespace driplo {

namespace {

// An id, or the object itself where the API was asked to expand it.
#define ID_OF(field)                                                                               \
    "CASE pg_catalog.jsonb_typeof(o -> '" field "') WHEN 'object' THEN o #>> '{" field             \
    ",id}' ELSE o ->> '" field "' END"
const pg::plan read_event{
    "SELECT e ->> 'type', e ->> 'created', e ->> 'account', o ->> 'id', o ->> 'currency', "
    "o ->> 'amount', o ->> 'amount_received', o ->> 'amount_refunded', o ->> 'amount_reversed', "
    "o ->> 'status', " ID_OF("payment_intent") ", " ID_OF("charge") ", COALESCE(" ID_OF(
        "latest_charge") ", o #>> '{charges,data,0,id}'), COALESCE(o ->> 'failure_message', o "
                         "#>> '{last_payment_error,message}', o ->> 'reason'), "
                         "COALESCE(o #>> '{metadata,order_ids}', o #>> '{metadata,order_id}'), "
                         "o #>> '{metadata,payout_id}', o ->> 'captured', o ->> "
                         "'amount_captured', o ->> 'amount_total', o ->> 'payment_status', o ->> "
                         "'client_reference_id' "
                         "FROM (SELECT $1 AS e, $1 #> '{data,object}' AS o) event"};
#undef ID_OF

// Each event of a connected account names it; the mode stands in every event of Stripe's, and one
// that somebody has made for a test may leave it out.
const pg::plan read_origin{"SELECT $1 ->> 'type', $1 ->> 'livemode', $1 ->> 'account'"};

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
    const pg::rows found = read_origin.run(event);
    const auto livemode = found.value<std::string>(2), account = found.value<std::string>(3);
    if (livemode && (*livemode == "true") != pg::settings::stripe_livemode)
        return core::format("The event is from Stripe's {} mode, but driplo.stripe_livemode is {}.",
                            *livemode == "true" ? "live" : "test",
                            pg::settings::stripe_livemode ? "on" : "off");
    if (account && !may_be_of_connected_account(found.value<std::string>(1).value_or("")))
        return core::format("The event is from the connected account \"{}\".",
                            core::excerpt(*account));
    return std::nullopt;
}

stripe_event read_stripe_event(pg::jsonb json) {
    const pg::rows found = read_event.run(json);
    int column = 0;
    const auto next = [&] { return found.value<std::string>(++column); };
    stripe_event e;
    e.json = json;
    e.type = next().value_or("");
    e.created = number(next(), "created");
    e.account = next();
    const auto id = next();
    if (!id || id->empty())
        throw unreadable("data.object.id");
    e.id = *id;
    for (auto* field : {&e.currency, &e.amount, &e.amount_received, &e.amount_refunded,
                        &e.amount_reversed, &e.status, &e.payment_intent, &e.charge,
                        &e.latest_charge, &e.reason, &e.order_ids, &e.payout_id, &e.captured,
                        &e.amount_captured, &e.amount_total, &e.payment_status, &e.reference})
        *field = next();
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
