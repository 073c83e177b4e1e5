// Whose cart it is, its lock, and what may be in it.
#pragma once

#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>

namespace driplo {

// The caller, whose cart it is. Error 42501 without a user.
pg::uuid cart_owner();

// Locks the user's live cart until the transaction ends. The number of its lines, those beyond one
// too many not counted; nullopt when there is none.
std::optional<std::int64_t> lock_cart(pg::spi spi, const pg::uuid& user);

// Error MK015 for more lines than driplo.max_cart_lines, which clients may have written themselves.
void require_short_cart(std::int64_t lines);

// How many pieces there are of what this user can buy in that quantity. Errors: those of
// add_to_cart().
std::int32_t available_pieces(pg::spi spi, const pg::uuid& user, const pg::uuid& listing,
                              std::int32_t quantity, const std::optional<pg::uuid>& variant);

// The user's live cart, made where there is none, locked until the transaction ends.
pg::uuid get_locked_cart(const pg::uuid& user);

// The cart expires 30 days from now; the date moves at most once a day.
void renew(pg::spi spi, const pg::uuid& cart);

// Removes what is in the user's cart; how many lines that were.
std::int64_t empty_cart(pg::spi spi, const pg::uuid& user);

} // namespace driplo
