// What a checkout locks and counts of a cart without a statement, where the rows are found by an
// index and nothing is special. Without an answer a statement has to look, and to lock what is not
// locked yet.
#pragma once

#include "pg/value.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace driplo {

// Locks the user's live cart; how many lines it has.
std::optional<std::int64_t> lock_and_count(const pg::uuid& user);

struct plain_cart {
    pg::uuid id;
    std::vector<pg::uuid> listings;
};

// The cart, which is locked, when none of these lines of it has a variant, or of all; with their
// listings, locked by id against others who sell or change them.
std::optional<plain_cart> lock_plain_cart(const pg::uuid& user,
                                          const std::optional<std::vector<pg::uuid>>& items);

} // namespace driplo
