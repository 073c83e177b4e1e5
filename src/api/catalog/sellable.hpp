// What can be bought. The one decision for what is put into a cart, what stands in one, quotes and
// checkout().
//
// Three more places look at the same facts. The policy of cart_items (sql/logic/cart.sql) refuses
// to clients what its user can see to be wrong. take_plain_lines() (api/cart/plain_cart.cpp) finds
// by indexes that nothing is wrong, and asks here otherwise. check_order_of()
// (api/orders/lines.cpp) looks under the locks, when a line is written into an order, and there the
// rest of a reserved listing can be had too.
#pragma once

#include "api/messaging/blocks.hpp"
#include "pg/part.hpp"

#include <cstdint>

namespace driplo {

// Of the listing `l`.
inline constexpr pg::part has_variants{"has_variants", R"(
    EXISTS (SELECT FROM {s}.product_variants o WHERE o.listing_id = l.id))"};
inline constexpr pg::part has_variants_in_stock{"has_variants_in_stock", R"(
    EXISTS (
        SELECT FROM {s}.product_variants o
        WHERE o.listing_id = l.id
          AND o.is_active
          AND o.quantity > 0
    ))"};

// Of the seller `s`.
inline constexpr pg::part seller_is_away{"seller_is_away", R"(
    (s.deleted_at IS NOT NULL OR s.suspended_at IS NOT NULL))"};

// What the policy of the listings keeps back from the user `c` (drafts, what was removed) is told
// by no cart either.
inline constexpr pg::part listing_is_shown{"listing_is_shown", R"(
    (l.status::text IN ('active', 'sold', 'reserved') OR l.seller_id = c.user_id))"};

// How many pieces there are of the variant `v` of the listing `l` that the line `i` names, or of
// the listing.
inline constexpr pg::part pieces_there{"pieces_there", R"(
    CASE WHEN i.variant_id IS NULL THEN l.quantity ELSE v.quantity END)"};

// Why the user `c` cannot buy the line `i`, as a code of cart_contents(); NULL when nothing is in
// the way. A line whose listing got variants since needs one, also when none of them is active:
// then there is nothing to sell.
inline constexpr pg::part buying_problem{"buying_problem", R"(
    CASE
        WHEN l.seller_id = c.user_id THEN 'own_listing'
        -- the block is looked for in any case: how long it takes must not tell which it is
        WHEN {seller_is_blocked} OR {seller_is_away} THEN 'seller_unavailable'
        WHEN l.status::text <> 'active' THEN 'listing_unavailable'
        WHEN i.variant_id IS NOT NULL AND v.is_active IS NOT TRUE THEN 'variant_unavailable'
        WHEN i.variant_id IS NULL AND {has_variants} THEN 'variant_unavailable'
        WHEN i.quantity > {pieces_there} THEN 'not_enough_stock'
    END)"};

// Error MK003 when fewer pieces are there than are wanted.
void require_stock(std::int64_t wanted, std::int64_t there);

} // namespace driplo
