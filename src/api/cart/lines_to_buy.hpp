// The lines of a cart as quote and checkout read them.
#pragma once

#include "core/checkout.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace driplo {

// A line of a cart, and why it cannot be bought as it is.
struct cart_entry {
    pg::uuid item;
    std::int64_t added_at = std::numeric_limits<std::int64_t>::max(); // of the server's clock
    std::optional<pg::uuid> variant;
    std::string title;
    std::optional<std::string> variant_name, image_url;
    std::optional<std::string> description, condition, brand, size,
        color; // of what is taken to be bought
    std::int32_t available = 0;
    std::optional<std::string> problem;      // one of the codes of cart_contents()
    std::optional<pg::uuid> offer;           // at whose price it is bought
    core::money list_price;                  // of one piece, without an offer
    std::optional<pg::uuid> commission_rule; // by which the platform's share is charged
    core::cart_line line;
};

// What is in the user's cart, in the order in which it was filled.
std::vector<cart_entry> read_cart(pg::spi spi, const pg::uuid& user);

// The same for who buys it, or these items of it: the listings and then the variants are locked
// until the transaction ends, and the lines taken out of the cart. An error puts the lines back.
std::vector<cart_entry> take_from_cart(pg::spi spi, const pg::uuid& user,
                                       const std::optional<std::vector<pg::uuid>>& items);

} // namespace driplo
