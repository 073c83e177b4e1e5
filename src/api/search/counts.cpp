// How many listings match: what the choice of the way to them, and what a page shows, rest on.
#include "api/search/statements.hpp"
#include "api/search/words.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "core/search_terms.hpp"
#include "core/text.hpp"
#include "pg/catalog.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan count_up_to{R"(
    SELECT pg_catalog.count(*)
    FROM (SELECT FROM {s}.listing_search WHERE {matches} LIMIT $11) found)",
                           {matches, passes},
                           pg::access::read_only,
                           pg::planned::each_time};
const pg::plan table_size{R"(
    SELECT pg_catalog.pg_relation_size(c.oid), c.reltuples, c.relpages
    FROM pg_catalog.pg_class c
    WHERE c.oid = pg_catalog.to_regclass($1))",
                          pg::access::read_only};

std::int64_t count(const conditions& query, const row_conditions& rows, std::int64_t most) {
    return run_search(count_up_to, query, rows, most).value<std::int64_t>().value_or(0);
}

} // namespace

std::int64_t listings_indexed(pg::spi) {
    const pg::rows found =
        table_size.run(std::string(pg::current_installation().quoted_schema) + ".listing_search");
    const double tuples = found.value<float>(2).value_or(-1);
    const std::int64_t pages = found.value<std::int32_t>(3).value_or(0);
    constexpr std::int64_t rows_of_page = 11;
    const std::int64_t pages_now = found.value<std::int64_t>(1).value_or(0) / BLCKSZ;
    // as the planner does it: the density of the last VACUUM or ANALYZE, the size of now
    if (tuples > 0 && pages > 0)
        return static_cast<std::int64_t>(tuples / static_cast<double>(pages) *
                                         static_cast<double>(pages_now));
    return pages_now * rows_of_page;
}

// Of the words that are less frequent than the first eight there are few.
question make_question(const wanted_words& words, const search_filters& filters,
                       std::int64_t listings) {
    question asked{
        conditions_of(words.words), {}, filters.rows, listings, words.was_completed_widely};
    for (const term_group& each : filters.terms)
        asked.terms.push_back(any_term(each.terms));
    return asked;
}

std::optional<std::int64_t> estimate_matches(pg::spi, const question& asked) {
    if (asked.listings < few_listings || asked.rows.seller || asked.finds_few)
        return std::nullopt;
    constexpr std::int64_t most_of_sample = 1024;
    const std::int64_t found =
        count(conditions{any_term({core::terms::sample(0)})} + asked.words + asked.terms,
              asked.rows, most_of_sample);
    return found * core::terms::samples;
}

std::int64_t about_how_many(pg::spi spi, const condition& one, std::int64_t listings) {
    constexpr std::int64_t most_counted = 1000;
    const std::int64_t counted = count({one}, {}, most_counted);
    if (counted < most_counted)
        return counted;
    question asked;
    asked.words = {one};
    asked.listings = listings;
    return std::max(estimate_matches(spi, asked).value_or(0), counted);
}

bool finds_few(pg::spi, const question& asked) {
    return count(asked.words + asked.terms, asked.rows, few_matches) < few_matches;
}

sort_order read_sort(const std::string& name) {
    constexpr std::string_view names[] = {"relevance", "newest", "price_asc", "price_desc",
                                          "popular"};
    for (int i = 0; i < 5; ++i)
        if (names[i] == name)
            return static_cast<sort_order>(i);
    throw core::error{core::errors::invalid_parameter_value,
                      core::format("unrecognized sort: \"{}\"", core::excerpt(name)),
                      core::format("Sort orders are: {}.", core::listed(names))};
}

} // namespace driplo
