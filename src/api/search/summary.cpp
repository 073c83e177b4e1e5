// search_summary(): how many listings a search finds, and which values they have.
#include "api/search/currency.hpp"
#include "api/search/filters.hpp"
#include "api/search/hits.hpp"
#include "api/search/page.hpp"
#include "api/search/statements.hpp"
#include "api/search/words.hpp"
#include "core/fold.hpp"
#include "core/search_terms.hpp"
#include "pg/entry_point.hpp"
#include "pg/json.hpp"
#include "pg/plan_scope.hpp"
#include "pg/rights.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

namespace driplo {

namespace {

// Above that many matches values are counted in a sixteenth of the listings.
constexpr std::int64_t most_counted = 4000;
constexpr int most_samples = 4; // of 64
constexpr std::int64_t most_looked_at = 20000;
constexpr std::size_t most_values = 10;

// Each row is a value of one column: its number, the value, how many. Prices are counted by the
// steps of a scale, 1, 2, 5, 10 and so on, in the currency that is asked for.
const pg::plan values_of{R"(
    WITH found AS MATERIALIZED (
        SELECT brand, size, color, condition, category_id, price_norm, price, currency
        FROM {s}.listing_search
        WHERE {matches}
        LIMIT $11
    ), priced AS (
        SELECT
            brand,
            size,
            color,
            condition,
            category_id,
            CASE
                WHEN currency::text = $12 THEN price
                ELSE price_norm * $13
            END AS price
        FROM found
    ), stepped AS (
        SELECT
            brand,
            size,
            color,
            condition,
            category_id,
            CASE
                WHEN price < 1 THEN 0
                ELSE pg_catalog.width_bucket(price, '{1,2,5,10,20,50,100,200,500,1000,2000,5000,10000,20000,50000,100000,200000,500000,1000000}'::numeric[])
            END AS step
        FROM priced
    )
    SELECT
        grouping(brand, size, color, condition, category_id, step),
        COALESCE(brand, size, color, condition, category_id::text, step::text),
        pg_catalog.count(*)
    FROM stepped
    GROUP BY GROUPING SETS ((), (brand), (size), (color), (condition), (category_id), (step)))",
                         {matches, passes},
                         pg::access::read_only,
                         pg::planned::each_time};
const pg::plan names_of_categories{R"(
    SELECT c.id::text, c.slug::text, c.name::text
    FROM unnest($1) AS given (id)
    JOIN {s}.categories c ON c.id::text = given.id)",
                                   pg::access::read_only};

constexpr std::array<facet, 6> facets{facet::brand,     facet::size,     facet::color,
                                      facet::condition, facet::category, facet::price};
// What grouping() says of a set of that column alone, and of none.
constexpr std::array<std::int32_t, 6> grouping_of{31, 47, 55, 59, 61, 62};
constexpr std::int32_t whole = 63;

constexpr std::array<std::int64_t, 20> steps{0,     1,     2,      5,      10,     20,     50,
                                             100,   200,   500,    1000,   2000,   5000,   10000,
                                             20000, 50000, 100000, 200000, 500000, 1000000};

using value_count = std::pair<std::string, std::int64_t>;

struct counted_values {
    std::int64_t total = 0;
    std::int64_t factor = 1; // of a sample
    bool is_exact = true;
    std::array<std::vector<value_count>, 6> values;
};

std::int64_t rounded(std::int64_t n, bool is_exact) {
    std::int64_t unit = 1;
    if (!is_exact)
        for (std::int64_t rest = n; rest >= 100; rest /= 10)
            unit *= 10;
    return (n + unit / 2) / unit * unit;
}

// Of `taken` samples, or of all listings.
counted_values count_values(pg::spi spi, const question& asked, const search_filters& filters,
                            int taken) {
    conditions query = asked.words + asked.terms;
    counted_values counted;
    if (taken > 0) {
        std::vector<std::string> samples;
        for (int number = 0; number < taken; ++number)
            samples.push_back(core::terms::sample(number));
        query = conditions{any_term(samples)} + query;
        counted.factor = core::terms::samples / taken;
        counted.is_exact = false;
    }
    const pg::rows found = run_search(values_of, query, asked.rows, most_looked_at,
                                      filters.currency, rate_from_base(spi, filters.currency));
    for (std::uint64_t row = 0; row < found.count(); ++row) {
        const auto grouping = *found.value<std::int32_t>(1, row);
        const std::int64_t n = *found.value<std::int64_t>(3, row) * counted.factor;
        if (grouping == whole)
            counted.total = n;
        const auto place = std::find(grouping_of.begin(), grouping_of.end(), grouping);
        const auto value = found.value<std::string>(2, row);
        if (place != grouping_of.end() && value)
            counted.values[static_cast<std::size_t>(place - grouping_of.begin())].emplace_back(
                *value, n);
    }
    if (counted.total >= most_looked_at)
        counted.is_exact = false;
    return counted;
}

counted_values count_values(pg::spi spi, const wanted_words& words, const search_filters& filters,
                            std::int64_t listings) {
    const question asked = make_question(words, filters, listings);
    const bool are_all = asked.words.empty() && asked.terms.empty() && !asked.rows.since;
    const auto estimate = are_all && listings >= few_listings ? std::optional(listings)
                                                              : estimate_matches(spi, asked);
    if (estimate.value_or(0) > most_counted) {
        const int taken = static_cast<int>(std::clamp<std::int64_t>(
            most_counted * core::terms::samples / *estimate, 1, most_samples));
        counted_values counted = count_values(spi, asked, filters, taken);
        // The estimate is of the last ANALYZE, and most of those listings may be gone since.
        if (counted.total > most_counted)
            return counted;
    }
    return count_values(spi, asked, filters, 0);
}

bool is_more(const value_count& a, const value_count& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
}

// "Nike" and "NIKE" are one brand, by the name that most give it.
std::vector<value_count> merged(std::vector<value_count> values) {
    std::sort(values.begin(), values.end(), is_more);
    std::map<std::string, std::size_t> places;
    std::vector<value_count> all;
    for (value_count& each : values) {
        const std::string key = core::folded_key(each.first);
        if (key.empty())
            continue;
        const auto [at, is_new] = places.emplace(key, all.size());
        if (is_new)
            all.push_back(std::move(each));
        else
            all[at->second].second += each.second;
    }
    std::sort(all.begin(), all.end(), is_more);
    return all;
}

pg::json_array json_values(std::vector<value_count> values, bool is_exact) {
    values = merged(std::move(values));
    pg::json_array all;
    for (std::size_t i = 0; i < std::min(values.size(), most_values); ++i) {
        pg::json_object one;
        one.add("value", values[i].first);
        one.add("n", rounded(values[i].second, is_exact));
        all.add(one);
    }
    return all;
}

pg::json_array json_categories(std::vector<value_count> values, bool is_exact) {
    std::sort(values.begin(), values.end(), is_more);
    values.resize(std::min(values.size(), most_values));
    std::vector<std::string> ids;
    for (const value_count& each : values)
        ids.push_back(each.first);
    const pg::rows found = names_of_categories.run(ids);
    pg::json_array all;
    for (const value_count& each : values)
        for (std::uint64_t row = 0; row < found.count(); ++row)
            if (found.value<std::string>(1, row) == each.first) {
                pg::json_object one;
                one.add("value", *found.value<std::string>(2, row));
                one.add("name", *found.value<std::string>(3, row));
                one.add("n", rounded(each.second, is_exact));
                all.add(one);
            }
    return all;
}

// Ranges that fit together, those with the fewest listings joined.
pg::json_array json_prices(const std::vector<value_count>& values, bool is_exact) {
    struct range {
        std::size_t first, last;
        std::int64_t n;
    };
    std::array<std::int64_t, steps.size()> count{};
    for (const value_count& each : values)
        count[std::min<std::size_t>(std::stoul(each.first), steps.size() - 1)] += each.second;
    std::vector<range> ranges;
    for (std::size_t step = 0; step < steps.size(); ++step)
        if (count[step] > 0)
            ranges.push_back({step, step, count[step]});
    while (ranges.size() > most_values) {
        std::size_t least = 0;
        for (std::size_t i = 0; i + 1 < ranges.size(); ++i)
            if (ranges[i].n + ranges[i + 1].n < ranges[least].n + ranges[least + 1].n)
                least = i;
        ranges[least].last = ranges[least + 1].last;
        ranges[least].n += ranges[least + 1].n;
        ranges.erase(ranges.begin() + static_cast<std::ptrdiff_t>(least) + 1);
    }
    pg::json_array all;
    for (const range& each : ranges) {
        pg::json_object one;
        one.add("from", core::money{steps[each.first] * 100});
        if (each.last + 1 < steps.size())
            one.add("to", core::money{steps[each.last + 1] * 100 - 1});
        else
            one.add_null("to");
        one.add("n", rounded(each.n, is_exact));
        all.add(one);
    }
    return all;
}

struct counted_search {
    search_filters filters;
    std::int64_t listings;
    wanted_words words;
    counted_values all;
};

counted_search count_search(pg::spi spi, const std::string& query, std::optional<pg::jsonb> given,
                            bool is_exact) {
    counted_search counted{read_filters(spi, given), listings_indexed(spi), {}, {}};
    counted.filters.rows.hidden_sellers = hidden_sellers(spi);
    reading how;
    how.is_exact = is_exact;
    const auto count = [&] {
        counted.words = read_words(spi, query, how, counted.listings);
        counted.all = count_values(spi, counted.words, counted.filters, counted.listings);
    };
    count();
    if (counted.words.was_completed && counted.all.total < few_matches) {
        how.completions = wide_completions;
        count();
    }
    return counted;
}

std::string summary(pg::spi spi, const std::string& query, std::optional<pg::jsonb> given,
                    bool is_exact) {
    const counted_search search = count_search(spi, query, given, is_exact);
    const counted_values& all = search.all;
    bool is_all_exact = all.is_exact;

    pg::json_object total;
    total.add("n", rounded(all.total, all.is_exact));
    total.add("exact", all.is_exact);
    pg::json_object by_facet;
    constexpr const char* names[] = {"brand", "size", "color", "condition", "category", "price"};
    for (std::size_t i = 0; i < facets.size(); ++i) {
        const bool is_narrowed =
            std::any_of(search.filters.terms.begin(), search.filters.terms.end(),
                        [&](const term_group& each) { return each.of == facets[i]; }) ||
            (facets[i] == facet::price && search.filters.rows.price_currency);
        const counted_values& counted =
            is_narrowed ? count_values(spi, search.words, search.filters.without(facets[i]),
                                       search.listings)
                        : all;
        const auto& values = counted.values[i];
        is_all_exact = is_all_exact && counted.is_exact;
        by_facet.add(names[i], facets[i] == facet::category
                                   ? json_categories(values, counted.is_exact)
                               : facets[i] == facet::price ? json_prices(values, counted.is_exact)
                                                           : json_values(values, counted.is_exact));
    }
    pg::json_object result;
    result.add("total", total);
    result.add("corrected_query", search.words.was_corrected
                                      ? std::optional(search.words.corrected_query())
                                      : std::optional<std::string>());
    result.add("facets_exact", is_all_exact);
    result.add("facets", by_facet);
    return result.text();
}

} // namespace

std::int64_t count_listings(pg::spi spi, const std::string& query,
                            std::optional<pg::jsonb> filters) {
    const counted_values all = count_search(spi, query, filters, false).all;
    return rounded(all.total, all.is_exact);
}

// search_summary(query text, filters jsonb, exact boolean)
DRIPLO_FUNCTION(driplo_search_summary) {
    const std::string query = pg::argument<std::string>(fcinfo, 0).value_or("");
    const auto filters =
        fcinfo->args[1].isnull ? std::nullopt : std::optional(pg::jsonb{fcinfo->args[1].value});
    const bool is_exact = pg::argument<bool>(fcinfo, 2).value_or(false);
    const std::string text = [&] {
        const pg::owner_scope as_owner;
        const pg::plan_scope by_index;
        return pg::in_session([&](pg::spi spi) { return summary(spi, query, filters, is_exact); });
    }();
    return pg::json_datum(text);
}

} // namespace driplo
