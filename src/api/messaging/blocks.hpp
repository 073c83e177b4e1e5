// Blocks: who wants to have nothing to do with whom. They hold in both directions.
#pragma once

#include "pg/part.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <string>

namespace driplo {

// As a condition: whether the user `c` and the seller of the listing `l` have blocked each other,
// either the one or the other.
inline constexpr pg::part seller_is_blocked{"seller_is_blocked", R"(
    EXISTS (
        SELECT FROM {s}.user_blocks k
        WHERE (k.blocker_id = l.seller_id AND k.blocked_id = c.user_id)
          OR (k.blocker_id = c.user_id AND k.blocked_id = l.seller_id)
    ))"};

enum class block { none, by_caller, by_other };

// by_caller when both have blocked each other: that is no secret.
block block_between(pg::spi spi, const pg::uuid& caller, const pg::uuid& other);

// MK016, for the one who has blocked.
core::error has_blocked();

} // namespace driplo
