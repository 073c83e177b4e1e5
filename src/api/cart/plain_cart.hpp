// What a checkout locks, counts and takes of a cart without a statement, where the rows are found
// by an index and nothing is special. Without an answer a statement has to look, and to lock what
// is not locked yet.
#pragma once

#include "api/cart/lines_to_buy.hpp"

namespace driplo {

// Locks the user's live cart; how many lines it has.
std::optional<std::int64_t> lock_and_count(const pg::uuid& user);

// take_from_cart() where all lines, or these items, are of listings without variants and can be
// bought.
std::optional<std::vector<cart_entry>>
take_plain_lines(const pg::uuid& user, const std::optional<std::vector<pg::uuid>>& items);

} // namespace driplo
