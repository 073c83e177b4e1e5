// What becomes of orders whose people have deleted their accounts.
#pragma once

#include "pg/session.hpp"
#include "pg/value.hpp"

#include <vector>

namespace driplo {

// Of these orders, whose seller is gone or goes, those that were not sent end: what was paid goes
// back. One whose payment the buyer's bank has at the moment waits until that is decided.
void end_unsent_orders(pg::spi spi, const std::vector<pg::uuid>& orders);

// The same for who does not know whether their sellers are there.
void end_orders_without_seller(pg::spi spi, const std::vector<pg::uuid>& orders);

} // namespace driplo
