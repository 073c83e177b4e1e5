// Stripe Checkout: a session, whose payment intent comes when the buyer pays.
//
// start_payment() with the session's id makes the payment known, or the session's metadata and
// client_reference_id name the orders. With its payment intent the payment has that id from then
// on, which refunds and disputes name.
#include "api/payments/stripe.hpp"

#include "pg/spi.hpp"

namespace driplo {

namespace {

// Rows of an order that the payment intent has by its own metadata stay as they are.
const pg::plan name_intent{R"(
    UPDATE {s}.payment_transactions p
    SET
        processor_transaction_id = $2,
        metadata = COALESCE(p.metadata, '{}') || pg_catalog.jsonb_build_object('checkout_session', $1)
    WHERE p.processor = 'stripe'
      AND p.processor_transaction_id = $1
      AND NOT EXISTS (
          SELECT FROM {s}.payment_transactions other
          WHERE other.processor = 'stripe'
            AND other.processor_transaction_id = $2
      ))"};
const pg::plan find_intent{R"(
    SELECT processor_transaction_id
    FROM {s}.payment_transactions
    WHERE processor = 'stripe' AND metadata ->> 'checkout_session' = $1
    LIMIT 1)"};

struct session_payment {
    payment p;
    bool is_new = false;
};

session_payment payment_of_session(pg::spi spi, const stripe_event& e) {
    const std::string name(stripe);
    std::string id = e.payment_intent.value_or("");
    if (id.empty())
        id = find_intent.run(e.id).value<std::string>().value_or(e.id);
    session_payment told{lock_payment(spi, name, id)};
    if (id != e.id && !lock_payment(spi, name, e.id).rows.empty()) {
        name_intent.run(e.id, id);
        told.is_new = told.p.rows.empty();
        told.p = lock_payment(spi, name, id);
    }
    const auto named = e.order_ids ? e.order_ids : e.reference;
    if (!told.p.rows.empty() || !named)
        return told;
    const std::vector<pg::uuid> orders = named_orders(spi, *named);
    if (orders.empty())
        return told;
    adopt_payment(spi, orders, name, id);
    return {lock_payment(spi, name, id), true};
}

bool on_session(pg::spi spi, const stripe_event& e, core::payment_news news) {
    session_payment told = payment_of_session(spi, e);
    payment& p = told.p;
    if (p.rows.empty())
        return false;
    // what was told before and is applied with it may end the orders
    if (told.is_new)
        lock_for_ending(spi, p);
    if (news == core::payment_news::succeeded) {
        require_same(money_of(e.amount_total, e, "amount_total"), p.amount(), p.currency, e);
        money_came_in(spi, p, e);
    } else
        apply_news(spi, p, news, e.created);
    // what was started by the session's id beside a payment intent that names the orders itself
    if (p.processor_id != e.id)
        if (payment other = lock_payment(spi, std::string(stripe), e.id); !other.rows.empty())
            apply_news(spi, other, core::payment_news::cancelled, e.created);
    if (told.is_new)
        replay_ignored_events(spi, p.processor_id);
    return true;
}

} // namespace

bool on_session_completed(pg::spi spi, const stripe_event& e) {
    return on_session(spi, e,
                      e.payment_status == "unpaid" ? core::payment_news::processing
                                                   : core::payment_news::succeeded);
}

bool on_session_paid(pg::spi spi, const stripe_event& e) {
    return on_session(spi, e, core::payment_news::succeeded);
}

bool on_session_failed(pg::spi spi, const stripe_event& e) {
    return on_session(spi, e, core::payment_news::failed);
}

bool on_session_expired(pg::spi spi, const stripe_event& e) {
    return on_session(spi, e, core::payment_news::cancelled);
}

} // namespace driplo
