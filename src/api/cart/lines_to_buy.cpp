// The lines of a cart, with what of their listings, sellers and variants the price depends on.
#include "api/cart/lines_to_buy.hpp"

#include "api/cart/cart_rows.hpp"
#include "api/cart/plain_cart.hpp"
#include "api/cart/shipping.hpp"
#include "api/catalog/listing_image.hpp"
#include "core/currency.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <tuple>

namespace driplo {

namespace {

constexpr pg::part buyable_lines{"buyable_lines", R"(
    SELECT
        {cart_columns},
        COALESCE(l.subcategory_id, l.category_id),
        (COALESCE(v.price, l.price) * 100)::bigint,
        v.name::text,
        {listing_image},
        i.added_at,
        i.offer_id,
        l.shipping_info,
        i.is_picked_up,
        {promises}
    {cart_tables})"};
// What the seller promises besides the price, which nobody needs who is told a price.
constexpr pg::part promises{"promises", R"(
    l.description, l.condition::text, l.brand::text, l.size::text, l.color::text)"};
constexpr pg::part no_promises{"promises", R"(
    NULL::text, NULL::text, NULL::text, NULL::text, NULL::text)"};
const pg::plan lines_to_buy{"{buyable_lines} ORDER BY i.added_at, i.id",
                            {listing_is_shown,
                             pieces_there,
                             seller_is_away,
                             seller_is_blocked,
                             has_variants,
                             buying_problem,
                             cart_columns,
                             listing_image,
                             live_cart_of_user,
                             cart_tables,
                             buyable_lines,
                             {"items", "{s}.cart_items"},
                             {"listings", "{s}.listings"},
                             {"variants", "{s}.product_variants"},
                             no_promises},
                            pg::planned::once};
constexpr pg::part of_these_lines{"live_cart_of_user", R"(
    c.user_id = $1 AND (c.expires_at IS NULL OR c.expires_at > now()) AND ($2 IS NULL OR i.id = ANY ($2)))"};
// Listings, then variants, then lines are locked, as by somebody who deletes a listing or a
// variant. What is read of each is what stands there when its lock is had; a line that is about
// something else by then stays in the cart.
constexpr pg::part lines_of_cart{"lines_of_cart", R"(
    {s}.shopping_carts c JOIN {s}.cart_items i ON i.cart_id = c.id WHERE {live_cart_of_user})"};
const pg::plan take_lines_to_buy{R"(
    WITH listings AS MATERIALIZED (
        SELECT
            id,
            seller_id,
            title,
            price,
            quantity,
            currency,
            status,
            category_id,
            subcategory_id,
            shipping_info,
            image_urls,
            images,
            description,
            condition,
            brand,
            size,
            color
        FROM {s}.listings
        WHERE id IN (SELECT i.listing_id FROM {lines_of_cart})
        ORDER BY id
        FOR NO KEY UPDATE OF listings
    ),
    variants AS MATERIALIZED (
        SELECT id, name, price, quantity, is_active
        FROM {s}.product_variants
        WHERE listing_id = ANY (ARRAY(SELECT id FROM listings))
          AND id IN (SELECT i.variant_id FROM {lines_of_cart})
        ORDER BY id
        FOR NO KEY UPDATE OF product_variants
    ),
    taken AS (
        DELETE FROM {s}.cart_items i
        USING {s}.shopping_carts c
        WHERE i.cart_id = c.id
          AND {live_cart_of_user}
          AND i.listing_id = ANY (ARRAY(SELECT id FROM listings))
          AND (i.variant_id IS NULL OR i.variant_id = ANY (ARRAY(SELECT id FROM variants)))
        RETURNING i.*
    )
    {buyable_lines})",
                                 {of_these_lines,
                                  lines_of_cart,
                                  listing_is_shown,
                                  pieces_there,
                                  seller_is_away,
                                  seller_is_blocked,
                                  has_variants,
                                  buying_problem,
                                  cart_columns,
                                  listing_image,
                                  cart_tables,
                                  buyable_lines,
                                  {"items", "taken"},
                                  {"listings", "listings"},
                                  {"variants", "variants"},
                                  promises},
                                 pg::planned::once};

// The columns of {cart_columns}, then those of {buyable_lines}.
namespace column {
enum {
    item = 1,
    listing,
    variant,
    seller,
    title,
    unit_price,
    quantity,
    line_total,
    currency,
    available,
    problem,
    category,
    price,
    variant_name,
    image_url,
    added_at,
    offer,
    shipping,
    is_picked_up,
    description,
    condition,
    brand,
    size,
    color
};
}

cart_entry entry_at(const pg::rows& found, std::uint64_t i) {
    cart_entry entry;
    entry.item = *found.value<pg::uuid>(column::item, i);
    entry.line.listing = *found.value<pg::uuid>(column::listing, i);
    entry.variant = found.value<pg::uuid>(column::variant, i);
    entry.line.seller = *found.value<pg::uuid>(column::seller, i);
    entry.title = found.value<std::string>(column::title, i).value_or("no longer available");
    entry.line.quantity = found.value<std::int32_t>(column::quantity, i).value_or(0);
    entry.line.currency = found.value<std::string>(column::currency, i).value_or("");
    entry.available = found.value<std::int32_t>(column::available, i).value_or(0);
    entry.problem = found.value<std::string>(column::problem, i);
    entry.line.category = found.value<pg::uuid>(column::category, i);
    entry.list_price = {found.value<std::int64_t>(column::price, i).value_or(0)};
    entry.line.unit_price = entry.list_price;
    entry.offer = found.value<pg::uuid>(column::offer, i);
    if (const auto shipping = found.json(column::shipping, i))
        entry.line.shipping =
            shipping_rule_of({*shipping}, core::smallest_unit(entry.line.currency));
    entry.line.is_picked_up = found.value<bool>(column::is_picked_up, i).value_or(false);
    if (!entry.problem && entry.line.is_picked_up && !entry.line.shipping.can_be_picked_up)
        entry.problem = "pickup_unavailable";
    entry.variant_name = found.value<std::string>(column::variant_name, i);
    entry.image_url = found.value<std::string>(column::image_url, i);
    if (const auto added_at = found.value<pg::timestamp>(column::added_at, i))
        entry.added_at = added_at->value;
    entry.description = found.value<std::string>(column::description, i);
    entry.condition = found.value<std::string>(column::condition, i);
    entry.brand = found.value<std::string>(column::brand, i);
    entry.size = found.value<std::string>(column::size, i);
    entry.color = found.value<std::string>(column::color, i);
    return entry;
}

std::vector<cart_entry> entries_of(const pg::rows& found) {
    std::vector<cart_entry> entries;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        entries.push_back(entry_at(found, i));
    return entries;
}

} // namespace

std::vector<cart_entry> read_cart(pg::spi, const pg::uuid& user) {
    return entries_of(lines_to_buy.run(user));
}

std::vector<cart_entry> take_from_cart(pg::spi, const pg::uuid& user,
                                       const std::optional<std::vector<pg::uuid>>& items) {
    auto plain = take_plain_lines(user, items);
    std::vector<cart_entry> entries =
        plain ? std::move(*plain) : entries_of(take_lines_to_buy.run(user, items));
    std::sort(entries.begin(), entries.end(), [](const cart_entry& a, const cart_entry& b) {
        return std::tie(a.added_at, a.item) < std::tie(b.added_at, b.item);
    });
    return entries;
}

} // namespace driplo
