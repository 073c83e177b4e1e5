// Disputes that Stripe tells of: chargebacks.
#include "api/chargebacks.hpp"
#include "api/stripe.hpp"

namespace driplo {

namespace {

chargeback chargeback_of(const stripe_event& e) {
    const std::string status = e.status.value_or("");
    return {e.id, money_of(e.amount, e, "amount"), e.reason.value_or("general"),
            status.rfind("warning", 0) != 0,
            e.order_ids ? named_orders(*e.order_ids) : std::vector<pg::uuid>()};
}

payment disputed_payment(const stripe_event& e) {
    payment p = payment_of_charge(e.payment_intent, e.charge.value_or(e.id));
    if (p.rows.empty())
        return p;
    const core::money amount = money_of(e.amount, e, "amount");
    require_same(amount, amount, p.currency, e);
    money_came_in(p, e);
    return p;
}

} // namespace

bool on_dispute_open(const stripe_event& e) {
    const payment p = disputed_payment(e);
    if (p.rows.empty())
        return false;
    open_chargeback(p, chargeback_of(e));
    return true;
}

bool on_dispute_closed(const stripe_event& e) {
    const payment p = disputed_payment(e);
    if (p.rows.empty())
        return false;
    close_chargeback(p, chargeback_of(e),
                     e.status == "lost" ? chargeback_end::lost : chargeback_end::won);
    return true;
}

} // namespace driplo
