#include "api/search/ranked_hits.hpp"

#include "api/search/hot_blocks.hpp"
#include "api/search/statements.hpp"
#include "api/search/words.hpp"

#include <algorithm>

namespace driplo {

namespace {

// How many matches are ranked at once: all of them, or so many of the newest and most popular.
constexpr std::int64_t most_ranked_at_once = 2000;
constexpr std::int64_t ranked_of_more = 800;
// How many rows may be walked over to find a tier.
constexpr std::int64_t most_walked = 3300;
constexpr std::int64_t least_tier = 100;

// A year is worth 0.1, about as much as a word of the title instead of the description.
constexpr pg::part score{"score", R"(
    (pg_catalog.ts_rank('{0.05,0.2,0.4,1}', doc, $11) + hot * 0.002)::real)"};
constexpr pg::part in_tier{"in_tier", R"(
    ($12 IS NULL OR (hot, listing_id) < ($12, $13))
    AND ($14 IS NULL OR (hot, listing_id) >= ($14, $15)))"};

enum { id_column = 1, hot_column, score_column };

const pg::plan rank{R"(
    WITH found AS MATERIALIZED (
        SELECT listing_id, hot, {score} AS score
        FROM {s}.listing_search
        WHERE {matches} AND {in_tier}
    )
    SELECT listing_id, hot, score
    FROM found
    WHERE $16 IS NULL OR (score, listing_id) < ($16, $17)
    ORDER BY score DESC, listing_id DESC
    LIMIT $18)",
                    {matches, passes, score, in_tier},
                    pg::access::read_only,
                    pg::planned::each_time};

// Along hot: what matches of $16 rows, $17 at most. The last row says how far it went when that was
// the end of the rows.
const pg::plan walk{R"(
    SELECT listing_id, hot, score
    FROM (
        SELECT *, row_number() OVER () AS n
        FROM (
            SELECT listing_id, hot, CASE WHEN {row_matches} THEN {score} END AS score
            FROM {s}.listing_search
            WHERE {in_tier}
            ORDER BY hot DESC, listing_id DESC
            LIMIT $16
        ) walked
    ) seen
    WHERE score IS NOT NULL OR n = $16
    LIMIT $17)",
                    {row_matches, passes, score, in_tier},
                    pg::access::read_only,
                    pg::planned::each_time};

std::optional<double> hot_of(const std::optional<hot_edge>& edge) {
    return edge ? std::optional(edge->hot) : std::nullopt;
}

std::optional<pg::uuid> id_of(const std::optional<hot_edge>& edge) {
    return edge ? std::optional(edge->id) : std::nullopt;
}

bool is_better(const hit& a, const hit& b) {
    return a.score != b.score ? a.score > b.score : b.id < a.id;
}

class ranked : public hit_source {
public:
    ranked(pg::spi spi, const question& asked, const std::optional<place>& after)
        : spi_(spi), asked_(asked), words_(pg::read_query(query_text(asked.words))), blocks_(spi) {
        if (after) {
            is_open_ = true;
            place_ = *after;
            after_ = after;
        }
    }

    std::vector<hit> next(std::size_t n) override {
        std::vector<hit> found;
        while (found.size() < n && !is_finished_) {
            pg::check_for_interrupts();
            if (!is_open_)
                open(n);
            const std::size_t missing = n - found.size();
            const std::vector<hit> some =
                place_.was_walked ? of_walked(missing) : of_ranked(missing);
            found.insert(found.end(), some.begin(), some.end());
            if (some.size() < missing)
                close();
        }
        return found;
    }

private:
    // Chooses the next tier.
    void open(std::size_t n) {
        is_open_ = true;
        after_.reset();
        place_.down_to.reset();
        place_.was_walked = false;
        if (!is_estimated_) {
            estimate_ = estimate_matches(spi_, asked_);
            is_estimated_ = true;
        }
        if (estimate_.value_or(0) <= most_ranked_at_once)
            return;
        const auto wanted = std::max<std::int64_t>(least_tier, 4 * static_cast<std::int64_t>(n));
        if (wanted * asked_.listings / *estimate_ <= most_walked && walk_along(n, wanted))
            return;
        const double share = std::min(1.0, static_cast<double>(ranked_of_more << widened_) /
                                               static_cast<double>(*estimate_));
        widened_ += 2;
        if (share >= 0.5)
            return; // all that is left
        place_.down_to = hot_edge{blocks_.down_to(share, hot_of(place_.below)), {}};
    }

    // Whether the tier has been filled.
    bool walk_along(std::size_t n, std::int64_t wanted) {
        const std::int64_t limit = 2 * most_walked;
        const pg::rows found = run(walk, place_.below, std::nullopt, limit, wanted);
        const bool is_cut = static_cast<std::int64_t>(found.count()) == wanted;
        bool is_end = !is_cut;
        tier_.clear();
        for (std::uint64_t row = 0; row < found.count(); ++row)
            if (const auto score = found.value<float>(score_column, row))
                add(found, row, *score);
            else
                is_end = false;
        if (!is_end && tier_.size() < std::max<std::size_t>(n, 20))
            return false;
        if (!is_end)
            place_.down_to = hot_edge{*found.value<double>(hot_column, found.count() - 1),
                                      *found.value<pg::uuid>(id_column, found.count() - 1)};
        place_.was_walked = true;
        std::sort(tier_.begin(), tier_.end(), is_better);
        is_in_memory_ = true;
        return true;
    }

    // What is left of the tier.
    void close() {
        is_open_ = false;
        is_in_memory_ = false;
        is_finished_ = !place_.down_to;
        place_.below = place_.down_to;
    }

    template <typename... More>
    pg::rows run(const pg::plan& statement, const std::optional<hot_edge>& below,
                 const std::optional<hot_edge>& down_to, const More&... more) const {
        const conditions query = asked_.words + asked_.terms;
        return run_search(statement,
                          &statement == &rank && down_to
                              ? query + blocks_.terms(down_to->hot, hot_of(below))
                              : query,
                          asked_.rows, words_, hot_of(below), id_of(below), hot_of(down_to),
                          id_of(down_to), more...);
    }

    void add(const pg::rows& found, std::uint64_t row, float score) {
        hit each{*found.value<pg::uuid>(id_column, row), score, {}};
        tier_.push_back(std::move(each));
    }

    std::vector<hit> of_walked(std::size_t n) {
        if (!is_in_memory_) {
            constexpr std::int64_t without_limit = 1'000'000;
            const pg::rows found =
                run(walk, place_.below, place_.down_to, without_limit, without_limit);
            tier_.clear();
            for (std::uint64_t row = 0; row < found.count(); ++row)
                if (const auto score = found.value<float>(score_column, row))
                    add(found, row, *score);
            std::sort(tier_.begin(), tier_.end(), is_better);
            is_in_memory_ = true;
        }
        std::vector<hit> some;
        for (const hit& each : tier_)
            if (some.size() < n && is_after(each))
                some.push_back(placed(each));
        return some;
    }

    std::vector<hit> of_ranked(std::size_t n) {
        const pg::rows found =
            run(rank, place_.below, place_.down_to,
                after_ ? std::optional(after_->score) : std::nullopt,
                after_ ? std::optional(after_->id) : std::nullopt, static_cast<std::int64_t>(n));
        std::vector<hit> some;
        for (std::uint64_t row = 0; row < found.count(); ++row)
            some.push_back(placed({*found.value<pg::uuid>(id_column, row),
                                   *found.value<float>(score_column, row),
                                   {}}));
        return some;
    }

    bool is_after(const hit& each) const {
        return !after_ || is_better({after_->id, after_->score, {}}, each);
    }

    hit placed(hit each) {
        each.at = place_;
        each.at.score = each.score;
        each.at.id = each.id;
        after_ = each.at;
        return each;
    }

    pg::spi spi_;
    const question asked_;
    const pg::text_query words_;
    bool is_open_ = false, is_finished_ = false, is_estimated_ = false, is_in_memory_ = false;
    std::optional<std::int64_t> estimate_;
    int widened_ = 0;
    const hot_blocks blocks_;
    place place_;                // of the tier
    std::optional<place> after_; // the last row that was given out of it
    std::vector<hit> tier_;      // all of one that was walked
};

} // namespace

std::unique_ptr<hit_source> ranked_hits(pg::spi spi, const question& asked,
                                        const std::optional<place>& after) {
    return std::make_unique<ranked>(spi, asked, after);
}

} // namespace driplo
