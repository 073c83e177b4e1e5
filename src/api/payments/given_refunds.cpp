// Refunds that nobody has asked for: the seller gives money back, for some items or an amount.
#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/items.hpp"
#include "api/orders/promises.hpp"
#include "api/outbox/events.hpp"
#include "api/payments/refund_books.hpp"
#include "api/payments/refunds.hpp"
#include "api/trust/disputes.hpp"
#include "core/currency.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/numeric.hpp"

namespace driplo {

namespace {

const pg::plan given_of{R"(
    SELECT id, order_item_id, quantity, amount, status::text
    FROM {s}.refund_requests
    WHERE id = ANY ($1)
    ORDER BY order_item_id)"};

struct given_refund {
    std::optional<core::money> amount;
    std::vector<line_pieces> items;
    std::string reason;
};

std::vector<pg::uuid> give(pg::spi spi, const pg::uuid& order_id, const given_refund& given) {
    lock_with_tied(spi, order_id);
    const order_money order = lock_order_money(spi, order_id);
    const unsigned actors = order_actors(order.buyer, order.seller);
    if (actors == core::as_nobody)
        throw does_not_exist("order", order_id);
    if ((actors & (core::as_seller | core::as_system)) == 0)
        throw core::error{core::errors::insufficient_privilege,
                          "only the seller of an order can refund it",
                          {},
                          "Buyers can use request_refund()."};
    const bool by_seller = (actors & core::as_seller) != 0;
    if (by_seller)
        required_trader();
    require_sold(order);
    require_no_chargeback(spi, order_id);
    const line_decision decided{given.reason, pg::actor(), by_seller, true};
    std::vector<pg::uuid> ids;
    if (given.amount) {
        core::require_payable(*given.amount, order.currency, "amount");
        ids.push_back(give_refund(spi, order_id, *given.amount, decided));
    }
    for (const line_pieces& item : given.items) {
        const std::int64_t quantity = required_pieces(spi, order_id, item);
        const line_refund done =
            refund_line(spi, order_id, {item.line, quantity}, std::nullopt, decided);
        if (!done.id)
            throw core::error{core::errors::refund_exceeds_payment,
                              "nothing can be refunded for this order item",
                              "It cost nothing, or what was paid for it has gone back."};
        ids.push_back(*done.id);
    }
    ids = with_other_parts(spi, ids);
    for (const pg::uuid& id : ids) {
        audit_staff(spi, actors, {"refund_order", "refund_request", "status"}, id, std::nullopt,
                    "approved", given.reason);
        record_event(spi, "refund.approved", id, pg::actor());
    }
    return ids;
}

} // namespace

// refund_order(order_id uuid, amount numeric, items jsonb, reason text) -> TABLE(...)
DRIPLO_FUNCTION(driplo_refund_order) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    given_refund given{
        pg::amount_argument(fcinfo, 1, "amount"), {}, required_reason(fcinfo, 3, "refund")};
    const bool names_items = pg::json_argument(fcinfo, 2).has_value();
    if (given.amount.has_value() == names_items)
        throw core::error{core::errors::invalid_parameter_value,
                          "exactly one of amount and items is required"};
    pg::session spi;
    if (names_items)
        given.items = required_items(spi, fcinfo, 2);
    return given_of.run(give(spi, order, given)).as_result(fcinfo);
}

} // namespace driplo
