// What a search is narrowed by: the argument `filters`, as terms of the index and as conditions on
// its columns. A term finds, a condition decides.
#pragma once

#include "pg/part.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driplo {

enum class facet { none, brand, size, color, condition, category, price };

// Any of the terms will do.
struct term_group {
    facet of;
    std::vector<std::string> terms;
};

// What a row has to be beside what its document says; parameters 2 to 10 of each statement with
// {passes}.
struct row_conditions {
    std::optional<std::vector<pg::uuid>> categories;
    std::optional<pg::uuid> seller;
    std::optional<std::vector<pg::uuid>> hidden_sellers;
    std::optional<pg::timestamp> since;
    // with a price filter: bounds in the base currency, null without a rate, and for listings
    // without one in their own
    std::optional<std::string> price_currency;
    std::optional<pg::amount> least, most, least_own, most_own;
};

// On a row of listing_search, qualified by nothing.
inline constexpr pg::part passes{"passes", R"(
    ($2 IS NULL OR category_id = ANY ($2))
    AND ($3 IS NULL OR seller_id = $3)
    AND ($4 IS NULL OR seller_id <> ALL ($4))
    AND ($5 IS NULL OR published_at >= $5)
    AND (
        $6 IS NULL
        OR (price_norm >= $7 AND price_norm <= $8)
        OR (price_norm IS NULL AND currency::text = $6 AND price >= $9 AND price <= $10)
    ))"};

struct search_filters {
    std::vector<term_group> terms;
    row_conditions rows;
    std::string currency; // of prices that are given and shown

    // The same without what narrows that facet.
    search_filters without(facet of) const;
};

// Errors: 22023 for keys that do not exist and values of another type, with the name of each.
search_filters read_filters(pg::spi spi, std::optional<pg::jsonb> given);

// Narrows by price, in filters.currency.
void add_prices(pg::spi spi, search_filters& filters, const std::optional<pg::amount>& least,
                const std::optional<pg::amount>& most);

} // namespace driplo
