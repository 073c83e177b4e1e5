// A saved search as new listings are compared with: the query and the filters as search() reads
// them, and of all that it requires the rarest, by which a new listing finds it.
#include "api/search/filters.hpp"
#include "api/search/hits.hpp"
#include "api/search/words.hpp"
#include "core/error.hpp"
#include "pg/array.hpp"
#include "pg/entry_point.hpp"
#include "pg/plan_scope.hpp"
#include "pg/result_set.hpp"
#include "pg/rights.hpp"
#include "pg/session.hpp"

#include <algorithm>
#include <set>

namespace driplo {

namespace {

// What a matching document has at least one of. A seller is none of the document's terms:
// private.match_saved_searches() adds "@p" and the ID.
struct anchor {
    std::int64_t listings; // about how many have one
    std::vector<std::string> lexemes;
};

// Of several lexemes that have to be there together one is enough to be found by.
std::vector<std::string> one_of_each_way(const wanted_word& word) {
    std::vector<std::string> lexemes;
    for (const way& each : word.ways)
        lexemes.push_back(
            *std::max_element(each.begin(), each.end(),
                              [](const auto& a, const auto& b) { return a.size() < b.size(); }));
    return lexemes;
}

bool can_be_anchor(const term_group& group) {
    return group.of == facet::brand || group.of == facet::category || group.of == facet::size ||
           group.of == facet::color;
}

class reader {
public:
    reader(pg::spi spi, std::string query, std::optional<pg::jsonb> filters)
        : spi_(spi), query_(std::move(query)), filters_(read_filters(spi, filters)),
          listings_(listings_indexed(spi)) {
        const wanted_words words = read_as_search();
        add(words);
        // What nobody writes so today is corrected, and is what this user waits for.
        if (words.was_corrected)
            add(read({false, false}));
        if (filters_.rows.seller)
            anchors_ = {"@p" + pg::text_of(*filters_.rows.seller)};
    }

    std::vector<std::optional<Datum>> columns() const {
        const row_conditions& rows = filters_.rows;
        return {wanted_.empty() ? std::nullopt
                                : std::optional(pg::to_datum(pg::read_query(wanted_))),
                pg::to_datum(std::vector<std::string>(anchors_.begin(), anchors_.end())),
                datum(rows.categories),
                datum(rows.seller),
                datum(rows.since),
                datum(rows.price_currency),
                datum(rows.least),
                datum(rows.most),
                datum(rows.least_own),
                datum(rows.most_own)};
    }

private:
    template <typename T>
    static std::optional<Datum> datum(const std::optional<T>& value) {
        return value ? std::optional<Datum>(pg::to_datum(*value)) : std::nullopt;
    }

    wanted_words read(reading how) const { return read_words(spi_, query_, how, listings_); }

    // As the first page by relevance does.
    wanted_words read_as_search() const {
        wanted_words words = read({});
        if (words.was_completed && finds_few(spi_, make_question(words, filters_, listings_)))
            words = read({false, true, wide_completions});
        return words;
    }

    // One way of reading the words, with the filters; any of them will do.
    void add(const wanted_words& words) {
        conditions all = conditions_of(words.words);
        std::vector<anchor> candidates;
        for (std::size_t i = 0; i < all.size(); ++i)
            candidates.push_back(
                {about_how_many(spi_, all[i], listings_), one_of_each_way(words.words[i])});
        for (const term_group& each : filters_.terms) {
            all.push_back(any_term(each.terms));
            if (can_be_anchor(each))
                candidates.push_back({about_how_many(spi_, all.back(), listings_), each.terms});
        }
        if (candidates.empty() && !filters_.rows.seller)
            throw core::error{core::errors::invalid_parameter_value,
                              "saved search would match almost everything",
                              {},
                              "Add a word, a brand, a category, a size, a color, or a seller."};
        const auto rarest = std::min_element(
            candidates.begin(), candidates.end(), [](const anchor& a, const anchor& b) {
                return std::make_pair(a.listings, a.lexemes.size()) <
                       std::make_pair(b.listings, b.lexemes.size());
            });
        if (rarest != candidates.end())
            anchors_.insert(rarest->lexemes.begin(), rarest->lexemes.end());
        if (!all.empty())
            wanted_ += (wanted_.empty() ? "(" : " | (") + query_text(all) + ")";
    }

    pg::spi spi_;
    std::string query_;
    search_filters filters_;
    std::int64_t listings_;
    std::string wanted_;
    std::set<std::string> anchors_;
};

} // namespace

// private.read_saved_search(query text, filters jsonb) -> TABLE(wanted tsquery, anchors text[],
// categories uuid[], seller_id uuid, since timestamptz, price_currency text, price_least numeric,
// price_most numeric, price_least_own numeric, price_most_own numeric)
DRIPLO_FUNCTION(driplo_read_saved_search) {
    auto query = pg::argument<std::string>(fcinfo, 0).value_or("");
    const auto filters =
        fcinfo->args[1].isnull ? std::nullopt : std::optional(pg::jsonb{fcinfo->args[1].value});
    pg::result_set result(fcinfo);
    const pg::owner_scope as_owner;
    const pg::plan_scope by_index;
    pg::session spi;
    result.add(reader(spi, std::move(query), filters).columns());
    return Datum{0};
}

} // namespace driplo
