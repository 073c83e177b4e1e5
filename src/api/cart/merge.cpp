// The cart of a guest, who signs in: the account takes it over. That the guest was the same person
// is proved by a code which only the guest's session could have asked for.
#include "api/cart/contents.hpp"
#include "api/catalog/sellable.hpp"
#include "core/error.hpp"
#include "pg/entry_point.hpp"
#include "pg/random.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

constexpr std::int32_t max_quantity = 1'000'000; // cart_items.quantity

// Hashed, so that who reads the table cannot use it. A code is 122 random bits: no salt.
const pg::plan write_claim{R"(
    UPDATE {s}.shopping_carts
    SET claim_hash = pg_catalog.encode(pg_catalog.sha256(pg_catalog.uuid_send($2)), 'hex'),
        claim_expires_at = now() + pg_catalog.make_interval(hours => 1)
    WHERE id = $1)",
                           pg::writes{"shopping_carts"}};
const pg::plan claimed_owner{R"(
    SELECT user_id
    FROM {s}.shopping_carts
    WHERE claim_hash = pg_catalog.encode(pg_catalog.sha256(pg_catalog.uuid_send($1)), 'hex')
      AND claim_expires_at > now()
      AND (expires_at IS NULL OR expires_at > now()))"};
const pg::plan lock_carts{R"(
    SELECT FROM {s}.shopping_carts
    WHERE user_id = ANY ($1)
    ORDER BY id
    FOR NO KEY UPDATE)"};
const pg::plan use_claim{R"(
    UPDATE {s}.shopping_carts
    SET claim_hash = NULL, claim_expires_at = NULL
    WHERE claim_hash = pg_catalog.encode(pg_catalog.sha256(pg_catalog.uuid_send($1)), 'hex')
    RETURNING id)"};

// What is in the guest's cart, and why the account cannot have it.
const pg::plan guest_items{
    R"(
    SELECT
        i.listing_id,
        i.variant_id,
        i.quantity,
        {buying_problem},
        COALESCE({pieces_there}, 0),
        mine.id,
        COALESCE(mine.quantity, 0),
        mine.offer_id IS NOT NULL
    FROM (VALUES ($1)) AS c (user_id)
    CROSS JOIN {s}.cart_items i
    JOIN {s}.listings l ON l.id = i.listing_id
    JOIN {s}.profiles s ON s.id = l.seller_id
    LEFT JOIN {s}.product_variants v ON v.id = i.variant_id
    LEFT JOIN {s}.cart_items mine ON mine.cart_id = $3
        AND mine.listing_id = i.listing_id
        AND mine.variant_id IS NOT DISTINCT FROM i.variant_id
    WHERE i.cart_id = $2
    ORDER BY i.added_at, i.id)",
    {buying_problem, seller_is_away, seller_is_blocked, has_variants, pieces_there}};
const pg::plan count_items{"SELECT count(*) FROM {s}.cart_items WHERE cart_id = $1"};
const pg::plan put_in{R"(
    INSERT INTO {s}.cart_items (cart_id, listing_id, variant_id, quantity)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (cart_id, listing_id, variant_id) DO UPDATE
    SET quantity = cart_items.quantity + excluded.quantity
    RETURNING id)",
                      pg::writes{"cart_items"}};
const pg::plan merged{R"(
    SELECT item, listing, variant, requested, quantity, problem
    FROM unnest($1, $2, $3, $4, $5, $6)
        AS m (item, listing, variant, requested, quantity, problem))"};

struct merged_items {
    std::vector<std::optional<pg::uuid>> items, variants;
    std::vector<pg::uuid> listings;
    std::vector<std::int32_t> requested, quantities;
    std::vector<std::optional<std::string>> problems;
};

// Item by item, the oldest first. What the account has already stays as it is: of what both have,
// as much is added as is in stock.
merged_items take_over(pg::spi, const pg::uuid& user, const pg::uuid& guest_cart,
                       const pg::uuid& cart) {
    enum { listing = 1, variant, quantity, problem, pieces, item, had, has_offer };
    const pg::rows found = guest_items.run(user, guest_cart, cart);
    std::int64_t lines = count_items.run(cart).value<std::int64_t>().value_or(0);
    merged_items m;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        pg::check_for_interrupts();
        const auto wanted = found.value<std::int32_t>(quantity, i).value_or(0);
        const auto already = found.value<std::int32_t>(had, i).value_or(0);
        auto mine = found.value<pg::uuid>(item, i);
        auto why = found.value<std::string>(problem, i);
        std::int32_t added = 0;
        if (!why || why == "not_enough_stock") {
            const auto most =
                std::min(found.value<std::int32_t>(pieces, i).value_or(0), max_quantity);
            added = std::clamp(most - already, 0, wanted);
            why = added < wanted ? std::optional<std::string>("not_enough_stock") : std::nullopt;
            // the price was agreed on for so many
            if (found.value<bool>(has_offer, i).value_or(false)) {
                added = 0;
                why = "has_offer";
            } else if (!mine && lines >= pg::settings::max_cart_lines) {
                added = 0;
                why = "cart_full";
            }
        }
        const auto what = *found.value<pg::uuid>(listing, i);
        const auto which = found.value<pg::uuid>(variant, i);
        if (added > 0) {
            lines += mine ? 0 : 1;
            mine = put_in.run(cart, what, which, added).value<pg::uuid>();
        }
        m.items.push_back(mine);
        m.listings.push_back(what);
        m.variants.push_back(which);
        m.requested.push_back(wanted);
        m.quantities.push_back(already + added);
        m.problems.push_back(why);
    }
    return m;
}

core::error no_such_claim() {
    return core::error{core::errors::no_data_found,
                       "cart claim code is not valid",
                       {},
                       "A code from create_cart_claim() is valid for an hour, and once."};
}

} // namespace

// create_cart_claim() -> uuid
DRIPLO_FUNCTION(driplo_create_cart_claim) {
    const pg::uuid user = cart_owner();
    return pg::result(pg::in_session([&](pg::spi) {
        const pg::uuid code = pg::random_uuid();
        write_claim.run(get_locked_cart(user), code);
        return code;
    }));
}

// merge_cart(claim_code uuid) -> TABLE(...)
DRIPLO_FUNCTION(driplo_merge_cart) {
    const auto code = pg::required<pg::uuid>(fcinfo, 0, "claim_code");
    const pg::uuid user = cart_owner();
    pg::session spi;
    const auto guest = claimed_owner.run(code).value<pg::uuid>();
    if (!guest)
        throw no_such_claim();
    lock_carts.run(std::vector<pg::uuid>{*guest, user});
    const pg::uuid cart = get_locked_cart(user);
    // of two sessions with the same code the second one finds none
    const auto guest_cart = use_claim.run(code).value<pg::uuid>();
    if (!guest_cart)
        throw no_such_claim();
    merged_items m;
    if (*guest != user) {
        m = take_over(spi, user, *guest_cart, cart);
        empty_cart(spi, *guest);
        renew(spi, cart);
    }
    return merged.run(m.items, m.listings, m.variants, m.requested, m.quantities, m.problems)
        .as_result(fcinfo);
}

} // namespace driplo
