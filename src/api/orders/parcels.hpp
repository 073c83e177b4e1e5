// The parcels of an order: rows of order_tracking, numbered from 1.
#pragma once

#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

// The parcels follow a step to in_transit and delivered, and these two and shipped are shipping
// events.
void move_parcels(pg::spi spi, const pg::uuid& order, const std::optional<std::string>& to);

// A party says that everything has arrived. Error MK005 while parcels name their items and some of
// the order's are in none.
void require_all_sent(pg::spi spi, const pg::uuid& order);

} // namespace driplo
