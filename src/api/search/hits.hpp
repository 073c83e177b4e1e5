// Which listings a search finds, in sequence, some at a time. The way to them is chosen here and
// not by the server: it would have to guess how many listings have two words together, and one
// wrong guess is a thousand times as slow.
//
// What few listings match is found by the index on documents and ranked as a whole. What many match
// is looked for along the sequence that is wanted, from the best on, which ends after a few rows.
// By relevance, many matches are ranked in tiers: the newest and most popular of them, then the
// next. A tier is bounded by `hot` of its rows, not by their number: so that rows that come and go
// move no other row to the other side of a page.
#pragma once

#include "api/search/filters.hpp"
#include "api/search/words.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace driplo {

enum class sort_order { relevance, newest, price_asc, price_desc, popular };

// Errors: 22023.
sort_order read_sort(const std::string& name);

// What is looked for.
struct question {
    conditions words, terms;
    row_conditions rows;
    std::int64_t listings = 0; // in the index, about
    bool finds_few = false;    // as is known already
};
question make_question(const wanted_words& words, const search_filters& filters,
                       std::int64_t listings);

// About how many listings the index has, by the size of its table.
std::int64_t listings_indexed(pg::spi spi);

// In a table of fewer nothing is estimated.
constexpr std::int64_t few_listings = 10000;

// About how many listings match, from a sample; nullopt where that would be no quicker than to find
// them.
std::optional<std::int64_t> estimate_matches(pg::spi spi, const question& asked);

// About how many listings have what the condition says; few are counted.
std::int64_t about_how_many(pg::spi spi, const condition& one, std::int64_t listings);

// Where it finds less, the last word is completed more widely.
constexpr std::int64_t few_matches = 24;
bool finds_few(pg::spi spi, const question& asked);

// A point of the sequence by hot.
struct hot_edge {
    double hot;
    pg::uuid id;
};

// After which row the sequence goes on. `id` is the row's, the key that of the sort order.
struct place {
    // relevance: which rows are ranked together
    std::optional<hot_edge> below, down_to; // below: exclusive, down_to: inclusive
    bool was_walked = false;
    // by price: those without a price in the base currency come last, by currencies
    std::string currency;

    double number = 0;        // popular
    float score = 0;          // relevance
    std::int64_t time = 0;    // newest
    std::string amount = "0"; // price_asc, price_desc
    pg::uuid id;
};

struct hit {
    pg::uuid id;
    float score;
    place at;
};

class hit_source {
public:
    virtual ~hit_source() = default;
    // The next ones; fewer than n when there are no more.
    virtual std::vector<hit> next(std::size_t n) = 0;
};

// Valid as long as the session.
std::unique_ptr<hit_source> find_hits(pg::spi spi, const question& asked, sort_order sort,
                                      const std::optional<place>& after);

} // namespace driplo
