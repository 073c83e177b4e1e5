#include "api/search/hot_blocks.hpp"

#include "core/search_terms.hpp"
#include "pg/catalog.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

// By what ANALYZE knows, else as if it were spread evenly.
const pg::plan quantile{R"(
    WITH known AS (
        SELECT histogram_bounds::text::float8[] AS bounds
        FROM pg_catalog.pg_stats
        WHERE tablename = 'listing_search'
          AND attname = 'hot'
          AND pg_catalog.quote_ident(schemaname) = $3
    ), ends AS (
        SELECT
            (SELECT hot FROM {s}.listing_search ORDER BY hot DESC, listing_id DESC LIMIT 1) AS most,
            (SELECT hot FROM {s}.listing_search ORDER BY hot, listing_id LIMIT 1) AS least
    )
    SELECT COALESCE(
        (
            SELECT bounds[GREATEST(
                1,
                CASE
                    WHEN $2 IS NULL THEN pg_catalog.cardinality(bounds)
                    ELSE pg_catalog.width_bucket($2, bounds)
                END - pg_catalog.ceil($1 * pg_catalog.cardinality(bounds))::integer
            )]
            FROM known
        ),
        (SELECT COALESCE($2, most) - $1 * (most - least) FROM ends)
    ))",
                        pg::access::read_only, pg::planned::each_time};
const pg::plan hottest{R"(
    SELECT hot
    FROM {s}.listing_search
    ORDER BY hot DESC, listing_id DESC
    LIMIT 1)",
                       pg::access::read_only, pg::planned::each_time};

} // namespace

double hot_blocks::down_to(double share, const std::optional<double>& below) const {
    const double hot =
        quantile.run(share, below, std::string(pg::current_installation().quoted_schema))
            .value<double>()
            .value_or(0);
    return static_cast<double>(core::terms::hot_block(hot)) * core::terms::weeks_of_block;
}

conditions hot_blocks::terms(double down_to, const std::optional<double>& below) const {
    constexpr int most_blocks = 32;
    if (!below && !top_)
        top_ = core::terms::hot_block(hottest.run().value<double>().value_or(0));
    const int last = below ? core::terms::hot_block(*below) : *top_;
    std::vector<std::string> all;
    for (int number = core::terms::hot_block(down_to); number <= last; ++number)
        all.push_back(core::terms::block(number));
    return all.size() > most_blocks ? conditions() : conditions{any_term(all)};
}

} // namespace driplo
