// An order as others need it: whose it is, and in what state.
#pragma once

#include "pg/session.hpp"
#include "pg/value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driplo {

struct order_row {
    std::optional<pg::uuid> buyer, seller; // nullopt when the account was deleted
    std::string status;
};

// Nullopt when there is no such order.
std::optional<order_row> find_order(pg::spi spi, const pg::uuid& order);
// The same under the lock that a step takes.
std::optional<order_row> lock_order(pg::spi spi, const pg::uuid& order);

// Locks of these orders, in this sequence, as many as are wanted that no other session has locked.
std::vector<pg::uuid> lock_free_orders(pg::spi spi, const std::vector<pg::uuid>& wanted,
                                       std::int32_t most);

// Whoever takes a sum over what hangs on the order locks it for REPEATABLE READ too, by
// private.lock_order(). False when there is no such order.
bool lock_order_for_sum(pg::spi spi, const pg::uuid& order);

} // namespace driplo
