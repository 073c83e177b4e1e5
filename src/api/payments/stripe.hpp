// Stripe's events: how one is read, and what each type does.
//
// An event says what is so, and not only what has changed: that money was refunded means that it
// had come in. So each handler brings about what the event presupposes, and does nothing where that
// is so already. Whatever order events come in, and however often, the end is the same.
//
// A handler that raises has done nothing: record_stripe_event() keeps the event as failed. One that
// finds nothing of the event's here returns false, and has done nothing either: the event is
// ignored, until start_payment() or another event makes its payment known.
#pragma once

#include "api/payments/transactions.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace driplo {

constexpr std::string_view stripe = "stripe";

struct stripe_event {
    pg::jsonb json;
    std::string type;
    std::int64_t created = 0;
    std::optional<std::string> account; // the connected account whose event it is
    std::string id;                     // of the object that it is about
    std::optional<std::string> currency, amount, amount_received, amount_refunded, amount_reversed,
        status, payment_intent, charge, latest_charge, reason, order_ids, payout_id, captured,
        amount_captured, amount_total, payment_status, reference;
};

// Why an event is not for this installation: it is of Stripe's other mode, or of a connected
// account. What happens there, and what is written into the metadata of objects there, is said by
// whoever owns the account. nullopt for an event that Stripe vouches for.
std::optional<std::string> foreign_event(pg::jsonb event);

// Errors: 22023 when what every event has cannot be read.
stripe_event read_stripe_event(pg::jsonb event);

core::error unreadable(const char* field);

// An amount of the event, which is in the smallest unit of its currency. Errors: 22023.
core::money money_of(const std::optional<std::string>& text, const stripe_event& e,
                     const char* field);

// Errors: 23514 for another amount or currency.
void require_same(core::money told, core::money known, const std::string& currency,
                  const stripe_event& e);

// As a condition on a text that somebody wrote into metadata: NULL when it is no id.
inline constexpr pg::part uuid_or_null{"uuid_or_null", R"(
    CASE WHEN {text} ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN {text}::uuid END)"};

// The orders that an object's metadata names: none when it means nothing here, as that of another
// shop. When one of them is an order here the others have to be, too, and P0002 says so.
std::vector<pg::uuid> named_orders(pg::spi spi, const std::string& text);

// Stripe's payment with this id, or by its charge when an old version of the API names nothing
// else; locked, without rows when it is unknown.
payment payment_of_charge(pg::spi spi, const std::optional<std::string>& intent,
                          const std::string& charge);

// The money of an event came in, if nobody has said so yet.
void money_came_in(pg::spi spi, payment& p, const stripe_event& e);

// The payments of a refund's order of whose refunds Stripe has told a sum; locked, which comes
// before their orders. Once a request is not to be sent any more, explain_sums() takes what is left
// of each sum for what it can only mean now.
std::vector<std::string> lock_told_sums(pg::spi spi, const pg::uuid& refund);
void explain_sums(pg::spi spi, const std::vector<std::string>& payments);

// As a condition on the row "inbox" of stripe_webhook_events: the event is about this payment, and
// was ignored because nobody had started that. An index has the expression.
inline constexpr pg::part stripe_event_waits_for{"stripe_event_waits_for", R"(
    inbox.outcome::text = 'ignored'
    AND pg_catalog."left"(
        COALESCE(inbox.data #>> '{data,object,payment_intent}', inbox.data #>> '{data,object,id}'),
        255
    ) = {payment})"};

// Events of this payment that came before anybody had started it: they mean something now.
void replay_ignored_events(pg::spi spi, const std::string& processor_id);

void remember_charge(pg::spi spi, const payment& p, const std::string& charge);

bool on_payment_requires_action(pg::spi spi, const stripe_event& e);
bool on_payment_processing(pg::spi spi, const stripe_event& e);
bool on_payment_failed(pg::spi spi, const stripe_event& e);
bool on_payment_cancelled(pg::spi spi, const stripe_event& e);
bool on_payment_succeeded(pg::spi spi, const stripe_event& e);

bool on_session_completed(pg::spi spi, const stripe_event& e);
bool on_session_paid(pg::spi spi, const stripe_event& e);
bool on_session_failed(pg::spi spi, const stripe_event& e);
bool on_session_expired(pg::spi spi, const stripe_event& e);

bool on_refund(pg::spi spi, const stripe_event& e);
bool on_charge_refunded(pg::spi spi, const stripe_event& e);

bool on_dispute_open(pg::spi spi, const stripe_event& e);
bool on_dispute_closed(pg::spi spi, const stripe_event& e);

bool on_account_updated(pg::spi spi, const stripe_event& e);
bool on_payout_paid(pg::spi spi, const stripe_event& e);
bool on_payout_failed(pg::spi spi, const stripe_event& e);
bool on_payout_cancelled(pg::spi spi, const stripe_event& e);
bool on_transfer_created(pg::spi spi, const stripe_event& e);
bool on_transfer_reversed(pg::spi spi, const stripe_event& e);

} // namespace driplo
