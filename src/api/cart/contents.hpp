// The cart as quote and checkout read it.
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
    std::optional<std::string> problem; // one of the codes of cart_contents()
    std::optional<pg::uuid> offer;      // at whose price it is bought
    core::money list_price;             // of one piece, without an offer
    // of the shop, and so of each line alike
    bool has_tax_rates = false, has_commission_rules = false;
    std::optional<pg::uuid> commission_rule; // by which the platform's share is charged
    core::cart_line line;
};

// The caller, whose cart it is. Error 42501 without a user.
pg::uuid cart_owner();

// Locks the user's live cart until the transaction ends. The number of its lines, those beyond one
// too many not counted; nullopt when there is none.
std::optional<std::int64_t> lock_cart(pg::spi spi, const pg::uuid& user);

// Error MK015 for more lines than driplo.max_cart_lines, which clients may have written themselves.
void require_short_cart(std::int64_t lines);

// What is in the user's cart, in the order in which it was filled.
std::vector<cart_entry> read_cart(pg::spi spi, const pg::uuid& user);

// The same for who buys it, or these items of it: the listings and then the variants are locked
// until the transaction ends, and the lines taken out of the cart. An error puts the lines back.
std::vector<cart_entry> take_from_cart(pg::spi spi, const pg::uuid& user,
                                       const std::optional<std::vector<pg::uuid>>& items);

// How many pieces there are of what this user can buy in that quantity. Errors: those of
// add_to_cart().
std::int32_t available_pieces(pg::spi spi, const pg::uuid& user, const pg::uuid& listing,
                              std::int32_t quantity, const std::optional<pg::uuid>& variant);

// The user's live cart, made where there is none, locked until the transaction ends.
pg::uuid get_locked_cart(const pg::uuid& user);

// The cart expires 30 days from now; the date moves at most once a day.
void renew(pg::spi spi, const pg::uuid& cart);

// Removes what is in the user's cart; how many lines that were.
std::int64_t empty_cart(pg::spi spi, const pg::uuid& user);

} // namespace driplo
