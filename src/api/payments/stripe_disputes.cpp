// Disputes that Stripe tells of: chargebacks.
#include "api/payments/chargebacks.hpp"
#include "api/payments/processor_fees.hpp"
#include "api/payments/stripe.hpp"

#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

// What the dispute has moved at Stripe; NULL while it has not.
const pg::plan moved{R"(
    SELECT sum((t ->> 'amount')::numeric)::bigint
    FROM pg_catalog.jsonb_array_elements(
        CASE pg_catalog.jsonb_typeof($1 #> '{data,object,balance_transactions}')
            WHEN 'array' THEN $1 #> '{data,object,balance_transactions}'
            ELSE '[]'
        END
    ) AS t)"};

// The end of an inquiry takes nothing. Of an end that is no word of the bank's (prevented,
// charge_refunded, and what Stripe may think of next) only the money itself says whose it is.
chargeback_end end_of(const stripe_event& e) {
    if (e.status == "lost")
        return chargeback_end::lost;
    if (e.status == "won" || e.status == "warning_closed")
        return chargeback_end::won;
    if (const auto amount = moved.run(e.json).value<std::int64_t>())
        return *amount < 0 ? chargeback_end::lost : chargeback_end::won;
    throw core::error{core::errors::check_violation,
                      "could not determine the outcome of the Stripe dispute",
                      core::format("Its status \"{}\" does not say who receives the money.",
                                   core::excerpt(e.status.value_or(""))),
                      "Record an event of your own that has the status won or lost."};
}

// A dispute that was ended before the bank could take the money has not taken it, unless it says
// so.
bool takes_money(const stripe_event& e) {
    for (const char* status : {"needs_response", "under_review", "won", "lost"})
        if (e.status == status)
            return true;
    if (e.type == "charge.dispute.funds_withdrawn")
        return true;
    return moved.run(e.json).value<std::int64_t>().value_or(0) < 0;
}

chargeback chargeback_of(pg::spi spi, const stripe_event& e) {
    return {e.id, money_of(e.amount, e, "amount"), e.reason.value_or("general"), takes_money(e),
            e.order_ids ? named_orders(spi, *e.order_ids) : std::vector<pg::uuid>()};
}

payment disputed_payment(pg::spi spi, const stripe_event& e) {
    payment p = payment_of_charge(spi, e.payment_intent, e.charge.value_or(e.id));
    if (p.rows.empty())
        return p;
    const core::money amount = money_of(e.amount, e, "amount");
    require_same(amount, amount, p.currency, e);
    money_came_in(spi, p, e);
    return p;
}

} // namespace

bool on_dispute_open(pg::spi spi, const stripe_event& e) {
    const payment p = disputed_payment(spi, e);
    if (p.rows.empty())
        return false;
    open_chargeback(spi, p, chargeback_of(spi, e));
    book_dispute_fees(spi, p, e.json);
    return true;
}

bool on_dispute_closed(pg::spi spi, const stripe_event& e) {
    const payment p = disputed_payment(spi, e);
    if (p.rows.empty())
        return false;
    close_chargeback(spi, p, chargeback_of(spi, e), end_of(e));
    book_dispute_fees(spi, p, e.json);
    return true;
}

} // namespace driplo
