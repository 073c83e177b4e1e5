// suggest(): what somebody who is typing may be about to ask for.
#include "api/search/words.hpp"
#include "core/fold.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/plan_scope.hpp"
#include "pg/rights.hpp"

namespace driplo {

namespace {

constexpr std::int32_t most_rows = 50;
constexpr std::size_t shortest_beginning_of_words = 2;

// Of queries those that five people have asked in one day, in words that listings have: nobody is
// told what somebody else has typed.
const pg::plan suggestions{R"(
    WITH word AS (
        SELECT
            'word' AS kind,
            $2 || w.word AS value,
            w.df AS n
        FROM {s}.search_words w
        WHERE $1 IS NOT NULL AND w.word ^@ $1 AND w.canonical IS NULL
        ORDER BY w.df DESC, w.word
        LIMIT $6
    ), brand AS (
        SELECT 'brand', b.brand, b.n
        FROM {s}.search_brands b
        WHERE b.key ^@ $3
        ORDER BY b.n DESC, b.key
        LIMIT $6
    ), category AS (
        SELECT 'category', c.name::text, k.product_count::integer
        FROM {s}.categories c
        LEFT JOIN {s}.category_counts k ON k.category_id = c.id AND k.virtual_type = ''
        WHERE c.is_active IS NOT FALSE
          AND pg_catalog.lower(c.name) ^@ $4
        ORDER BY c.sort_order, c.name, c.id
        LIMIT $6
    ), asked AS (
        SELECT 'query', q.query, pg_catalog.sum(q.n)::integer
        FROM {s}.search_queries q
        WHERE $1 IS NOT NULL
          AND q.day = ANY (ARRAY(
              SELECT (pg_catalog.timezone('UTC', now())::date - ago)
              FROM pg_catalog.generate_series(0, 29) AS ago
          ))
          AND q.query ^@ $5
          AND q.query <> $5
          AND NOT EXISTS (
              SELECT FROM pg_catalog.string_to_table(q.query, ' ') AS part
              WHERE NOT EXISTS (
                  SELECT FROM {s}.search_words w WHERE w.word = part COLLATE "C"
              )
          )
        GROUP BY q.query
        HAVING pg_catalog.max(q.people) >= 5 AND pg_catalog.sum(q.n_empty) < pg_catalog.sum(q.n)
        ORDER BY pg_catalog.max(q.people) DESC, q.query
        LIMIT $6
    ), each (kind, value, n, place, turn) AS (
        SELECT *, row_number() OVER (), 1 FROM asked
        UNION ALL
        SELECT *, row_number() OVER (), 2 FROM category
        UNION ALL
        SELECT *, row_number() OVER (), 3 FROM brand
        UNION ALL
        SELECT *, row_number() OVER (), 4 FROM word
    )
    SELECT kind, value, n
    FROM (
        SELECT kind, value, n
        FROM each
        ORDER BY place, turn
        LIMIT $6
    ) chosen)",
                           pg::access::read_only, pg::planned::each_time};

} // namespace

// suggest(prefix text, max_rows integer)
DRIPLO_FUNCTION(driplo_suggest) {
    const auto prefix = pg::required<std::string>(fcinfo, 0, "prefix");
    const auto most = pg::required<std::int32_t>(fcinfo, 1, "max_rows");
    if (most < 0 || most > most_rows)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("max_rows must be between 0 and {}", most_rows)};
    constexpr std::size_t most_words = 8;
    const std::vector<core::token> typed = core::tokens(prefix, most_words);
    std::string key = core::folded_key(prefix), head, all;
    std::optional<std::string> last;
    for (const core::token& each : typed)
        all += (all.empty() ? "" : " ") + each.surface;
    if (!typed.empty()) {
        const std::string& surface = typed.back().surface;
        if (core::count_code_points(all).value_or(0) >= shortest_beginning_of_words)
            last = surface;
        head = all.substr(0, all.size() - surface.size());
    }
    const pg::owner_scope as_owner;
    const pg::plan_scope by_index;
    pg::session spi;
    // nothing is the beginning of everything
    if (typed.empty() || most == 0)
        return suggestions.run(std::optional<std::string>(), head, head, head, head, 0)
            .as_result(fcinfo);
    return suggestions.run(last, head, key, all, all, most).as_result(fcinfo);
}

} // namespace driplo
