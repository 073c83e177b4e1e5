// An offer as it is at this moment, which is not always what was written last: its time can be
// over, or what it is about gone, before a job writes so.
//
// Locks: the cart of the buyer, the listing (FOR SHARE, so that it is not sold and its price not
// changed meanwhile), the offers by id, the conversation.
#pragma once

#include "api/catalog/sellable.hpp"
#include "core/money.hpp"
#include "core/offer_state.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

// What belongs to the offer `o`: its listing `l`, its variant `v`, its seller `s` and its buyer
// `c`.
inline constexpr pg::part offer_sides{"offer_sides", R"(
    JOIN {s}.profiles s ON s.id = o.seller_id
    JOIN {s}.profiles c ON c.id = o.buyer_id
    LEFT JOIN {s}.listings l ON l.id = o.listing_id
    LEFT JOIN {s}.product_variants v ON v.id = o.variant_id)"};
inline constexpr pg::part offer_tables{"offer_tables", "{s}.offers o {offer_sides}"};

// What becomes of the offer by itself; its status when nothing does. Evaluated with the clock:
// where somebody else may write the offer, after its lock is had, in a statement of its own. A
// reserved listing may be for sale again. What was accepted is bought at the lower of the two
// prices.
inline constexpr pg::part offer_now{"offer_now", R"(
    CASE
        WHEN o.status NOT IN ('pending', 'accepted') THEN o.status
        WHEN COALESCE(o.checkout_until, o.expires_at) <= pg_catalog.clock_timestamp() THEN 'expired'
        WHEN l.id IS NULL
          OR l.status::text NOT IN ('active', 'reserved')
          OR l.currency::text <> o.currency::text
          OR {seller_is_away}
          OR c.deleted_at IS NOT NULL
          OR c.suspended_at IS NOT NULL
          OR CASE WHEN o.variant_id IS NULL THEN {has_variants} ELSE v.is_active IS NOT TRUE END
          OR (o.status = 'pending' AND o.amount >= COALESCE(v.price, l.price))
          OR EXISTS (
              SELECT FROM {s}.user_blocks k
              WHERE (k.blocker_id = o.seller_id AND k.blocked_id = o.buyer_id)
                OR (k.blocker_id = o.buyer_id AND k.blocked_id = o.seller_id)
          )
            THEN 'void'
        ELSE o.status
    END)"};

struct offer_row {
    pg::uuid id, buyer, seller;
    std::optional<pg::uuid> listing, variant;
    std::int32_t quantity = 1;
    core::money amount;
    std::string currency;
    core::offer_state state = core::offer_state::pending; // as it is now
    bool by_buyer = false;
    std::int32_t round = 0;
    core::money price;                        // of the listing or variant, now
    std::optional<core::money> amount_before; // of the offer that this one answers

    bool is_party(const pg::uuid& user) const { return user == buyer || user == seller; }
    const pg::uuid& maker() const { return by_buyer ? buyer : seller; }
    const pg::uuid& recipient() const { return by_buyer ? seller : buyer; }
};

// Whose offer it is and what it is about: what never changes. Error P0002 when it is not the
// caller's to know.
offer_row find_offer(pg::spi spi, const pg::uuid& offer, const pg::uuid& party);

// Locks the listing, then the offer, and reads it as it is then. Error P0002 when it is gone.
offer_row lock_offer(pg::spi spi, const offer_row& known);

// The live offer of a buyer for a thing, locked, if there is one.
std::optional<offer_row> lock_live_offer(pg::spi spi, const pg::uuid& buyer,
                                         const pg::uuid& listing,
                                         const std::optional<pg::uuid>& variant);

void lock_listing_of_offer(pg::spi spi, const pg::uuid& listing);

// Writes the next state. By the system: what follows from the time, the listing or the seller's
// settings, whoever is calling.
void set_offer_state(pg::spi spi, const pg::uuid& offer, core::offer_state to, bool by_system);

// Error MK018: what of the offer is in the way of doing this to it.
core::error illegal_offer_step(const offer_row& offer, const char* done);

} // namespace driplo
