// What checkout takes from sellers' promises: the prices of accepted offers, and what several
// pieces cost less.
#pragma once

#include "api/cart/lines_to_buy.hpp"
#include "core/checkout.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <vector>

namespace driplo {

// Whether the offer `o` gives its price to the `line` of the cart of $1, by the clock.
inline constexpr pg::part offer_holds{"offer_holds", R"(
    (o.status = 'accepted'
        AND o.buyer_id = $1
        AND o.listing_id = line.listing_id
        AND o.variant_id IS NOT DISTINCT FROM line.variant_id
        AND o.currency::text = line.currency
        AND o.quantity >= line.quantity
        AND o.checkout_until > pg_catalog.clock_timestamp()))"};

// Lines with an offer cost the lower of its price and the listed one; a line whose offer does not
// hold gets the problem offer_expired. To buy, the offers are locked first.
void price_by_offers(pg::spi spi, const pg::uuid& buyer, std::vector<cart_entry>& entries,
                     bool to_buy);

void take_bundle_discounts(pg::spi spi, core::checkout& c);

// The offers of what was bought are used, by the order items that name them.
void use_offers(pg::spi spi, const std::vector<cart_entry>& bought);

} // namespace driplo
