#include "api/search/ordered_hits.hpp"

#include "api/search/hot_blocks.hpp"
#include "api/search/statements.hpp"
#include "api/search/words.hpp"
#include "core/search_terms.hpp"

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <utility>

namespace driplo {

namespace {

constexpr std::int64_t least_walk = 1000;
// As long as it takes to find the matches of some octaves of the price, or of some blocks.
constexpr std::int64_t longest_walk = 6000;
constexpr std::int64_t most_found_at_once = 3000;

// $11 and $12 are the row after which it goes on, $13 the end, $16 the currency of those that have
// no price in the base currency.
constexpr const char* walk_text = R"(
    SELECT listing_id, key, is_match, n
    FROM (
        SELECT *, row_number() OVER () AS n
        FROM (
            SELECT listing_id, {key} AS key, {row_matches} AS is_match
            FROM {s}.listing_search
            WHERE {segment} AND {after} AND {until}
            ORDER BY {sequence}
            LIMIT $14
        ) walked
    ) seen
    WHERE is_match OR n = $14
    LIMIT $15)";
constexpr const char* find_text = R"(
    WITH found AS MATERIALIZED (
        SELECT listing_id, {key} AS key
        FROM {s}.listing_search
        WHERE {matches} AND {segment} AND {after} AND {until}
    )
    SELECT listing_id, key, true, 0::bigint
    FROM found
    WHERE $14 IS NOT NULL
    ORDER BY {found_sequence}
    LIMIT $15)";

enum { id_column = 1, key_column, match_column, number_column };

constexpr pg::part all_rows{"segment", "$16 IS NULL"};
constexpr pg::part rated{"segment", "$16 IS NULL AND price_norm IS NOT NULL"};
constexpr pg::part unrated{"segment", "price_norm IS NULL AND currency::text = $16"};
constexpr pg::part falling{"found_sequence", "key DESC, listing_id DESC"};
constexpr pg::part rising{"found_sequence", "key, listing_id"};

constexpr pg::parts by_hot{matches,
                           row_matches,
                           passes,
                           all_rows,
                           falling,
                           {"key", "hot"},
                           {"after", "($11 IS NULL OR (hot, listing_id) < ($11, $12))"},
                           {"until", "($13 IS NULL OR hot >= $13)"},
                           {"sequence", "hot DESC, listing_id DESC"}};
constexpr pg::parts by_time{matches,
                            row_matches,
                            passes,
                            all_rows,
                            falling,
                            {"key", "published_at"},
                            {"after", "($11 IS NULL OR (published_at, listing_id) < ($11, $12))"},
                            {"until", "($13 IS NULL OR published_at >= $13)"},
                            {"sequence", "published_at DESC, listing_id DESC"}};

constexpr pg::part price_norm{"key", "price_norm"};
constexpr pg::part price{"key", "price"};
constexpr pg::part above{"after", "($11 IS NULL OR ({key}, listing_id) > ($11, $12))"};
constexpr pg::part below{"after", "($11 IS NULL OR ({key}, listing_id) < ($11, $12))"};
constexpr pg::part up_to{"until", "($13 IS NULL OR {key} < $13)"};
constexpr pg::part down_to{"until", "($13 IS NULL OR {key} >= $13)"};
constexpr pg::part up{"sequence", "{key}, listing_id"};
constexpr pg::part down{"sequence", "{key} DESC, listing_id DESC"};

constexpr pg::parts cheapest{matches,    row_matches, passes, rated, rising,
                             price_norm, above,       up_to,  up};
constexpr pg::parts dearest{matches,    row_matches, passes,  rated, falling,
                            price_norm, below,       down_to, down};
constexpr pg::parts cheapest_unrated{matches, row_matches, passes, unrated, rising,
                                     price,   above,       up_to,  up};
constexpr pg::parts dearest_unrated{matches, row_matches, passes,  unrated, falling,
                                    price,   below,       down_to, down};

struct sequence {
    pg::plan walk, find;
    constexpr explicit sequence(const pg::parts& by)
        : walk(walk_text, by, pg::access::read_only, pg::planned::each_time),
          find(find_text, by, pg::access::read_only, pg::planned::each_time) {}
};

const sequence popular{by_hot}, newest{by_time}, rising_price{cheapest}, falling_price{dearest},
    rising_unrated{cheapest_unrated}, falling_unrated{dearest_unrated};

const pg::plan next_unrated{R"(
    SELECT pg_catalog.min(currency::text)
    FROM {s}.listing_search
    WHERE price_norm IS NULL AND ($1 IS NULL OR currency::text > $1))",
                            pg::access::read_only, pg::planned::each_time};

// What differs between the sort orders, of keys that are T.
template <typename T>
struct keys;
template <>
struct keys<double> {
    static void put(place& at, double key) { at.number = key; }
};
template <>
struct keys<pg::timestamp> {
    static void put(place& at, pg::timestamp key) { at.time = key.value; }
};
template <>
struct keys<pg::amount> {
    static void put(place& at, pg::amount key) { at.amount = std::move(key.text); }
};

// The rows between the key and a value not far behind it: about a share of all, with terms that
// each of them has.
template <typename T>
struct stretch {
    T end;
    conditions terms;
};

// One run through a sequence. What it has found is final: it goes on behind it, whatever way it
// takes next.
template <typename T>
class ordered : public hit_source {
public:
    using next_stretch =
        std::function<std::optional<stretch<T>>(double share, const std::optional<T>& key)>;

    // It begins behind a row and ends at a value, beyond which nothing matches.
    ordered(pg::spi spi, const question& asked, const sequence& statements, std::string currency,
            std::optional<T> key, const pg::uuid& id, std::optional<T> end, next_stretch stretches)
        : spi_(spi), asked_(asked), query_(asked.words + asked.terms), statements_(statements),
          currency_(std::move(currency)), key_(std::move(key)), id_(id), end_(std::move(end)),
          next_stretch_(std::move(stretches)) {}

    std::vector<hit> next(std::size_t n) override {
        std::vector<hit> found;
        while (found.size() < n && !is_finished_) {
            pg::check_for_interrupts();
            choose(n - found.size());
            if (may_walk_)
                walk(n - found.size(), found);
            else
                find(n - found.size(), found);
        }
        return found;
    }

private:
    void choose(std::size_t missing) {
        if (std::exchange(is_chosen_, true))
            return;
        const row_conditions& rows = asked_.rows;
        is_narrowed_ = !query_.empty() || rows.seller || rows.since || rows.price_currency;
        estimate_ = is_narrowed_ ? estimate_matches(spi_, asked_) : asked_.listings;
        // a row that is walked over costs less than one that is found and looked at
        const auto matches = static_cast<double>(estimate_.value_or(0)),
                   all = static_cast<double>(asked_.listings);
        may_walk_ = !is_narrowed_ || matches * matches > 0.6 * static_cast<double>(missing) * all;
    }

    void walk(std::size_t missing, std::vector<hit>& found) {
        const auto wanted = static_cast<std::int64_t>(missing);
        const std::int64_t rows =
            is_narrowed_
                ? std::clamp(3 * wanted * asked_.listings / *estimate_, least_walk, longest_walk)
                : wanted;
        const std::int64_t last = take(statements_.walk, query_, end_, rows, missing, found);
        is_finished_ = is_finished_ && last < rows;
        walked_ += rows;
        may_walk_ = !is_narrowed_ || walked_ < longest_walk;
    }

    void find(std::size_t missing, std::vector<hit>& found) {
        std::optional<stretch<T>> some;
        if (estimate_.value_or(0) > most_found_at_once) {
            const double share = static_cast<double>((most_found_at_once / 2) << widened_) /
                                 static_cast<double>(*estimate_);
            widened_ = std::min(widened_ + 2, 20);
            if (share < 0.5)
                some = next_stretch_(share, key_);
        }
        take(statements_.find, some ? query_ + some->terms : query_,
             some ? std::optional(some->end) : end_, 0, missing, found);
        if (!is_finished_ || !some)
            return;
        is_finished_ = false;
        key_ = some->end;
        id_ = {};
    }

    // Returns the number of the last row that was walked over.
    std::int64_t take(const pg::plan& statement, const conditions& query,
                      const std::optional<T>& end, std::int64_t rows, std::size_t missing,
                      std::vector<hit>& found) {
        const pg::rows some = run_search(
            statement, query, asked_.rows, key_, key_ ? std::optional(id_) : std::nullopt, end,
            rows, static_cast<std::int64_t>(missing),
            currency_.empty() ? std::nullopt : std::optional(currency_));
        const std::size_t before = found.size();
        for (std::uint64_t row = 0; row < some.count(); ++row) {
            key_ = *some.value<T>(key_column, row);
            id_ = *some.value<pg::uuid>(id_column, row);
            if (!some.value<bool>(match_column, row).value_or(false))
                continue;
            hit each{id_, 0, {}};
            keys<T>::put(each.at, *key_);
            each.at.id = id_;
            each.at.currency = currency_;
            found.push_back(std::move(each));
        }
        is_finished_ = found.size() - before < missing;
        return some.empty() ? 0 : *some.value<std::int64_t>(number_column, some.count() - 1);
    }

    pg::spi spi_;
    const question asked_;
    const conditions query_;
    const sequence& statements_;
    const std::string currency_;
    std::optional<T> key_;
    pg::uuid id_;
    const std::optional<T> end_;
    const next_stretch next_stretch_;
    bool is_finished_ = false, is_chosen_ = false, is_narrowed_ = false, may_walk_ = false;
    std::optional<std::int64_t> estimate_;
    std::int64_t walked_ = 0;
    int widened_ = 0;
};

constexpr double microseconds_of_week = 7 * 86400e6;
constexpr double unix_weeks_of_2000 = 10957.0 / 7;

double weeks_of(pg::timestamp time) {
    return static_cast<double>(time.value) / microseconds_of_week + unix_weeks_of_2000;
}

pg::timestamp time_of(double weeks) {
    return {static_cast<std::int64_t>((weeks - unix_weeks_of_2000) * microseconds_of_week)};
}

std::unique_ptr<hit_source> by_popularity(pg::spi spi, const question& asked,
                                          const std::optional<place>& after) {
    std::optional<double> end;
    if (asked.rows.since) // favorites only add to the time
        end = weeks_of(*asked.rows.since);
    return std::make_unique<ordered<double>>(
        spi, asked, popular, "", after ? std::optional(after->number) : std::nullopt,
        after ? after->id : pg::uuid(), end,
        [blocks = hot_blocks(spi)](double share, const std::optional<double>& key) {
            const double bottom = blocks.down_to(share, key);
            return std::optional(stretch<double>{bottom, blocks.terms(bottom, key)});
        });
}

std::unique_ptr<hit_source> by_newness(pg::spi spi, const question& asked,
                                       const std::optional<place>& after) {
    return std::make_unique<ordered<pg::timestamp>>(
        spi, asked, newest, "", after ? std::optional(pg::timestamp{after->time}) : std::nullopt,
        after ? after->id : pg::uuid(), asked.rows.since,
        [blocks = hot_blocks(spi)](double share, const std::optional<pg::timestamp>& key) {
            // what is popular is in a later block than its time says
            const auto weeks = key ? std::optional(weeks_of(*key)) : std::nullopt;
            const double bottom = blocks.down_to(share, weeks);
            return std::optional(
                stretch<pg::timestamp>{time_of(bottom), blocks.terms(bottom, std::nullopt)});
        });
}

// The octaves from the key on until there is enough; about how prices are spread nothing is known.
std::optional<stretch<pg::amount>> octaves(bool is_rising, double share,
                                           const std::optional<pg::amount>& key) {
    constexpr int top = 27;
    const int width = share < 0.01 ? 1 : share < 0.1 ? 2 : 4;
    const int from = key ? core::terms::price_octave(std::strtod(key->text.c_str(), nullptr))
                         : (is_rising ? 0 : top);
    const int to = is_rising ? from + width - 1 : from - width + 1;
    if (to >= top || to <= 0)
        return std::nullopt;
    std::vector<std::string> terms;
    for (int number = std::min(from, to); number <= std::max(from, to); ++number)
        terms.push_back(core::terms::octave(number));
    const std::int64_t end = (std::int64_t{1} << (is_rising ? to + 1 : to)) - 1;
    return stretch<pg::amount>{{std::to_string(end)}, {any_term(terms)}};
}

// First those with a price in the base currency, then one currency after the other.
class by_price : public hit_source {
public:
    by_price(pg::spi spi, const question& asked, bool is_rising, const std::optional<place>& after)
        : spi_(spi), asked_(asked), is_rising_(is_rising) {
        const row_conditions& rows = asked.rows;
        if (after)
            begin(after->currency, after);
        else if (rows.price_currency && !rows.least)
            begin(*rows.price_currency, std::nullopt); // no rate: nobody else's price compares
        else
            begin({}, std::nullopt);
    }

    std::vector<hit> next(std::size_t n) override {
        std::vector<hit> found = source_->next(n);
        while (found.size() < n && begin_next()) {
            const std::vector<hit> more = source_->next(n - found.size());
            found.insert(found.end(), more.begin(), more.end());
        }
        return found;
    }

private:
    void begin(const std::string& currency, const std::optional<place>& after) {
        const row_conditions& rows = asked_.rows;
        const bool is_rated = currency.empty();
        const auto &least = is_rated ? rows.least : rows.least_own,
                   &most = is_rated ? rows.most : rows.most_own;
        std::optional<pg::amount> key, end;
        pg::uuid id;
        if (after) {
            key = pg::amount{after->amount};
            id = after->id;
        } else if (rows.price_currency && least && is_rising_) {
            key = least;
        } else if (rows.price_currency && most && !is_rising_ && most->text != "Infinity") {
            key = most;
            id.bytes.fill(0xff);
        }
        if (rows.price_currency && least && !is_rising_)
            end = least;
        const sequence& statements = is_rated ? (is_rising_ ? rising_price : falling_price)
                                              : (is_rising_ ? rising_unrated : falling_unrated);
        currency_ = currency;
        source_ = std::make_unique<ordered<pg::amount>>(
            spi_, asked_, statements, currency, key, id, end,
            [is_rising = is_rising_](double share, const std::optional<pg::amount>& from) {
                return octaves(is_rising, share, from);
            });
    }

    bool begin_next() {
        const auto& only = asked_.rows.price_currency;
        const auto before = currency_.empty() ? std::nullopt : std::optional(currency_);
        const auto next = !only     ? next_unrated.run(before).value<std::string>()
                          : !before ? only
                                    : std::nullopt;
        if (!next)
            return false;
        begin(*next, std::nullopt);
        return true;
    }

    pg::spi spi_;
    const question asked_;
    const bool is_rising_;
    std::string currency_;
    std::unique_ptr<hit_source> source_;
};

} // namespace

std::unique_ptr<hit_source> ordered_hits(pg::spi spi, const question& asked, sort_order sort,
                                         const std::optional<place>& after) {
    switch (sort) {
    case sort_order::newest:
        return by_newness(spi, asked, after);
    case sort_order::price_asc:
    case sort_order::price_desc:
        return std::make_unique<by_price>(spi, asked, sort == sort_order::price_asc, after);
    default:
        return by_popularity(spi, asked, after);
    }
}

} // namespace driplo
