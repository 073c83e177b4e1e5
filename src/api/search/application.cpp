// Search by the names and arguments that applications call: over search(), by limit and offset.
#include "api/call/roles.hpp"
#include "api/search/page.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/plan_scope.hpp"
#include "pg/rights.hpp"

#include <algorithm>

namespace driplo {

namespace {

constexpr std::int32_t most_rows = 100;
constexpr std::int32_t most_skipped = 1000;

using text = std::optional<std::string>;
using texts = std::optional<std::vector<std::string>>;

const pg::plan as_filters{R"(
    SELECT pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object(
        'category', $1, 'price_min', $2, 'price_max', $3, 'brands', $4, 'sizes', $5, 'conditions', $6,
        'colors', $7
    )))",
                          pg::access::read_only};

// The places of the arguments that narrow; -1 where a function has none.
struct narrowing {
    int category, subcategory, least, most, brands, sizes, conditions, colors;
};

pg::jsonb filters_of(FunctionCallInfo fcinfo, const narrowing& at) {
    const auto list = [&](int number) {
        return number < 0 ? texts() : pg::argument<std::vector<std::string>>(fcinfo, number);
    };
    auto category = pg::argument<pg::uuid>(fcinfo, at.subcategory);
    if (!category)
        category = pg::argument<pg::uuid>(fcinfo, at.category);
    return {*as_filters
                 .run(category ? text(pg::text_of(*category)) : text(),
                      pg::argument<pg::amount>(fcinfo, at.least),
                      pg::argument<pg::amount>(fcinfo, at.most), list(at.brands), list(at.sizes),
                      list(at.conditions), list(at.colors))
                 .json()};
}

void require_active(const text& status) {
    if (status && *status != "active")
        throw core::error{core::errors::feature_not_supported,
                          "only active listings can be searched",
                          {},
                          "Pass 'active' or NULL for p_status, or query listings."};
}

sort_order sort_of(const text& column, const text& direction, bool has_words) {
    const std::string order = core::lower_case(direction.value_or(""));
    const bool falls = order.empty() || order == "desc";
    const auto is_one_of = [&](std::initializer_list<const char*> names) {
        return std::any_of(names.begin(), names.end(),
                           [&](const char* name) { return column == name; });
    };
    if (!column)
        return has_words ? sort_order::relevance : sort_order::newest;
    if (column == "price" && (order == "asc" || order == "desc" || order.empty()))
        return order == "desc" ? sort_order::price_desc : sort_order::price_asc;
    if (falls && is_one_of({"created_at", "published_at"}))
        return sort_order::newest;
    if (falls && is_one_of({"favorite_count", "like_count", "popularity"}))
        return sort_order::popular;
    if (falls || is_one_of({"price_asc"}))
        return read_sort(*column);
    throw core::error{
        core::errors::invalid_parameter_value,
        core::format("unrecognized sort: \"{}\"", core::excerpt(*column + " " + *direction)),
        "Only prices are sorted in ascending order."};
}

struct portion {
    std::size_t skipped, taken;
};

portion portion_of(const std::optional<std::int32_t>& limit,
                   const std::optional<std::int32_t>& offset) {
    if (offset.value_or(0) > most_skipped)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("offset must be between 0 and {}", most_skipped),
                          {},
                          "Use search() and its cursor to go further."};
    return {static_cast<std::size_t>(std::max(offset.value_or(0), 0)),
            static_cast<std::size_t>(std::clamp(limit.value_or(20), 0, most_rows))};
}

std::vector<pg::uuid> find_portion(pg::spi spi, const text& query, std::optional<pg::jsonb> filters,
                                   sort_order sort, const portion& of) {
    std::vector<pg::uuid> ids;
    if (of.taken == 0)
        return ids;
    const auto rows = find_listings(spi, query.value_or(""), filters, sort, of.skipped + of.taken);
    for (std::size_t i = of.skipped; i < rows.size(); ++i)
        ids.push_back(rows[i].at.id);
    return ids;
}

const pg::plan with_favorites{R"(
    SELECT
        {s}.listing_data(hit.id),
        $2 IS NOT NULL
        AND EXISTS (SELECT FROM {s}.favorites f WHERE f.user_id = $2 AND f.listing_id = hit.id)
    FROM unnest($1) WITH ORDINALITY AS hit (id, place)
    ORDER BY hit.place)",
                              pg::access::read_only, pg::planned::once};
const pg::plan with_total{R"(
    SELECT {s}.listing_data(hit.id), $2
    FROM unnest($1) WITH ORDINALITY AS hit (id, place)
    ORDER BY hit.place)",
                          pg::access::read_only, pg::planned::once};

} // namespace

// get_listings_with_favorites(p_user_id, p_limit, p_offset, p_status, p_category_id,
//     p_subcategory_id, p_min_price, p_max_price, p_brands, p_sizes, p_conditions, p_sort_by,
//     p_sort_order, p_search)
DRIPLO_FUNCTION(driplo_get_listings_with_favorites) {
    const auto user = pg::argument<pg::uuid>(fcinfo, 0);
    require_own(user);
    require_active(pg::argument<std::string>(fcinfo, 3));
    const portion of =
        portion_of(pg::argument<std::int32_t>(fcinfo, 1), pg::argument<std::int32_t>(fcinfo, 2));
    const text query = pg::argument<std::string>(fcinfo, 13);
    const sort_order sort =
        sort_of(pg::argument<std::string>(fcinfo, 11), pg::argument<std::string>(fcinfo, 12),
                query && !core::trim(*query).empty());
    const pg::owner_scope as_owner;
    const pg::plan_scope by_index;
    const pg::session spi;
    const auto ids =
        find_portion(spi, query, filters_of(fcinfo, {4, 5, 6, 7, 8, 9, 10, -1}), sort, of);
    return with_favorites.run(ids, user).as_result(fcinfo);
}

// get_category_listings(p_category_id, p_subcategory_id, p_limit, p_offset, p_sort_by,
//     p_sort_order, p_min_price, p_max_price, p_brands, p_sizes, p_conditions, p_colors)
DRIPLO_FUNCTION(driplo_get_category_listings) {
    const portion of =
        portion_of(pg::argument<std::int32_t>(fcinfo, 2), pg::argument<std::int32_t>(fcinfo, 3));
    const sort_order sort =
        sort_of(pg::argument<std::string>(fcinfo, 4), pg::argument<std::string>(fcinfo, 5), false);
    const pg::owner_scope as_owner;
    const pg::plan_scope by_index;
    const pg::session spi;
    const pg::jsonb filters = filters_of(fcinfo, {0, 1, 6, 7, 8, 9, 10, 11});
    const auto ids = find_portion(spi, {}, filters, sort, of);
    const std::int64_t total = ids.empty() ? 0 : count_listings(spi, {}, filters);
    return with_total.run(ids, total).as_result(fcinfo);
}

// get_listings_count(p_user_id, p_status, p_category_id, p_subcategory_id, p_min_price,
//     p_max_price, p_brands, p_sizes, p_conditions, p_search)
DRIPLO_FUNCTION(driplo_get_listings_count) {
    require_active(pg::argument<std::string>(fcinfo, 1));
    const text query = pg::argument<std::string>(fcinfo, 9);
    const pg::owner_scope as_owner;
    const pg::plan_scope by_index;
    return pg::to_datum(pg::in_session([&](pg::spi spi) {
        return count_listings(spi, query.value_or(""),
                              filters_of(fcinfo, {2, 3, 4, 5, 6, 7, 8, -1}));
    }));
}

} // namespace driplo
