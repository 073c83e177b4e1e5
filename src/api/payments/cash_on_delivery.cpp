#include "api/payments/cash_on_delivery.hpp"

#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/clock.hpp"
#include "pg/entry_point.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan set_due{R"(
    UPDATE {s}.orders SET due_on_delivery = total_amount WHERE id = $1)",
                       pg::writes{"orders"}};
const pg::plan clear_due{"UPDATE {s}.orders SET due_on_delivery = 0 WHERE id = $1",
                         pg::writes{"orders"}};
const pg::plan not_on_delivery{R"(
    SELECT FROM {s}.order_items i
    LEFT JOIN {s}.listings l ON l.id = i.listing_id
    WHERE i.order_id = ANY ($1)
      AND (l.shipping_info -> 'cash_on_delivery' = 'true') IS NOT TRUE
    LIMIT 1)"};
const pg::plan parties{"SELECT buyer_id, seller_id FROM {s}.orders WHERE id = $1"};
// The rest of an order that is paid may still have to be sent.
const pg::plan is_all_sent{"SELECT private.is_all_sent($1)"};
const pg::plan find_uncollected{R"(
    SELECT FROM {s}.ledger_entries
    WHERE order_id = $1
      AND kind = 'sale'
      AND account::text = 'cash_on_delivery'
      AND NOT EXISTS (
          SELECT FROM {s}.ledger_entries WHERE order_id = $1 AND kind = 'cash_collected'
      ))"};
const pg::plan find_payment{R"(
    SELECT processor_transaction_id::text
    FROM {s}.payment_transactions
    WHERE order_id = $1 AND processor = $2
    ORDER BY created_at DESC, id
    LIMIT 1)"};

void settle(pg::spi spi, const pg::uuid& order_id, bool is_collected) {
    const pg::rows of = parties.run(order_id);
    const unsigned actors =
        of.empty() ? core::as_nobody : order_actors(of.value<pg::uuid>(1), of.value<pg::uuid>(2));
    if (actors == core::as_nobody)
        throw does_not_exist("order", order_id);
    const bool by_seller = (actors & core::as_seller) != 0;
    if ((actors & core::as_system) == 0 &&
        !(by_seller && pg::settings::cash_on_delivery == pg::settings::seller_collects))
        throw core::error{core::errors::insufficient_privilege,
                          "only who collects on delivery can settle it",
                          {},
                          "Sellers do where driplo.cash_on_delivery is seller, otherwise the "
                          "service or an admin."};
    if (by_seller)
        required_trader();
    payment p = lock_payment(spi, cash_on_delivery,
                             find_payment.run(order_id, std::string_view(cash_on_delivery))
                                 .value<std::string>()
                                 .value_or(""));
    if (!p.rows.empty())
        lock_for_ending(spi, p);
    const order_money order = lock_order_money(spi, order_id);
    if (p.rows.empty() || order.due.minor == 0)
        throw core::error{core::errors::illegal_money_state,
                          "nothing of the order is due on delivery"};
    const core::money due = order.due;
    if (is_collected)
        collect_what_is_due(spi, p.rows.front(), order, cash_is::with_seller,
                            pg::transaction_unix_time());
    else
        refuse_parcel(spi, p.rows.front(), order, pg::transaction_unix_time());
    audit_staff(spi, actors, {"settle_cash_on_delivery", "order", "due_on_delivery"}, order_id,
                money_text(due, order.currency), is_collected ? "collected" : "refused", "");
}

} // namespace

void require_cash_on_delivery(pg::spi, const std::vector<pg::uuid>& orders) {
    if (pg::settings::cash_on_delivery == pg::settings::nobody_collects)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "cash on delivery is not offered",
                          {},
                          "It is offered where driplo.cash_on_delivery is carrier or seller."};
    if (orders.size() > 1)
        throw core::error{core::errors::invalid_parameter_value,
                          "cash on delivery must be for one order",
                          {},
                          "Each parcel is paid at the door. Start a payment for each order."};
    if (!not_on_delivery.run(orders).empty())
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "an item of the order cannot be paid on delivery",
                          {},
                          "Its seller allows it by \"cash_on_delivery\" in shipping_info."};
}

void begin_cash_on_delivery(pg::spi spi, const pg::uuid& order) {
    set_due.run(order);
    take_step_by_system(spi, order, core::order_state::paid, "to be paid on delivery");
}

void collect_what_is_due(pg::spi spi, payment_row& row, order_money order, cash_is with,
                         std::int64_t at) {
    const bool is_with_seller = with == cash_is::with_seller;
    if (is_with_seller)
        release_takings(spi, {order});
    const core::money taken = core::money{} - order.due;
    book(spi, {"cash_collected",
               text_of(order.id),
               order.id,
               order.currency,
               {{"cash_on_delivery", std::nullopt, order.due},
                {is_with_seller ? "seller_available" : "processor_clearing",
                 is_with_seller ? order.payee : std::nullopt, taken}}});
    clear_due.run(order.id);
    row.state = core::payment_state::succeeded;
    row.is_surplus = false;
    write_state(spi, row, at);
    row.refunded = count_refunds(spi, row);
    const bool is_on_its_way =
        order.state == core::order_state::shipped || order.state == core::order_state::in_transit;
    if (is_on_its_way && is_all_sent.run(order.id).value<bool>().value_or(true))
        take_step_by_system(spi, order.id, core::order_state::delivered, "paid on delivery");
}

bool was_never_collected(pg::spi, const pg::uuid& order) {
    return !find_uncollected.run(order).empty();
}

void refuse_parcel(pg::spi spi, payment_row& row, const order_money& order, std::int64_t at) {
    if (order.was_delivered)
        throw core::error{core::errors::illegal_money_state,
                          "cannot refuse a parcel that was delivered",
                          {},
                          "Record that its payment came in, and book what is lost."};
    row.state = core::payment_state::failed;
    write_state(spi, row, at);
    take_step_back_by_system(spi, order.id, core::order_state::cancelled,
                             "not accepted on delivery");
}

// settle_cash_on_delivery(order_id uuid, outcome text) -> text
DRIPLO_FUNCTION(driplo_settle_cash_on_delivery) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const auto outcome = pg::required<std::string>(fcinfo, 1, "outcome");
    if (outcome != "collected" && outcome != "refused")
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("unrecognized outcome: \"{}\"", core::excerpt(outcome)),
                          "Valid outcomes are collected and refused."};
    pg::in_session([&](pg::spi spi) {
        settle(spi, order, outcome == "collected");
        return true;
    });
    return pg::argument<Datum>(fcinfo, 1).value_or(Datum{0});
}

} // namespace driplo
