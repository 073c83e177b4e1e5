#include "api/orders/effects.hpp"

#include "api/call/roles.hpp"
#include "api/catalog/sellable.hpp"
#include "api/orders/promises.hpp"
#include "api/orders/state_lists.hpp"
#include "core/format.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Most orders have used neither variants, coupons, nor credit, and few sellers are away: what there
// is to lock and to give back is looked up first, a statement for each would cost more than the
// rest.
const pg::rows_of lines_of{"order_items", "order_id", {{"variant_id", UUIDOID}}};
const pg::rows_of coupons_of{"coupon_usage", "order_id", {}};
const pg::rows_of credits_of{"store_credit_usage", "order_id", {}};
const pg::unique_row seller_of{"orders", "id", {{"seller_id", UUIDOID}}};
const pg::unique_row absence_of{
    "profiles", "id", {{"suspended_at", TIMESTAMPTZOID}, {"deleted_at", TIMESTAMPTZOID}}};

bool has_variants(const pg::uuid& order) {
    bool found = false;
    return !lines_of.each(order, [&](const pg::found_row& line) {
        found = !line.is_null(0);
        return !found;
    }) || found;
}

bool may_be_away(const pg::uuid& order) {
    const auto row = seller_of.find(order, pg::snapshot::fresh);
    const auto seller = row ? row->value<pg::uuid>(0) : std::nullopt;
    const auto absence = seller ? absence_of.find(*seller, pg::snapshot::latest) : std::nullopt;
    return !absence || !absence->is_null(0) || !absence->is_null(1);
}

// Of a seller who is suspended what comes back is archived, and counted in the profile.
const pg::plan lock_sellers_away{R"(
    SELECT FROM {s}.profiles
    WHERE id IN (SELECT seller_id FROM {s}.orders WHERE id = ANY ($1))
      AND (suspended_at IS NOT NULL OR deleted_at IS NOT NULL)
    ORDER BY id
    FOR NO KEY UPDATE)",
                                 pg::planned::once};
// What goes with its owner, and what was used of it, is let alone here and below: a foreign key
// would miss the owner already.
constexpr pg::part its_seller_is_there{"its_seller_is_there", R"(
    EXISTS (SELECT FROM {s}.profiles p WHERE p.id = {listing}.seller_id))"};
constexpr pg::part its_listing_is_there{"its_listing_is_there", R"(
    EXISTS (SELECT FROM {s}.listings l WHERE l.id = {variant}.listing_id))"};
const pg::plan lock_listings{R"(
    SELECT FROM {s}.listings t
    WHERE t.id IN (SELECT listing_id FROM {s}.order_items WHERE order_id = ANY ($1))
      AND {its_seller_is_there}
    ORDER BY t.id
    FOR NO KEY UPDATE)",
                             {its_seller_is_there, {"listing", "t"}},
                             pg::planned::once};
const pg::plan lock_variants{R"(
    SELECT FROM {s}.product_variants t
    WHERE t.id IN (SELECT variant_id FROM {s}.order_items WHERE order_id = ANY ($1))
      AND {its_listing_is_there}
    ORDER BY t.id
    FOR NO KEY UPDATE)",
                             {its_listing_is_there, {"variant", "t"}},
                             pg::planned::once};
const pg::plan lock_coupons{R"(
    SELECT FROM {s}.coupons
    WHERE id IN (
        SELECT coupon_id
        FROM {s}.coupon_usage
        WHERE order_id = ANY ($1) AND is_successful
    )
    ORDER BY id
    FOR NO KEY UPDATE)",
                            pg::planned::once};
const pg::plan lock_credits{R"(
    SELECT FROM {s}.store_credits
    WHERE id IN (
        SELECT store_credit_id
        FROM {s}.store_credit_usage
        WHERE order_id = ANY ($1) AND returned_at IS NULL
    )
    ORDER BY id
    FOR NO KEY UPDATE)",
                            pg::planned::once};

// A stock that is full stays full: a seller who wrote the largest number must not be the reason
// that an order cannot be cancelled, and with it no other one that expires.
constexpr pg::part full_stock{"full_stock", "2147483647"};
constexpr pg::part of_orders{"of_orders", R"(
    (
        SELECT listing_id, variant_id, quantity - cancelled_quantity AS quantity
        FROM {s}.order_items
        WHERE order_id = ANY ($1)
    ))"};
constexpr pg::part of_pieces{"of_pieces", R"(
    (
        SELECT i.listing_id, i.variant_id, g.quantity
        FROM unnest($1, $2) AS g (line, quantity)
        JOIN {s}.order_items i ON i.id = g.line
    ))"};
constexpr const char* to_variants = R"(
    UPDATE {s}.product_variants v
    SET quantity = LEAST(v.quantity + returned.quantity, {full_stock})
    FROM (
        SELECT variant_id, sum(quantity) AS quantity
        FROM {pieces} p
        WHERE variant_id IS NOT NULL
        GROUP BY variant_id
    ) returned
    WHERE v.id = returned.variant_id AND {its_listing_is_there})";
const pg::plan give_back_to_variants{
    to_variants,
    {full_stock, its_listing_is_there, of_orders, {"variant", "v"}, {"pieces", "{of_orders}"}},
    pg::planned::once};
const pg::plan give_pieces_to_variants{
    to_variants,
    {full_stock, its_listing_is_there, of_pieces, {"variant", "v"}, {"pieces", "{of_pieces}"}},
    pg::planned::once};
constexpr pg::part to_listings{"to_listings", R"(
    UPDATE {s}.listings l
    SET
        quantity = LEAST(l.quantity + returned.quantity, {full_stock}),
        sold_at = NULL,
        status = CASE
            WHEN l.status::text NOT IN ('reserved', 'sold') THEN l.status
            WHEN EXISTS (SELECT FROM {s}.profiles s WHERE s.id = l.seller_id AND {seller_is_away})
                THEN 'archived'
            ELSE 'active'
        END
    FROM (
        SELECT listing_id, COALESCE(sum(quantity) FILTER (WHERE variant_id IS NULL), 0) AS quantity
        FROM {pieces} p
        GROUP BY listing_id
    ) returned
    WHERE l.id = returned.listing_id AND {its_seller_is_there})"};
// With the mark by which check_integrity() knows that it was done.
const pg::plan give_back_to_listings{
    R"(
    WITH marked AS (
        UPDATE {s}.order_items i
        SET stock_returned_at = now()
        WHERE i.order_id = ANY ($1) AND {its_listing_is_there}
    )
    {to_listings})",
    {its_listing_is_there,
     to_listings,
     full_stock,
     its_seller_is_there,
     seller_is_away,
     of_orders,
     {"pieces", "{of_orders}"},
     {"variant", "i"},
     {"listing", "l"}},
    pg::planned::once};
const pg::plan give_pieces_to_listings{"{to_listings}",
                                       {to_listings,
                                        full_stock,
                                        its_seller_is_there,
                                        seller_is_away,
                                        of_pieces,
                                        {"pieces", "{of_pieces}"},
                                        {"listing", "l"}},
                                       pg::planned::once};
// What of it is there to be written.
const pg::plan count_stock{
    R"(
    SELECT
        count(DISTINCT i.listing_id) FILTER (
            WHERE EXISTS (
                SELECT FROM {s}.listings l
                WHERE l.id = i.listing_id AND {its_seller_is_there}
            )
        ),
        count(DISTINCT i.variant_id) FILTER (WHERE {its_listing_is_there})
    FROM {s}.order_items i
    WHERE i.id = ANY ($1))",
    {its_seller_is_there, its_listing_is_there, {"listing", "l"}, {"variant", "i"}},
    pg::planned::once};
// The coupon's own trigger counts.
const pg::plan give_back_coupons{R"(
    UPDATE {s}.coupon_usage
    SET is_successful = false, failure_reason = 'order cancelled'
    WHERE order_id = ANY ($1)
      AND is_successful
      AND (coupon_id IS NULL OR EXISTS (SELECT FROM {s}.coupons c WHERE c.id = coupon_id)))",
                                 pg::planned::once};
// Not of an order whose refunds have reached the part that was paid with credit: that one gets what
// is left as a new credit (give_back_money()). Nor what expired while a paid order had it: that
// comes back as a new credit as well, with some time.
const pg::plan give_back_credits{R"(
    WITH returned AS (
        UPDATE {s}.store_credit_usage u
        SET returned_at = now()
        FROM {s}.orders o
        WHERE u.order_id = ANY ($1)
          AND u.returned_at IS NULL
          AND o.id = u.order_id
          AND EXISTS (SELECT FROM {s}.store_credits c WHERE c.id = u.store_credit_id)
          AND o.refunded_amount <= o.total_amount
          AND NOT EXISTS (
              SELECT FROM {s}.store_credits x
              WHERE x.id = u.store_credit_id
                AND x.expires_at <= now()
                AND NOT x.is_extended
                AND EXISTS (
                    SELECT FROM {s}.ledger_entries e
                    WHERE e.order_id = o.id AND e.kind = 'sale'
                )
          )
        RETURNING u.store_credit_id, u.amount
    )
    UPDATE {s}.store_credits c
    SET used_amount = c.used_amount - r.amount
    FROM (SELECT store_credit_id, sum(amount) AS amount FROM returned GROUP BY store_credit_id) r
    WHERE c.id = r.store_credit_id)",
                                 pg::planned::once};

// Locked before anybody asks whether another order is unpaid: of two payments at once the second
// then sees the first.
const pg::plan lock_reserved_listings{R"(
    SELECT FROM {s}.listings
    WHERE id IN (SELECT listing_id FROM {s}.order_items WHERE order_id = {all_with_tied_orders})
      AND status::text = 'reserved'
    ORDER BY id
    FOR NO KEY UPDATE)",
                                      {all_with_tied_orders}};
const pg::plan sell_listings{R"(
    UPDATE {s}.listings l
    SET status = 'sold', sold_at = now()
    WHERE l.id IN (SELECT listing_id FROM {s}.order_items WHERE order_id = $1)
      AND l.status::text = 'reserved'
      AND NOT EXISTS (
          SELECT FROM {s}.order_items i
          JOIN {s}.orders o ON o.id = i.order_id
          WHERE i.listing_id = l.id
            AND o.status::text IN ({unpaid_order_states})
      ))",
                             {unpaid_order_states}};

// How many rows of the stock there are to be written, and whether anything else.
struct locked_rows {
    std::uint64_t listings = 0, variants = 0;
    bool coupons = false, credits = false;
};

// A suspension locks what its seller has on sale, reserved, and sold, and then the profile: one
// that is under way is waited for at the listings.
locked_rows lock_stock(const std::vector<pg::uuid>& orders) {
    const auto of_any = [&](const auto& has) {
        return std::any_of(orders.begin(), orders.end(), has);
    };
    locked_rows locked;
    locked.listings = lock_listings.run(orders).count();
    if (of_any(has_variants))
        locked.variants = lock_variants.run(orders).count();
    locked.coupons =
        of_any([](const pg::uuid& order) { return coupons_of.has_any(order).value_or(true); });
    if (locked.coupons)
        lock_coupons.run(orders);
    locked.credits =
        of_any([](const pg::uuid& order) { return credits_of.has_any(order).value_or(true); });
    if (locked.credits)
        lock_credits.run(orders);
    if (of_any(may_be_away))
        lock_sellers_away.run(orders);
    return locked;
}

} // namespace

unsigned order_actors(const std::optional<pg::uuid>& buyer, const std::optional<pg::uuid>& seller) {
    if (pg::is_service())
        return core::as_system;
    const auto caller = pg::caller();
    if (!caller)
        return core::as_nobody;
    unsigned actors = core::as_nobody;
    if (buyer == caller)
        actors |= core::as_buyer;
    if (seller == caller)
        actors |= core::as_seller;
    // In an order of their own admins are a party like any other.
    if (actors != core::as_nobody)
        return actors;
    pg::session spi;
    if (is_admin(*caller))
        actors |= core::as_system;
    return actors;
}

core::error illegal_order_step(core::order_state from, core::order_state to, unsigned actors) {
    return core::error{
        core::errors::illegal_order_state,
        core::format("cannot change order status from {} to {}", core::order_state_name(from),
                     core::order_state_name(to)),
        core::format("Allowed next statuses: {}.", core::next_order_states(from, actors))};
}

void lock_for_giving_back(pg::spi, const std::vector<pg::uuid>& orders) {
    lock_stock(orders);
}

void give_back(pg::spi, const std::vector<pg::uuid>& orders) {
    const locked_rows locked = lock_stock(orders);
    if (locked.variants > 0)
        pg::require_written(give_back_to_variants.run(orders), locked.variants, "product_variants");
    pg::require_written(give_back_to_listings.run(orders), locked.listings, "listings");
    if (locked.coupons)
        give_back_coupons.run(orders);
    if (locked.credits)
        give_back_credits.run(orders);
}

void give_back_pieces(pg::spi, const std::vector<pg::uuid>& lines,
                      const std::vector<std::int64_t>& quantities) {
    const pg::rows there = count_stock.run(lines);
    pg::require_written(give_pieces_to_variants.run(lines, quantities),
                        static_cast<std::uint64_t>(*there.value<std::int64_t>(2)),
                        "product_variants");
    pg::require_written(give_pieces_to_listings.run(lines, quantities),
                        static_cast<std::uint64_t>(*there.value<std::int64_t>(1)), "listings");
}

void lock_for_selling(pg::spi, const std::vector<pg::uuid>& orders) {
    lock_reserved_listings.run(orders);
}

void mark_sold(pg::spi, const pg::uuid& order) {
    if (!lock_reserved_listings.run(std::vector<pg::uuid>{order}).empty())
        sell_listings.run(order);
}

} // namespace driplo
