#include "api/search/page.hpp"

#include "api/catalog/listing_image.hpp"
#include "core/fold.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// What the policy of the listings shows to everybody, and whose seller is there.
const pg::plan listings_shown{R"(
    SELECT
        hit.place,
        l.id,
        l.title::text,
        l.price,
        l.currency::text,
        CASE WHEN l.currency::text = $2 THEN l.price ELSE {s}.convert(l.price, l.currency::text, $2) END,
        l.brand::text,
        l.size::text,
        l.color::text,
        l.condition::text,
        {listing_image},
        l.seller_id,
        s.username::text,
        GREATEST(l.favorite_count, 0),
        $3 IS NOT NULL AND EXISTS (SELECT FROM {s}.favorites f WHERE f.listing_id = l.id AND f.user_id = $3),
        l.published_at
    FROM unnest($1) WITH ORDINALITY AS hit (id, place)
    JOIN {s}.listings l ON l.id = hit.id AND l.status::text = 'active'
    JOIN {s}.profiles s ON s.id = l.seller_id AND s.deleted_at IS NULL AND s.suspended_at IS NULL
    WHERE $4 IS NULL OR l.seller_id <> ALL ($4)
    ORDER BY hit.place)",
                              {listing_image},
                              pg::access::read_only,
                              pg::planned::each_time};
const pg::plan blocked_sellers{R"(
    SELECT blocked_id
    FROM {s}.user_blocks
    WHERE blocker_id = $1
    UNION
    SELECT blocker_id
    FROM {s}.user_blocks
    WHERE blocked_id = $1)",
                               pg::access::read_only, pg::planned::once};
constexpr Oid types[] = {INT8OID, UUIDOID, TEXTOID, NUMERICOID,    TEXTOID, NUMERICOID,
                         TEXTOID, TEXTOID, TEXTOID, TEXTOID,       TEXTOID, UUIDOID,
                         TEXTOID, INT4OID, BOOLOID, TIMESTAMPTZOID};
enum { place_column, id_column, title_column, price_column };

} // namespace

std::optional<std::vector<pg::uuid>> hidden_sellers(pg::spi) {
    const auto caller = pg::caller();
    if (!caller)
        return std::nullopt;
    auto hidden = blocked_sellers.run(*caller).values<pg::uuid>();
    return hidden.empty() ? std::nullopt : std::optional(std::move(hidden));
}

page_reader::page_reader(pg::spi, const search_filters& filters)
    : currency_(filters.currency), caller_(pg::caller()), hidden_(filters.rows.hidden_sellers) {}

std::vector<shown_listing> page_reader::read(const std::vector<hit>& hits) const {
    std::vector<shown_listing> shown;
    if (hits.empty())
        return shown;
    std::vector<pg::uuid> ids;
    for (const hit& each : hits)
        ids.push_back(each.id);
    const pg::rows found = listings_shown.run(ids, currency_, caller_, hidden_);
    for (std::uint64_t row = 0; row < found.count(); ++row) {
        const auto place = static_cast<std::size_t>(*found.value<std::int64_t>(1, row));
        shown_listing each{hits[place - 1], {}};
        for (std::size_t column = 0; column < std::size(types); ++column)
            each.known.push_back(found.datum(static_cast<int>(column) + 1, row, types[column]));
        shown.push_back(std::move(each));
    }
    return shown;
}

filled_page fill_page(hit_source& source, const page_reader& reader, std::size_t size) {
    filled_page page;
    for (std::size_t asked = size + 1;; asked = std::min<std::size_t>(asked * 2, 1000)) {
        const std::vector<hit> some = source.next(asked);
        page.hits += some.size();
        for (shown_listing& each : reader.read(some)) {
            if (page.rows.size() == size) {
                page.next = page.rows.back().at.at;
                return page;
            }
            page.rows.push_back(std::move(each));
        }
        if (some.size() < asked) {
            page.is_last = true;
            return page;
        }
    }
}

std::vector<std::optional<Datum>> shown_listing::columns(const std::vector<std::string>& lexemes,
                                                         const std::optional<Datum>& next) const {
    std::vector<std::optional<Datum>> all = columns();
    const auto& title = known[title_column];
    std::optional<Datum> highlighted;
    if (title)
        highlighted = pg::to_datum(core::highlight(pg::from_datum<std::string_view>(*title),
                                                   lexemes, "<mark>", "</mark>"));
    all.insert(all.begin() + 2, highlighted);
    all.push_back(next);
    return all;
}

std::vector<std::optional<Datum>> shown_listing::columns() const {
    std::vector<std::optional<Datum>> all(known.begin() + id_column, known.end());
    all.push_back(pg::to_datum(at.score));
    return all;
}

} // namespace driplo
