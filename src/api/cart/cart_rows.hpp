// The rows of a user's cart in SQL: what of them everybody asks for who reads a cart.
#pragma once

#include "api/catalog/sellable.hpp"

namespace driplo {

inline constexpr pg::part cart_columns{"cart_columns", R"(
    i.id AS item_id, i.listing_id, i.variant_id, l.seller_id,
    CASE WHEN {listing_is_shown} THEN l.title::text END AS title,
    CASE WHEN {listing_is_shown} THEN COALESCE(v.price, l.price) END AS unit_price, i.quantity,
    CASE WHEN {listing_is_shown} THEN COALESCE(v.price, l.price) * i.quantity END AS line_total,
    l.currency::text AS currency,
    CASE WHEN {listing_is_shown} THEN COALESCE({pieces_there}, 0) END AS available,
    {buying_problem} AS problem)"};
inline constexpr pg::part live_cart_of_user{"live_cart_of_user", R"(
    c.user_id = $1 AND (c.expires_at IS NULL OR c.expires_at > now()))"};
inline constexpr pg::part cart_tables{"cart_tables", R"(
    FROM {s}.shopping_carts c
    JOIN {items} i ON i.cart_id = c.id
    JOIN {listings} l ON l.id = i.listing_id
    JOIN {s}.profiles s ON s.id = l.seller_id
    LEFT JOIN {variants} v ON v.id = i.variant_id
    WHERE {live_cart_of_user})"};

} // namespace driplo
