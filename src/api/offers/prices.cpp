#include "api/offers/prices.hpp"

#include "api/call/roles.hpp"
#include "api/cart/contents.hpp"
#include "api/offers/row.hpp"
#include "pg/entry_point.hpp"
#include "pg/json.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"

#include <algorithm>
#include <map>
#include <string>

namespace driplo {

namespace {

const pg::plan lock_offers{R"(
    SELECT FROM {s}.offers
    WHERE id = ANY ($1)
    ORDER BY id
    FOR NO KEY UPDATE)"};
const pg::plan find_prices{R"(
    SELECT line.item_id, (o.amount * 100)::bigint
    FROM unnest($2, $3, $4, $5, $6, $7) AS line (
        item_id, offer_id, listing_id, variant_id, currency, quantity
    )
    JOIN {s}.offers o ON o.id = line.offer_id AND {offer_holds})",
                           {offer_holds},
                           pg::planned::once};
const pg::plan write_uses{R"(
    UPDATE {s}.offers o
    SET status = 'used', order_item_id = i.id
    FROM {s}.order_items i
    WHERE i.offer_id = o.id AND o.id = ANY ($1))"};

// A seller without settings has none.
const pg::unique_row tiers_of{"offer_settings", "seller_id", {{"bundle_tiers", JSONBOID}}};
const pg::plan find_tiers{R"(
    SELECT (tier ->> 'pieces')::bigint, (tier ->> 'percent')::bigint
    FROM {s}.offer_settings t
    CROSS JOIN LATERAL pg_catalog.jsonb_array_elements(t.bundle_tiers) AS tier
    WHERE t.seller_id = $1)"};

std::vector<core::bundle_tier> find_tiers_of(const pg::uuid& seller) {
    std::vector<core::bundle_tier> tiers;
    if (tiers_of.lacks(seller))
        return tiers;
    const pg::rows found = find_tiers.run(seller);
    for (std::uint64_t i = 0; i < found.count(); ++i)
        tiers.push_back({found.value<std::int64_t>(1, i).value_or(0),
                         found.value<std::int64_t>(2, i).value_or(0) * 100});
    return tiers;
}

bool has_several_pieces(const core::checkout& c, const core::order_quote& order) {
    std::int64_t pieces = 0;
    for (const core::order_line& line : order.lines)
        if (!c.lines[line.line].at_offer)
            pieces += std::min<std::int64_t>(c.lines[line.line].quantity, 2);
    return pieces > 1;
}

} // namespace

void price_by_offers(pg::spi, const pg::uuid& buyer, std::vector<cart_entry>& entries,
                     bool to_buy) {
    std::vector<pg::uuid> items, offers, listings;
    std::vector<std::optional<pg::uuid>> variants;
    std::vector<std::string> currencies;
    std::vector<std::int32_t> quantities;
    for (const cart_entry& entry : entries) {
        if (!entry.offer)
            continue;
        items.push_back(entry.item);
        offers.push_back(*entry.offer);
        listings.push_back(entry.line.listing);
        variants.push_back(entry.variant);
        currencies.push_back(entry.line.currency);
        quantities.push_back(static_cast<std::int32_t>(entry.line.quantity));
    }
    if (items.empty())
        return;
    if (to_buy)
        lock_offers.run(offers);
    const pg::rows found =
        find_prices.run(buyer, items, offers, listings, variants, currencies, quantities);
    std::map<pg::uuid, core::money> prices;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        prices[*found.value<pg::uuid>(1, i)] = {*found.value<std::int64_t>(2, i)};
    for (cart_entry& entry : entries) {
        if (!entry.offer || entry.problem)
            continue;
        const auto price = prices.find(entry.item);
        if (price == prices.end()) {
            entry.problem = "offer_expired";
            continue;
        }
        entry.line.unit_price = std::min(entry.list_price, price->second);
        entry.line.at_offer = true;
    }
}

void take_bundle_discounts(pg::spi, core::checkout& c) {
    for (std::size_t i = 0; i < c.orders.size(); ++i)
        if (has_several_pieces(c, c.orders[i]))
            c.bundle(i, find_tiers_of(c.orders[i].seller));
}

void use_offers(pg::spi, const std::vector<cart_entry>& bought) {
    std::vector<pg::uuid> offers;
    for (const cart_entry& entry : bought)
        if (entry.offer)
            offers.push_back(*entry.offer);
    if (!offers.empty())
        pg::require_written(write_uses.run(offers), offers.size(), "offers");
}

namespace {

const pg::plan add_line{R"(
    INSERT INTO {s}.cart_items (cart_id, listing_id, variant_id, quantity, offer_id)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (cart_id, listing_id, variant_id) DO UPDATE
    SET quantity = excluded.quantity, offer_id = excluded.offer_id
    RETURNING
        id,
        (SELECT pg_catalog.count(*) FROM {s}.cart_items WHERE cart_id = $1) + (xmax = 0)::integer)"};

pg::uuid buy_offer(pg::spi spi, const pg::uuid& user, const pg::uuid& id) {
    const offer_row known = find_offer(spi, id, user);
    if (user != known.buyer)
        throw core::error{core::errors::insufficient_privilege,
                          "only the buyer can buy at the price of an offer"};
    const pg::uuid cart = get_locked_cart(user);
    const offer_row offer = lock_offer(spi, known);
    if (offer.state != core::offer_state::accepted)
        throw illegal_offer_step(offer, "bought");
    // of what is there at least one piece, at most as many as were agreed on
    const std::int32_t pieces = available_pieces(spi, user, *offer.listing, 1, offer.variant);
    const pg::rows line =
        add_line.run(cart, offer.listing, offer.variant, std::min(offer.quantity, pieces), id);
    require_short_cart(line.value<std::int64_t>(2).value_or(0));
    return *line.value<pg::uuid>(1);
}

} // namespace

// buy_offer(offer_id uuid) -> uuid
DRIPLO_FUNCTION(driplo_buy_offer) {
    const auto offer = pg::required<pg::uuid>(fcinfo, 0, "offer_id");
    return pg::result(
        pg::in_session([&](pg::spi spi) { return buy_offer(spi, required_trader(), offer); }));
}

} // namespace driplo
