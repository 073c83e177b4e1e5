// Orders that are paid at the door. Such an order is paid as far as everybody goes who sends it,
// and orders.due_on_delivery is what is still to be collected; the ledger has it in
// cash_on_delivery.
#pragma once

#include "api/payments/transactions.hpp"

namespace driplo {

// The processor of their payments.
inline constexpr const char* cash_on_delivery = "cash_on_delivery";

// Whether these orders can be paid at the door. Errors: 55000 when nobody collects, or a seller
// does not allow it; 22023 for more than one order.
void require_cash_on_delivery(pg::spi spi, const std::vector<pg::uuid>& orders);

// The payment of the order has begun: its seller may send it.
void begin_cash_on_delivery(pg::spi spi, const pg::uuid& order);

// What was due has come in: the platform has it, or the seller, who then owes it. What has a parcel
// on its way is delivered.
enum class cash_is { with_platform, with_seller };
void collect_what_is_due(pg::spi spi, payment_row& row, order_money order, cash_is with,
                         std::int64_t at);

// Whether the order was to be paid at the door and is not any more, without a payment: what comes
// in after that pays for nothing.
bool was_never_collected(pg::spi spi, const pg::uuid& order);

// The parcel was not accepted, or not sent at all: the order is cancelled, and nothing is due.
// Errors: MK013 for one that was delivered.
void refuse_parcel(pg::spi spi, payment_row& row, const order_money& order, std::int64_t at);

} // namespace driplo
