// Stripe's payment intents.
#include "api/payments/stripe.hpp"

#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan find_by_charge{R"(
    SELECT processor_transaction_id
    FROM {s}.payment_transactions
    WHERE processor = 'stripe' AND metadata ->> 'charge' = $1
    LIMIT 1)"};
const pg::plan set_charge{R"(
    UPDATE {s}.payment_transactions
    SET metadata = COALESCE(metadata, '{}') || pg_catalog.jsonb_build_object('charge', $2)
    WHERE processor = 'stripe'
      AND processor_transaction_id = $1
      AND metadata ->> 'charge' IS DISTINCT FROM $2)"};
// What the metadata names: how many things, which of them are ids, and which ids are orders here.
const pg::plan read_named{R"(
    SELECT DISTINCT named.id, o.id IS NOT NULL
    FROM (
        SELECT {uuid_or_null} AS id
        FROM pg_catalog.string_to_table($1, ',') AS part
        WHERE pg_catalog.btrim(part) <> ''
    ) named
    LEFT JOIN {s}.orders o ON o.id = named.id)",
                          {uuid_or_null, {"text", "pg_catalog.btrim(part)"}}};

// The payment of a payment intent. One that nobody started begins with the orders that its metadata
// names.
struct told_payment {
    payment p;
    bool is_new = false;
};

told_payment payment_of_intent(pg::spi spi, const stripe_event& e) {
    told_payment told{lock_payment(spi, std::string(stripe), e.id)};
    if (!told.p.rows.empty() || !e.order_ids)
        return told;
    const std::vector<pg::uuid> orders = named_orders(spi, *e.order_ids);
    if (orders.empty())
        return told;
    adopt_payment(spi, orders, std::string(stripe), e.id);
    told = {lock_payment(spi, std::string(stripe), e.id), true};
    if (told.p.rows.empty())
        throw core::error{core::errors::no_data_found, "no payment with this ID was started",
                          "The orders named in its metadata cost nothing."};
    // what was told before and is applied with it may end the orders
    lock_for_ending(spi, told.p);
    return told;
}

bool on_payment_news(pg::spi spi, const stripe_event& e, core::payment_news news) {
    told_payment told = payment_of_intent(spi, e);
    if (told.p.rows.empty())
        return false;
    apply_news(spi, told.p, news, e.created);
    if (told.is_new)
        replay_ignored_events(spi, e.id);
    return true;
}

// Who replays one of them already waits for the payment's lock, and will find it.
const pg::plan take_ignored{R"(
    WITH ignored AS (
        SELECT inbox.id
        FROM {s}.stripe_webhook_events AS inbox
        WHERE {stripe_event_waits_for}
        FOR UPDATE SKIP LOCKED
    ),
    told AS (
        UPDATE {s}.stripe_webhook_events AS inbox
        SET processed = false
        FROM ignored
        WHERE inbox.id = ignored.id
        RETURNING inbox.stripe_event_id, inbox.created_at
    )
    SELECT stripe_event_id::text
    FROM told
    ORDER BY created_at, stripe_event_id)",
                            {stripe_event_waits_for, {"payment", "$1"}}};
const pg::plan process_event{"SELECT FROM private.process_stripe_event($1)"};

} // namespace

std::vector<pg::uuid> named_orders(pg::spi, const std::string& text) {
    const pg::rows found = read_named.run(text);
    std::vector<pg::uuid> orders;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        if (found.value<bool>(2, i).value_or(false))
            orders.push_back(*found.value<pg::uuid>(1, i));
    if (!orders.empty() && orders.size() < found.count())
        throw core::error{core::errors::no_data_found,
                          "metadata names an order that does not exist",
                          "It also names one that exists."};
    return orders;
}

void replay_ignored_events(pg::spi, const std::string& processor_id) {
    const auto events = take_ignored.run(processor_id).values<std::string>();
    for (const std::string& event : events) {
        pg::check_for_interrupts();
        process_event.run(event);
    }
}

// By the payment intent, or by the charge, which is all that events of old versions of the API
// name.
payment payment_of_charge(pg::spi spi, const std::optional<std::string>& intent,
                          const std::string& charge) {
    const auto id = intent ? intent : find_by_charge.run(charge).value<std::string>();
    payment p = lock_payment(spi, std::string(stripe), id.value_or(charge));
    if (!p.rows.empty())
        lock_for_ending(spi, p);
    return p;
}

void money_came_in(pg::spi spi, payment& p, const stripe_event& e) {
    if (!p.is_paid())
        apply_news(spi, p, core::payment_news::succeeded, e.created);
}

void remember_charge(pg::spi, const payment& p, const std::string& charge) {
    set_charge.run(p.processor_id, charge);
}

bool on_payment_requires_action(pg::spi spi, const stripe_event& e) {
    return on_payment_news(spi, e, core::payment_news::requires_action);
}

bool on_payment_processing(pg::spi spi, const stripe_event& e) {
    return on_payment_news(spi, e, core::payment_news::processing);
}

bool on_payment_failed(pg::spi spi, const stripe_event& e) {
    return on_payment_news(spi, e, core::payment_news::failed);
}

bool on_payment_cancelled(pg::spi spi, const stripe_event& e) {
    return on_payment_news(spi, e, core::payment_news::cancelled);
}

bool on_payment_succeeded(pg::spi spi, const stripe_event& e) {
    told_payment told = payment_of_intent(spi, e);
    payment& p = told.p;
    if (p.rows.empty())
        return false;
    const core::money received =
        money_of(e.amount_received ? e.amount_received : e.amount, e, "amount");
    // of what was held on the card only a part was collected
    const bool is_part = e.amount && received.minor > 0 && received < p.amount() &&
                         money_of(e.amount, e, "amount") == p.amount();
    require_same(is_part ? p.amount() : received, p.amount(), p.currency, e);
    // that of an attempt which failed is not the one that is refunded or disputed
    if (e.latest_charge)
        remember_charge(spi, p, *e.latest_charge);
    if (is_part)
        come_in_partly(spi, p, received, e.created);
    else
        money_came_in(spi, p, e);
    if (told.is_new)
        replay_ignored_events(spi, e.id);
    return true;
}

} // namespace driplo
