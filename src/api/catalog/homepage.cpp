// What a home page shows.
#include "api/catalog/sellable.hpp"
#include "core/error.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Of the listing `l`, its seller `s` and the user `c`, who may be nobody.
constexpr pg::part is_offered{"is_offered", R"(
    (l.status::text = 'active' AND NOT {seller_is_away} AND NOT {seller_is_blocked}))"};

constexpr pg::part featured_listings{"featured_listings", R"(
    SELECT l.id, pg_catalog.row_number() OVER (ORDER BY l.published_at DESC NULLS LAST, l.id) AS place
    FROM (VALUES ($1)) AS c (user_id)
    CROSS JOIN {s}.listings l
    JOIN {s}.profiles s ON s.id = l.seller_id
    WHERE l.is_featured AND {is_offered}
    ORDER BY l.published_at DESC NULLS LAST, l.id
    LIMIT $2)"};
// `hot` of the index, because it never has to be sorted.
constexpr pg::part popular_listings{"popular_listings", R"(
    SELECT l.id, pg_catalog.row_number() OVER (ORDER BY h.hot DESC, h.listing_id DESC) AS place
    FROM (VALUES ($1)) AS c (user_id)
    CROSS JOIN {s}.listing_search h
    JOIN {s}.listings l ON l.id = h.listing_id
    JOIN {s}.profiles s ON s.id = l.seller_id
    WHERE {is_offered} AND {is_no_other}
    ORDER BY h.hot DESC, h.listing_id DESC
    LIMIT {most})"};

constexpr pg::part each_listing{"each_listing", R"(
    SELECT {s}.listing_data(shown.id)
    FROM ({listings}) shown
    ORDER BY shown.place)"};
const pg::plan featured{"{each_listing}",
                        {seller_is_away,
                         seller_is_blocked,
                         is_offered,
                         each_listing,
                         featured_listings,
                         {"listings", "{featured_listings}"}},
                        pg::access::read_only};
const pg::plan popular{"{each_listing}",
                       {seller_is_away,
                        seller_is_blocked,
                        is_offered,
                        each_listing,
                        popular_listings,
                        {"is_no_other", "true"},
                        {"most", "$2"},
                        {"listings", "{popular_listings}"}},
                       pg::access::read_only};

// The columns of its sellers are public.
const pg::plan homepage{
    R"(
    WITH featured AS MATERIALIZED ({featured_listings}),
    popular AS MATERIALIZED ({popular_listings}),
    sellers AS (
        SELECT s.*
        FROM {s}.profiles s
        CROSS JOIN (VALUES ($1)) AS c (user_id)
        CROSS JOIN LATERAL (SELECT s.id AS seller_id) l
        WHERE s.total_sales > 0 AND NOT {seller_is_away} AND NOT {seller_is_blocked}
        ORDER BY s.total_sales DESC, s.id
        LIMIT $4
    )
    SELECT pg_catalog.jsonb_build_object(
        'promoted_products', (
            SELECT COALESCE(pg_catalog.jsonb_agg({s}.listing_data(f.id) ORDER BY f.place), '[]')
            FROM featured f
        ),
        'featured_products', (
            SELECT COALESCE(pg_catalog.jsonb_agg({s}.listing_data(p.id) ORDER BY p.place), '[]')
            FROM popular p
        ),
        'categories', {s}.category_tree(NULL),
        'top_sellers', (
            SELECT COALESCE(
                pg_catalog.jsonb_agg(
                    pg_catalog.jsonb_build_object(
                        'id', s.id,
                        'username', s.username,
                        'full_name', s.full_name,
                        'avatar_url', s.avatar_url,
                        'account_type', s.account_type,
                        'is_verified', s.is_verified,
                        'total_sales', s.total_sales,
                        'seller_rating', s.seller_rating,
                        'seller_rating_count', s.seller_rating_count
                    )
                    ORDER BY s.total_sales DESC, s.id
                ),
                '[]'
            )
            FROM sellers s
        )
    ))",
    {seller_is_away,
     seller_is_blocked,
     is_offered,
     featured_listings,
     popular_listings,
     {"is_no_other", "l.id NOT IN (SELECT f.id FROM featured f)"},
     {"most", "$3"}},
    pg::access::read_only};

constexpr std::int32_t most_rows = 100;

std::int64_t limit_of(FunctionCallInfo fcinfo, int number, std::int32_t usual) {
    return std::clamp(pg::argument<std::int32_t>(fcinfo, number).value_or(usual), 0, most_rows);
}

} // namespace

// get_homepage_listings(p_type text, p_limit integer) -> TABLE(listing_data jsonb)
DRIPLO_FUNCTION(driplo_get_homepage_listings) {
    const auto type = pg::argument<std::string_view>(fcinfo, 0).value_or("featured");
    if (type != "featured" && type != "popular")
        throw core::error{core::errors::invalid_parameter_value, "unrecognized type of listings",
                          "Valid types are featured and popular."};
    const auto caller = pg::caller();
    const pg::owner_scope as_owner;
    pg::session spi;
    return (type == "featured" ? featured : popular)
        .run(caller, limit_of(fcinfo, 1, 20))
        .as_result(fcinfo);
}

// get_homepage_data(promoted_limit integer, featured_limit integer, top_sellers_limit integer)
// -> jsonb
DRIPLO_FUNCTION(driplo_get_homepage_data) {
    const auto caller = pg::caller();
    const pg::owner_scope as_owner;
    pg::session spi;
    return *homepage
                .run(caller, limit_of(fcinfo, 0, 10), limit_of(fcinfo, 1, 20),
                     limit_of(fcinfo, 2, 10))
                .json();
}

} // namespace driplo
