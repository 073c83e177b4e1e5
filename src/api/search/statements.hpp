// What the statements of a search have in common: a query, conditions, and a plan made for their
// values each time.
#pragma once

#include "api/search/hits.hpp"
#include "pg/array.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <vector>

namespace driplo {

// $1 are the queries, all of which have to match, $2 to $10 are the conditions on columns.
//
// Each query is a key of its own to the index, which asks for the second only where it has found
// the first, and so on. Of one query that joins them it would look up every word of the others,
// too, for each document that has the rarest.
inline constexpr pg::part matches{"matches", R"(
    (($1)[1] IS NULL OR doc @@ ($1)[1])
    AND (($1)[2] IS NULL OR doc @@ ($1)[2])
    AND (($1)[3] IS NULL OR doc @@ ($1)[3])
    AND (($1)[4] IS NULL OR doc @@ ($1)[4])
    AND (($1)[5] IS NULL OR doc @@ ($1)[5])
    AND (($1)[6] IS NULL OR doc @@ ($1)[6])
    AND (($1)[7] IS NULL OR doc @@ ($1)[7])
    AND (($1)[8] IS NULL OR doc @@ ($1)[8])
    AND {passes})"};
inline constexpr std::size_t most_queries = 8;

// The same of a row that was found in another way.
inline constexpr pg::part row_matches{"row_matches", "doc @@ ALL ($1) AND {passes}"};

// What has the most ways comes last.
inline std::vector<pg::text_query> queries_of(conditions all) {
    std::stable_sort(all.begin(), all.end(),
                     [](const condition& a, const condition& b) { return a.ways < b.ways; });
    std::vector<pg::text_query> queries;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (i + 1 < most_queries) {
            queries.push_back(pg::read_query(all[i].text));
        } else {
            queries.push_back(pg::read_query(
                query_text({all.begin() + static_cast<std::ptrdiff_t>(i), all.end()})));
            break;
        }
    return queries;
}

template <typename... More>
pg::rows run_search(const pg::plan& statement, const conditions& query, const row_conditions& rows,
                    const More&... more) {
    return statement.run(queries_of(query), rows.categories, rows.seller, rows.hidden_sellers,
                         rows.since, rows.price_currency, rows.least, rows.most, rows.least_own,
                         rows.most_own, more...);
}

} // namespace driplo
