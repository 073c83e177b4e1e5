// Cart: every user has one, and an expired one is replaced; what is in it, and what is wrong with
// it.
#include "api/cart/contents.hpp"

#include "api/call/arguments.hpp"
#include "api/cart/cart_rows.hpp"
#include "api/cart/plain_cart.hpp"
#include "api/catalog/sellable.hpp"
#include "api/offers/prices.hpp"
#include "core/format.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/rights.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/trigger.hpp"

namespace driplo {

namespace {

// A cart without a date never expires.
const pg::unique_row cart_of{
    "shopping_carts", "user_id", {{"id", UUIDOID}, {"expires_at", TIMESTAMPTZOID}}};
const pg::plan live_cart{R"(
    SELECT id
    FROM {s}.shopping_carts
    WHERE user_id = $1 AND (expires_at IS NULL OR expires_at > now()))"};
const pg::plan drop_expired_cart{R"(
    DELETE FROM {s}.shopping_carts WHERE user_id = $1 AND expires_at <= now())"};
const pg::plan create_cart{R"(
    INSERT INTO {s}.shopping_carts (user_id)
    SELECT id
    FROM {s}.profiles
    WHERE id = $1 AND deleted_at IS NULL
    ON CONFLICT (user_id) DO NOTHING
    RETURNING id)"};
const pg::plan user_exists{"SELECT FROM {s}.profiles WHERE id = $1 AND deleted_at IS NULL"};

pg::uuid get_or_create_cart(const pg::uuid& user) {
    enum { id, expires_at };
    if (const auto cart = cart_of.find(user, pg::snapshot::fresh);
        cart && cart->is_ahead(expires_at))
        return *cart->value<pg::uuid>(id);

    constexpr unsigned most_attempts = 20;
    const pg::owner_scope as_owner;
    pg::session spi;
    for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
        if (const auto id = live_cart.run(user).value<pg::uuid>())
            return *id;
        drop_expired_cart.run(user);
        if (const auto id = create_cart.run(user).value<pg::uuid>())
            return *id;
        // Another session was first; its cart is visible to the next look. Or there is no such
        // user.
        if (user_exists.run(user).empty())
            throw does_not_exist("user", user,
                                 "Profiles are created when a row is inserted into auth.users.");
    }
    throw core::error{core::errors::object_not_in_prerequisite_state,
                      "could not create or replace cart",
                      "Concurrent sessions or a user-defined trigger kept removing it."};
}

constexpr std::int32_t max_quantity = 1'000'000; // cart_items.quantity

void check_quantity(std::int32_t quantity, std::int32_t least) {
    if (quantity < least || quantity > max_quantity)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("quantity must be between {} and {}", least, max_quantity)};
}

// Drafts and the like of others are as if they were not there.
const pg::plan look_at_wish{
    R"(
    SELECT {buying_problem}, {pieces_there}, v.id IS NOT NULL, l.seller_id
    FROM (VALUES ($1)) AS c (user_id)
    CROSS JOIN (VALUES ($2, $3, $4)) AS i (listing_id, variant_id, quantity)
    JOIN {s}.listings l ON l.id = i.listing_id AND {listing_is_shown}
    JOIN {s}.profiles s ON s.id = l.seller_id
    LEFT JOIN {s}.product_variants v ON v.id = i.variant_id AND v.listing_id = l.id)",
    {buying_problem, seller_is_away, seller_is_blocked, has_variants, pieces_there,
     listing_is_shown}};
const pg::plan add_item{R"(
    INSERT INTO {s}.cart_items (cart_id, listing_id, variant_id, quantity)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (cart_id, listing_id, variant_id) DO UPDATE
    SET quantity = cart_items.quantity + excluded.quantity
    RETURNING
        id,
        quantity,
        CASE
            WHEN xmax = 0
                THEN (
                    SELECT pg_catalog.count(*)
                    FROM (SELECT FROM {s}.cart_items WHERE cart_id = $1 LIMIT $5) line
                )
        END)"};
// At most once a day, or each look at the shop would write the cart.
const pg::plan renew_cart{R"(
    UPDATE {s}.shopping_carts
    SET expires_at = now() + pg_catalog.make_interval(days => 30)
    WHERE id = $1
      AND expires_at < now() + pg_catalog.make_interval(days => 29))"};

// Whoever changes what is in a cart locks the cart first, then its lines: a checkout in another tab
// neither loses a piece that was added meanwhile nor waits for somebody who waits for it.
const pg::plan lock_cart_row{R"(
    SELECT FROM {s}.shopping_carts
    WHERE id = $1
    FOR NO KEY UPDATE)"};
const pg::plan lock_own_cart{R"(
    SELECT FROM {s}.shopping_carts
    WHERE user_id = $1
    FOR NO KEY UPDATE)"};

core::error no_variant_for_sale(const std::optional<pg::uuid>& variant, bool is_known) {
    if (!variant)
        return core::error{core::errors::invalid_parameter_value,
                           "variant must be specified",
                           {},
                           "The listing has variants; pass the ID of one in variant_id."};
    if (!is_known)
        return does_not_exist("variant", *variant);
    return core::error{core::errors::object_not_in_prerequisite_state, "variant is not for sale"};
}

} // namespace

pg::uuid get_locked_cart(const pg::uuid& user) {
    // an expired cart may be gone before it is locked
    for (;;) {
        pg::check_for_interrupts();
        const pg::uuid cart = get_or_create_cart(user);
        if (!lock_cart_row.run(cart).empty())
            return cart;
    }
}

void renew(pg::spi, const pg::uuid& cart) {
    renew_cart.run(cart);
}

std::int32_t available_pieces(pg::spi spi, const pg::uuid& user, const pg::uuid& listing,
                              std::int32_t quantity, const std::optional<pg::uuid>& variant) {
    const pg::rows found = look_at_wish.run(user, listing, variant, quantity);
    if (found.empty())
        throw does_not_exist("listing", listing);
    const std::int32_t pieces = found.value<std::int32_t>(2).value_or(0);
    const auto in_the_way = found.value<std::string>(1);
    if (!in_the_way || in_the_way == "not_enough_stock") {
        require_stock(quantity, pieces);
        return pieces;
    }
    if (in_the_way == "own_listing")
        throw core::error{core::errors::check_violation, "cannot add your own listing to the cart"};
    if (in_the_way == "variant_unavailable")
        throw no_variant_for_sale(variant, found.value<bool>(3).value_or(false));
    if (in_the_way == "seller_unavailable")
        switch (block_between(spi, user, *found.value<pg::uuid>(4))) {
        case block::by_caller:
            throw has_blocked();
        case block::by_other:
            throw does_not_exist("listing", listing);
        case block::none:
            break;
        }
    throw core::error{core::errors::object_not_in_prerequisite_state,
                      "listing is not for sale",
                      {},
                      "Only active listings of active sellers can be added to a cart."};
}

namespace {

pg::uuid add_to_cart(pg::spi spi, const pg::uuid& user, const pg::uuid& listing,
                     std::int32_t quantity, const std::optional<pg::uuid>& variant) {
    const std::int32_t pieces = available_pieces(spi, user, listing, quantity, variant);
    const pg::uuid cart = get_locked_cart(user);
    const pg::rows item =
        add_item.run(cart, listing, variant, quantity, std::int64_t{pg::settings::max_cart_lines});
    require_short_cart(item.value<std::int64_t>(3).value_or(0) + 1);
    require_stock(item.value<std::int32_t>(2).value_or(0), pieces);
    renew(spi, cart);
    return *item.value<pg::uuid>(1);
}

const pg::plan find_item{R"(
    SELECT {pieces_there}
    FROM {s}.cart_items i
    JOIN {s}.shopping_carts c ON c.id = i.cart_id
        AND c.user_id = $2
        AND (c.expires_at IS NULL OR c.expires_at > now())
    JOIN {s}.listings l ON l.id = i.listing_id
    LEFT JOIN {s}.product_variants v ON v.id = i.variant_id
    WHERE i.id = $1)",
                         {pieces_there}};
const pg::plan set_item_quantity{"UPDATE {s}.cart_items SET quantity = $2 WHERE id = $1"};
const pg::plan find_item_to_pick_up{R"(
    SELECT l.shipping_info -> 'pickup' = 'true'
    FROM {s}.cart_items i
    JOIN {s}.shopping_carts c ON c.id = i.cart_id
        AND c.user_id = $2
        AND (c.expires_at IS NULL OR c.expires_at > now())
    JOIN {s}.listings l ON l.id = i.listing_id
    WHERE i.id = $1)"};
const pg::plan set_item_pickup{"UPDATE {s}.cart_items SET is_picked_up = $2 WHERE id = $1"};
const pg::plan remove_item{"DELETE FROM {s}.cart_items WHERE id = $1"};

void set_cart_quantity(const pg::uuid& user, const pg::uuid& item, std::int32_t quantity) {
    lock_own_cart.run(user);
    const pg::rows found = find_item.run(item, user);
    if (found.empty())
        throw does_not_exist("cart item", item);
    if (quantity == 0) {
        remove_item.run(item);
        return;
    }
    require_stock(quantity, found.value<std::int32_t>(1).value_or(0));
    set_item_quantity.run(item, quantity);
}

void set_cart_pickup(const pg::uuid& user, const pg::uuid& item, bool is_picked_up) {
    lock_own_cart.run(user);
    const pg::rows found = find_item_to_pick_up.run(item, user);
    if (found.empty())
        throw does_not_exist("cart item", item);
    if (is_picked_up && !found.value<bool>(1).value_or(false))
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "item cannot be picked up",
                          {},
                          "Only items whose seller offers it can be picked up."};
    set_item_pickup.run(item, is_picked_up);
}

// The price of an offer that holds, if it is the lower one. Without one that holds the line is none
// that can be bought.
const pg::plan contents{R"(
    SELECT
        line.item_id,
        line.listing_id,
        line.variant_id,
        line.seller_id,
        line.title,
        cost.unit_price,
        line.quantity,
        cost.unit_price * line.quantity,
        line.currency,
        line.available,
        COALESCE(
            line.problem,
            CASE WHEN line.offer_id IS NOT NULL AND o.id IS NULL THEN 'offer_expired' END
        ),
        line.offer_id,
        line.unit_price,
        o.checkout_until
    FROM (SELECT {cart_columns}, i.offer_id, i.added_at {cart_tables}) line
    LEFT JOIN {s}.offers o ON o.id = line.offer_id AND {offer_holds}
    CROSS JOIN LATERAL (
        SELECT CASE WHEN line.unit_price IS NOT NULL THEN LEAST(line.unit_price, o.amount) END
    ) AS cost (unit_price)
    ORDER BY line.added_at, line.item_id)",
                        {offer_holds,
                         listing_is_shown,
                         pieces_there,
                         seller_is_away,
                         seller_is_blocked,
                         has_variants,
                         buying_problem,
                         cart_columns,
                         live_cart_of_user,
                         cart_tables,
                         {"items", "{s}.cart_items"},
                         {"listings", "{s}.listings"},
                         {"variants", "{s}.product_variants"}},
                        pg::access::read_only};

const pg::plan lock_live_cart{R"(
    SELECT (
        SELECT pg_catalog.count(*)
        FROM (SELECT FROM {s}.cart_items i WHERE i.cart_id = c.id LIMIT $2) line
    )
    FROM {s}.shopping_carts c
    WHERE c.user_id = $1
      AND (c.expires_at IS NULL OR c.expires_at > now())
    FOR UPDATE OF c)",
                              pg::planned::once};
const pg::plan remove_items{R"(
    DELETE FROM {s}.cart_items
    WHERE cart_id = (SELECT id FROM {s}.shopping_carts WHERE user_id = $1))",
                            pg::planned::once};

} // namespace

pg::uuid cart_owner() {
    if (const auto caller = pg::caller())
        return *caller;
    throw core::error{core::errors::insufficient_privilege,
                      "must be signed in to use a cart",
                      {},
                      "An anonymous sign-in is sufficient."};
}

std::optional<std::int64_t> lock_cart(pg::spi, const pg::uuid& user) {
    if (const auto lines = lock_and_count(user))
        return lines;
    return lock_live_cart.run(user, std::int64_t{pg::settings::max_cart_lines} + 1)
        .value<std::int64_t>();
}

void require_short_cart(std::int64_t lines) {
    if (lines > pg::settings::max_cart_lines)
        throw core::error{core::errors::limit_reached,
                          core::format("cart cannot contain more than {} different items",
                                       std::int32_t{pg::settings::max_cart_lines}),
                          {},
                          "Check out or remove some items."};
}

std::int64_t empty_cart(pg::spi, const pg::uuid& user) {
    return static_cast<std::int64_t>(remove_items.run(user).count());
}

namespace {

const pg::plan lock_cart_of_line{R"(
    SELECT FROM {s}.shopping_carts
    WHERE id = $1 AND user_id = $2
    FOR NO KEY UPDATE)"};
// One that is there already becomes no line more.
const pg::plan other_lines{R"(
    SELECT pg_catalog.count(*)
    FROM (
        SELECT FROM {s}.cart_items
        WHERE cart_id = $1
          AND NOT (listing_id = $2 AND variant_id IS NOT DISTINCT FROM $3)
        LIMIT $4
    ) line)"};

// Of a cart of somebody else's nothing is told: the policy refuses it.
void check_length(const pg::trigger_call& row) {
    const auto cart = row.value<pg::uuid>("cart_id");
    const auto user = pg::caller();
    const pg::owner_scope as_owner;
    pg::session spi;
    if (lock_cart_of_line.run(cart, user).empty())
        return;
    const auto others =
        other_lines.run(cart, row.value<pg::uuid>("listing_id"), row.value<pg::uuid>("variant_id"),
                        std::int64_t{pg::settings::max_cart_lines});
    require_short_cart(others.value<std::int64_t>().value_or(0) + 1);
}

} // namespace

// private.guard_cart_line(): BEFORE INSERT ON cart_items. driplo's functions look themselves.
DRIPLO_FUNCTION(driplo_guard_cart_line) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert);
    if (!row.runs_as_owner() && !pg::is_service())
        check_length(row);
    return row.result();
}

// add_to_cart(listing_id uuid, quantity integer, variant_id uuid) -> uuid
DRIPLO_FUNCTION(driplo_add_to_cart) {
    const auto listing = pg::required<pg::uuid>(fcinfo, 0, "listing_id");
    const auto quantity = pg::required<std::int32_t>(fcinfo, 1, "quantity");
    check_quantity(quantity, 1);
    const pg::uuid user = cart_owner();
    return pg::result(pg::in_session([&](pg::spi spi) {
        return add_to_cart(spi, user, listing, quantity, pg::argument<pg::uuid>(fcinfo, 2));
    }));
}

// set_cart_quantity(item_id uuid, quantity integer) -> void
DRIPLO_FUNCTION(driplo_set_cart_quantity) {
    const auto item = pg::required<pg::uuid>(fcinfo, 0, "item_id");
    const auto quantity = pg::required<std::int32_t>(fcinfo, 1, "quantity");
    check_quantity(quantity, 0);
    const pg::uuid user = cart_owner();
    pg::session spi;
    set_cart_quantity(user, item, quantity);
    return pg::nothing();
}

// set_cart_pickup(item_id uuid, is_picked_up boolean) -> void
DRIPLO_FUNCTION(driplo_set_cart_pickup) {
    const auto item = pg::required<pg::uuid>(fcinfo, 0, "item_id");
    const auto is_picked_up = pg::required<bool>(fcinfo, 1, "is_picked_up");
    const pg::uuid user = cart_owner();
    pg::session spi;
    set_cart_pickup(user, item, is_picked_up);
    return pg::nothing();
}

// clear_cart() -> integer
DRIPLO_FUNCTION(driplo_clear_cart) {
    const pg::uuid user = cart_owner();
    pg::session spi;
    lock_own_cart.run(user);
    return pg::to_datum(static_cast<std::int32_t>(empty_cart(spi, user)));
}

// cart_contents() -> TABLE(...)
DRIPLO_FUNCTION(driplo_cart_contents) {
    const pg::uuid user = cart_owner();
    pg::session spi;
    return contents.run(user).as_result(fcinfo);
}

// get_or_create_cart(user_uuid uuid) -> uuid
DRIPLO_FUNCTION(driplo_get_or_create_cart) {
    const auto user = pg::required<pg::uuid>(fcinfo, 0, "user_uuid");
    if (!pg::is_service() && pg::caller() != user)
        throw core::error{core::errors::insufficient_privilege,
                          "permission denied for cart of another user",
                          {},
                          "Call get_or_create_cart(auth.uid())."};
    return pg::result(get_or_create_cart(user));
}

} // namespace driplo
