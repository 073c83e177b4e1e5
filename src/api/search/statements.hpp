// What the statements of a search have in common: a query, conditions, and a plan made for their
// values each time.
#pragma once

#include "api/search/hits.hpp"
#include "pg/spi.hpp"

#include <optional>
#include <string>

namespace driplo {

// $1 is the query, $2 to $10 are the conditions.
inline constexpr pg::part matches{"matches", "($1 IS NULL OR doc @@ $1) AND {passes}"};

inline std::optional<pg::text_query> query_or_null(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(pg::read_query(text));
}

template <typename... More>
pg::rows run_search(const pg::plan& statement, const std::string& query, const row_conditions& rows,
                    const More&... more) {
    return statement.run(query_or_null(query), rows.categories, rows.seller, rows.hidden_sellers,
                         rows.since, rows.price_currency, rows.least, rows.most, rows.least_own,
                         rows.most_own, more...);
}

} // namespace driplo
