// similar_listings(): what else there is of that kind, by what a listing has and by no model.
#include "api/call/arguments.hpp"
#include "api/catalog/listing_image.hpp"
#include "api/search/filters.hpp"
#include "api/search/hits.hpp"
#include "api/search/page.hpp"
#include "core/fold.hpp"
#include "core/format.hpp"
#include "core/search_terms.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/plan_scope.hpp"
#include "pg/result_set.hpp"
#include "pg/rights.hpp"

#include <algorithm>
#include <set>

namespace driplo {

namespace {

constexpr std::int32_t most_rows = 50;

// Of what the policies of the listings show to everybody, or to its seller.
const pg::plan listing_shown{R"(
    SELECT
        COALESCE(l.subcategory_id, l.category_id),
        l.brand::text,
        l.size::text,
        l.color::text,
        l.currency::text,
        pg_catalog.round(l.price / 2, 2),
        l.price * 2
    FROM {s}.listings l
    WHERE l.id = $1
      AND (l.status::text IN ('active', 'sold', 'reserved') OR l.seller_id = $2))",
                             pg::access::read_only, pg::planned::once};
enum {
    leaf_column = 1,
    brand_column,
    size_column,
    color_column,
    currency_column,
    least_column,
    most_column
};

namespace terms = core::terms;

struct model {
    search_filters base;
    std::string category, brand, size, color; // terms
    std::optional<pg::amount> least, most;
};

model read_model(const pg::uuid& listing) {
    const pg::rows found = listing_shown.run(listing, pg::caller());
    if (found.empty())
        throw does_not_exist("listing", listing);
    const auto key = [&](int column) {
        return core::folded_key(found.value<std::string>(column).value_or(""));
    };
    model wanted;
    if (const auto leaf = found.value<pg::uuid>(leaf_column))
        wanted.category = terms::category(*leaf);
    wanted.brand = terms::brand(key(brand_column));
    wanted.size = terms::size(key(size_column));
    wanted.color = terms::color(key(color_column));
    wanted.base.currency = found.value<std::string>(currency_column).value_or("");
    wanted.least = found.value<pg::amount>(least_column);
    wanted.most = found.value<pg::amount>(most_column);
    return wanted;
}

// From the most to the least similar: terms that all have to be there, and whether the price is to
// be alike.
struct likeness {
    std::vector<std::string> terms;
    bool has_price;
    float score;
};

std::vector<likeness> likenesses(const model& of) {
    std::vector<likeness> all{{{of.category, of.brand}, true, 1.0F},
                              {{of.category, of.color, of.size}, true, 0.8F},
                              {{of.category}, true, 0.6F},
                              {{of.brand}, true, 0.4F},
                              {{of.category}, false, 0.2F}};
    // without one of its values a listing is not similar by it
    all.erase(std::remove_if(all.begin(), all.end(),
                             [](const likeness& each) {
                                 return std::any_of(
                                     each.terms.begin(), each.terms.end(),
                                     [](const std::string& term) { return term.empty(); });
                             }),
              all.end());
    return all;
}

std::vector<shown_listing> similar(pg::spi spi, const pg::uuid& listing, std::size_t most) {
    const model wanted = read_model(listing);
    const std::int64_t listings = listings_indexed(spi);
    std::set<pg::uuid> seen{listing};
    std::vector<shown_listing> shown;
    for (const likeness& each : likenesses(wanted)) {
        search_filters filters = wanted.base;
        filters.rows.hidden_sellers = hidden_sellers(spi);
        for (const std::string& term : each.terms)
            filters.terms.push_back({facet::none, {term}});
        if (each.has_price)
            add_prices(spi, filters, wanted.least, wanted.most);
        const auto source = find_hits(spi, make_question(wanted_words(), filters, listings),
                                      sort_order::popular, {});
        const page_reader reader(spi, filters);
        // what was found before is found again
        for (std::size_t asked = most + seen.size();; asked *= 2) {
            std::vector<hit> hits = source->next(asked);
            const bool is_end = hits.size() < asked;
            hits.erase(std::remove_if(hits.begin(), hits.end(),
                                      [&](const hit& one) { return seen.count(one.id) > 0; }),
                       hits.end());
            for (shown_listing& one : reader.read(hits)) {
                one.at.score = each.score;
                seen.insert(one.at.id);
                shown.push_back(std::move(one));
                if (shown.size() == most)
                    return shown;
            }
            if (is_end)
                break;
        }
    }
    return shown;
}

} // namespace

// similar_listings(listing_id uuid, max_rows integer)
DRIPLO_FUNCTION(driplo_similar_listings) {
    const auto listing = pg::required<pg::uuid>(fcinfo, 0, "listing_id");
    const auto most = pg::required<std::int32_t>(fcinfo, 1, "max_rows");
    if (most < 0 || most > most_rows)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("max_rows must be between 0 and {}", most_rows)};
    pg::result_set result(fcinfo);
    const pg::owner_scope as_owner;
    const pg::plan_scope by_index;
    pg::session spi;
    if (most > 0)
        for (const shown_listing& each : similar(spi, listing, static_cast<std::size_t>(most)))
            result.add(each.columns());
    return Datum{0};
}

} // namespace driplo
