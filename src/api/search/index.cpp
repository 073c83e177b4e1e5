// The index of what is for sale, listing_search: its triggers, and the job that makes rows again.
//
// Whoever writes a row of it holds the lock of its listing. So two sessions never wait for each
// other here, in whatever sequence they come.
#include "api/call/roles.hpp"
#include "api/search/rows.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/rights.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/trigger.hpp"

#include <algorithm>

namespace driplo {

namespace {

using ids = std::vector<pg::uuid>;

constexpr pg::part columns{"columns", R"(
    listing_id, seller_id, category_id, price, currency, price_norm, brand, size, color, condition,
    country, published_at, hot, version, category_version, doc)"};

// Read anew, and not from the transition table: a trigger of somebody's may have written the
// listing again since.
const pg::plan write_rows{
    R"(
    WITH wanted AS MATERIALIZED (
        SELECT {searched_columns}, {hotness} AS hot, {normal_price} AS price_norm
        FROM ONLY {s}.listings l
        JOIN {s}.profiles s ON s.id = l.seller_id
        WHERE l.id = ANY ($1) AND {is_searched}
    )
    INSERT INTO {s}.listing_search ({columns})
    {search_rows}
    ON CONFLICT (listing_id) DO UPDATE SET ({columns}) = (
        EXCLUDED.listing_id, EXCLUDED.seller_id, EXCLUDED.category_id, EXCLUDED.price,
        EXCLUDED.currency, EXCLUDED.price_norm, EXCLUDED.brand, EXCLUDED.size, EXCLUDED.color,
        EXCLUDED.condition, EXCLUDED.country, EXCLUDED.published_at, EXCLUDED.hot,
        EXCLUDED.version, EXCLUDED.category_version, EXCLUDED.doc
    ))",
    {columns,
     is_searched,
     leaf_category,
     shown_since,
     hotness,
     normal_price,
     sold_in,
     category_words,
     category_paths,
     search_rows,
     searched_columns,
     {"which", "wanted"},
     {"leaves", "(SELECT DISTINCT leaf FROM wanted)"}}};

// Not one that a trigger of somebody's has put on sale again since.
constexpr pg::part is_off_sale{"is_off_sale", R"(
    NOT EXISTS (
        SELECT FROM {s}.listings l
        WHERE l.id = i.listing_id AND l.status::text = 'active'
    ))"};
const pg::plan remove_row{
    "DELETE FROM {s}.listing_search i WHERE i.listing_id = $1 AND {is_off_sale}",
    {is_off_sale},
    pg::planned::once};
const pg::plan remove_rows{
    "DELETE FROM {s}.listing_search i WHERE i.listing_id = ANY ($1) AND {is_off_sale}",
    {is_off_sale},
    pg::planned::once};
const pg::plan forget_rows{"DELETE FROM {s}.listing_search WHERE listing_id = ANY ($1)",
                           pg::planned::once};

constexpr pg::unique_row row_of_listing{"listing_search", "listing_id", {{"listing_id", UUIDOID}}};

// Under REPEATABLE READ a row that the job has made meanwhile is not seen, and would stay.
void require_gone(const ids& listings) {
    for (const pg::uuid& each : listings)
        if (row_of_listing.find(each, pg::snapshot::latest))
            throw core::error{core::errors::serialization_failure,
                              "could not serialize access due to concurrent update",
                              "The listing was indexed by another transaction.",
                              "Run the transaction again."};
}

void withdraw(const ids& listings) {
    const std::uint64_t removed = listings.size() == 1 ? remove_row.run(listings.front()).count()
                                                       : remove_rows.run(listings).count();
    if (removed < listings.size() && pg::keeps_its_snapshot())
        require_gone(listings);
}

struct changes {
    ids offered; // for sale from now on, or for sale and changed
    ids withdrawn;
};

bool is_for_sale(const pg::transition_rows& row, int status) {
    return row.value<std::string_view>(status) == "active";
}

changes of_insert(const pg::trigger_call& trigger) {
    pg::transition_rows after(trigger, pg::transition::added);
    const int id = after.require("id", UUIDOID), status = after.require("status", VARCHAROID);
    changes found;
    while (after.next())
        if (is_for_sale(after, status))
            found.offered.push_back(*after.value<pg::uuid>(id));
    return found;
}

// Both tables have the rows of the statement in one order. What a sale, a view and a favorite write
// is in none of these columns.
changes of_update(const pg::trigger_call& trigger) {
    pg::transition_rows before(trigger, pg::transition::removed),
        after(trigger, pg::transition::added);
    const int id = after.require("id", UUIDOID), status = after.require("status", VARCHAROID);
    changes found;
    while (before.next() && after.next()) {
        const bool was = is_for_sale(before, status), is = is_for_sale(after, status);
        if (was && !is)
            found.withdrawn.push_back(*after.value<pg::uuid>(id));
        else if (is &&
                 (!was || after.differs_in(before, {"seller_id", "title", "description",
                                                    "category_id", "subcategory_id", "condition",
                                                    "price", "currency", "brand", "size", "color",
                                                    "materials", "location", "published_at"})))
            found.offered.push_back(*after.value<pg::uuid>(id));
    }
    return found;
}

// Only the service loads so much at once that the index is better made afterwards.
bool is_put_off() {
    return !pg::settings::search_sync && pg::is_service();
}

void index(const changes& found, bool is_update) {
    const bool later = !found.offered.empty() && is_put_off();
    if (found.withdrawn.empty() && (found.offered.empty() || (later && !is_update)))
        return;
    const pg::owner_scope owner;
    pg::session spi;
    if (!found.withdrawn.empty())
        withdraw(found.withdrawn);
    if (found.offered.empty())
        return;
    if (later)
        forget_rows.run(found.offered);
    else
        write_rows.run(found.offered);
}

// What no trigger looks at: favorites and names of categories, and what was loaded without
// triggers.
constexpr pg::part of_another_kind{"of_another_kind", R"(
    (i.version <> private.search_document_version()
     OR i.category_version <> COALESCE(c.version, 0)
     OR abs(i.hot - {hotness}) >= 0.5
     OR (i.price_norm IS NULL) <> (r.rate IS NULL)
     OR abs(i.price_norm - l.price * r.rate) > 0.01 * l.price * r.rate + 0.01
     OR i.price <> l.price
     OR i.currency <> l.currency
     OR i.seller_id <> l.seller_id
     OR i.category_id IS DISTINCT FROM {leaf_category}
     OR i.published_at <> {shown_since}))"};
const pg::plan find_work{
    R"(
    WITH paths AS MATERIALIZED ({category_paths}), rates AS MATERIALIZED (
        SELECT
            used.currency,
            {s}.convert(100000000, used.currency, current_setting('driplo.base_currency'))
                / 100000000 AS rate
        FROM (SELECT DISTINCT currency::text AS currency FROM {s}.listing_search) used
    )
    SELECT i.listing_id
    FROM {s}.listing_search i
    JOIN {s}.listings l ON l.id = i.listing_id
    JOIN {s}.profiles s ON s.id = l.seller_id
    WHERE NOT {is_searched}
    UNION ALL
    SELECT l.id
    FROM ONLY {s}.listings l
    JOIN {s}.profiles s ON s.id = l.seller_id
    LEFT JOIN {s}.listing_search i ON i.listing_id = l.id
    LEFT JOIN paths c ON c.leaf = {leaf_category}
    LEFT JOIN rates r ON r.currency = i.currency::text
    WHERE {is_searched} AND (i.listing_id IS NULL OR {of_another_kind})
    LIMIT $1)",
    {is_searched,
     leaf_category,
     shown_since,
     hotness,
     category_words,
     category_paths,
     of_another_kind,
     {"leaves", "(SELECT id AS leaf FROM {s}.categories)"}}};

// Searches ask for categories that have moved by themselves until nothing is left to do. One that
// is moved again meanwhile has another time.
const pg::plan moves{R"(
    SELECT concat_ws(' ', id, moved_at)
    FROM {s}.categories
    WHERE moved_at IS NOT NULL)"};
const pg::plan forget_moves{R"(
    UPDATE {s}.categories
    SET moved_at = NULL
    WHERE id IN (
        SELECT id
        FROM {s}.categories
        WHERE concat_ws(' ', id, moved_at) = ANY ($1)
        ORDER BY id
        FOR NO KEY UPDATE SKIP LOCKED
    ))"};

// What somebody is selling or changing just now is left to the next call: nobody waits.
const pg::plan lock_listings{R"(
    SELECT id
    FROM {s}.listings
    WHERE id = ANY ($1)
    ORDER BY id
    FOR NO KEY UPDATE SKIP LOCKED)"};
const pg::plan remove_unsearched{
    R"(
    DELETE FROM {s}.listing_search i
    USING {s}.listings l, {s}.profiles s
    WHERE i.listing_id = ANY ($1)
      AND l.id = i.listing_id
      AND s.id = l.seller_id
      AND NOT {is_searched})",
    {is_searched}};

std::int32_t reindex(std::int32_t max_rows) {
    constexpr std::size_t at_once = 10000;
    const auto moved = moves.run().values<std::string>();
    const ids work = find_work.run(std::int64_t{max_rows}).values<pg::uuid>();
    if (work.empty() && max_rows > 0 && !moved.empty())
        forget_moves.run(moved);
    std::int32_t made = 0;
    for (std::size_t from = 0; from < work.size(); from += at_once) {
        pg::check_for_interrupts();
        const std::size_t until = std::min(work.size(), from + at_once);
        const ids locked = lock_listings
                               .run(ids(work.begin() + static_cast<std::ptrdiff_t>(from),
                                        work.begin() + static_cast<std::ptrdiff_t>(until)))
                               .values<pg::uuid>();
        remove_unsearched.run(locked);
        write_rows.run(locked);
        made += static_cast<std::int32_t>(locked.size());
    }
    return made;
}

// What the triggers keep, whatever a job has left to do.
const pg::plan stale_rows{
    R"(
    SELECT
        format('listing_search %s', i.listing_id),
        format('The row differs from the listing: %s.', concat_ws(', ',
            CASE WHEN i.doc <> e.doc THEN 'doc' END,
            CASE WHEN i.price <> e.price OR i.currency <> e.currency THEN 'price' END,
            CASE WHEN i.seller_id <> e.seller_id THEN 'seller_id' END,
            CASE WHEN i.category_id IS DISTINCT FROM e.category_id THEN 'category_id' END,
            CASE WHEN i.published_at <> e.published_at THEN 'published_at' END,
            CASE
                WHEN (i.brand, i.size, i.color, i.condition, i.country)
                     IS DISTINCT FROM (e.brand, e.size, e.color, e.condition, e.country)
                    THEN 'what facets count'
            END))
    FROM ({search_rows}) e
    JOIN {s}.listing_search i ON i.listing_id = e.listing_id
    WHERE i.version = e.version
      AND i.category_version = e.category_version
      AND (i.doc, i.price, i.currency, i.seller_id, i.category_id, i.published_at,
           i.brand, i.size, i.color, i.condition, i.country)
          IS DISTINCT FROM
          (e.doc, e.price, e.currency, e.seller_id, e.category_id, e.published_at,
           e.brand, e.size, e.color, e.condition, e.country))",
    {leaf_category,
     shown_since,
     sold_in,
     category_words,
     category_paths,
     search_rows,
     searched_columns,
     {"which", R"((
        SELECT {searched_columns}, x.hot, x.price_norm
        FROM {s}.listings l
        JOIN {s}.listing_search x ON x.listing_id = l.id
        WHERE l.status::text = 'active'
    ))"},
     {"leaves", "(SELECT id AS leaf FROM {s}.categories)"}},
    pg::access::read_only};

} // namespace

// private.index_listings(): AFTER INSERT or UPDATE ON listings REFERENCING NEW TABLE AS added and
// OLD TABLE AS removed FOR EACH STATEMENT
DRIPLO_FUNCTION(driplo_index_listings) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update,
                                   pg::trigger_level::statement);
    index(trigger.is_insert() ? of_insert(trigger) : of_update(trigger), trigger.is_update());
    return trigger.nothing();
}

// reindex_search(max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_reindex_search) {
    const auto max_rows = pg::required<std::int32_t>(fcinfo, 0, "max_rows");
    require_service("reindex listings");
    return pg::to_datum(pg::in_session([&] { return reindex(std::max(max_rows, 0)); }));
}

// private.stale_search_rows() -> TABLE(object text, detail text)
DRIPLO_FUNCTION(driplo_stale_search_rows) {
    pg::session spi;
    return stale_rows.run().as_result(fcinfo);
}

} // namespace driplo
