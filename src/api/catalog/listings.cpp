// Catalog: images of listings, what their sellers may do with them, and how
// many people have marked them.
#include "api/outbox/events.hpp"
#include "pg/identity.hpp"
#include "pg/random.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/transaction.hpp"
#include "pg/trigger.hpp"

#include "core/format.hpp"
#include "core/image_url.hpp"
#include "core/slug.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>

namespace driplo {

namespace {

using status = std::optional<std::string>;

// Reserved and sold come from orders, removed from a moderator.
bool seller_may_set(const status& to) {
    constexpr std::array<std::string_view, 4> by_seller{"draft", "active", "archived", "deleted"};
    return std::find(by_seller.begin(), by_seller.end(), to.value_or("")) != by_seller.end();
}

void check_seller_step(const status& from, const status& to) {
    if (from == "removed")
        throw core::error{core::errors::insufficient_privilege,
                          "cannot change a listing removed by a moderator",
                          {},
                          "Staff can restore it with moderate_listing()."};
    if (from == "deleted")
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "cannot change a deleted listing",
                          {},
                          "Create a new listing."};
    if (from != to && !seller_may_set(to))
        throw core::error{core::errors::insufficient_privilege,
                          core::format("sellers cannot set the status of a listing to {}",
                                       core::excerpt(to.value_or("NULL"))),
                          "Sellers can set draft, active, archived, or deleted.",
                          "Orders set reserved and sold, and moderators set removed."};
}

// What others than the seller can see, as the policy of the listings has it.
bool is_shown(const status& listing) {
    return listing == "active" || listing == "reserved" || listing == "sold";
}

bool is_out_of_stock(const status& listing) {
    return listing == "reserved" || listing == "sold";
}

void guard_listing(pg::trigger_call& row) {
    const status from = row.is_update() ? row.old_text("status") : std::nullopt;
    if (core::trim(row.text("slug").value_or("")).empty())
        row.set_text("slug", core::slug(row.text("title").value_or(""), pg::random_uint64()));
    // Functions of driplo and the actions of foreign keys have their own rules.
    if (!row.runs_as_owner()) {
        if (!pg::is_service())
            check_seller_step(from, row.text("status"));
        if (is_out_of_stock(from) && from == row.text("status") &&
            row.value<std::int32_t>("quantity") > row.old_value<std::int32_t>("quantity"))
            row.set_text("status", "active"); // there is something to sell again
    }
    if (row.is_null("published_at") && row.text("status") == "active")
        row.set_transaction_time("published_at");
}

// Locked: of a publication and a suspension at the same time the second sees the first.
const pg::plan lock_seller{R"(
    SELECT suspended_at IS NOT NULL
    FROM {s}.profiles
    WHERE id = $1
    FOR NO KEY UPDATE)"};
const pg::unique_row suspension_of{"profiles", "id", {{"suspended_at", TIMESTAMPTZOID}}};

// What was reserved or sold a suspension locks before the profile, so that it has been committed by
// now or comes later: nobody who ends an order keeps the seller's profile locked for this. A
// REPEATABLE READ transaction that does not see it ends with 40001 at the lock.
bool is_suspended(const pg::trigger_call& row, const pg::uuid& seller) {
    const bool was_shown = row.is_update() && is_shown(row.old_text("status"));
    if (was_shown) {
        const auto found = suspension_of.find(seller, pg::snapshot::latest);
        if (found && found->is_null(0))
            return false;
    }
    // One that is shown from now on is counted in the profile afterwards, too.
    return lock_seller.run(seller).value<bool>().value_or(false);
}

void check_seller(const pg::trigger_call& row) {
    pg::session spi;
    const auto seller = row.value<pg::uuid>("seller_id");
    if (seller && is_suspended(row, *seller))
        throw core::error{core::errors::insufficient_privilege,
                          "suspended users cannot offer listings for sale",
                          {},
                          "An admin can end the suspension with reinstate_user()."};
}

// `added` and `removed` are the trigger's transition tables.
const pg::plan favorites_added{R"(
    SELECT listing_id, count(*)
    FROM added
    GROUP BY listing_id
    ORDER BY listing_id)"};
const pg::plan favorites_removed{R"(
    SELECT listing_id, -count(*)
    FROM removed
    GROUP BY listing_id
    ORDER BY listing_id)"};
const pg::plan favorites_changed{R"(
    SELECT listing_id, sum(change)
    FROM (
        SELECT listing_id, 1 AS change
        FROM added
        UNION ALL
        SELECT listing_id, -1
        FROM removed
    ) favorite
    GROUP BY listing_id
    HAVING sum(change) <> 0
    ORDER BY listing_id)"};
const pg::plan count_favorites{R"(
    UPDATE {s}.listings
    SET favorite_count = COALESCE(favorite_count, 0) + $2
    WHERE id = $1
    RETURNING favorite_count)"};
const pg::plan recount_favorites{R"(
    UPDATE {s}.listings
    SET favorite_count = (SELECT count(*) FROM {s}.favorites WHERE listing_id = $1)
    WHERE id = $1)"};

const pg::plan tell_of_added_favorites{R"(
    INSERT INTO {s}.outbox_events (kind, subject_id, actor_id)
    SELECT 'favorite.added', listing_id, user_id
    FROM added)"};
const pg::plan tell_of_removed_favorites{R"(
    INSERT INTO {s}.outbox_events (kind, subject_id, actor_id)
    SELECT 'favorite.removed', listing_id, user_id
    FROM removed)"};

// In the order of the listings' ids, in which everybody locks them. One that is being deleted is
// gone already. Steps without a limit add up in any order: what a trigger of somebody's does inside
// a statement is counted before that statement, and takes from what is not there yet. Below zero
// outside of that, the count was wrong before.
void count_favorites_of(const pg::rows& changes) {
    for (std::uint64_t i = 0; i < changes.count(); ++i) {
        pg::check_for_interrupts();
        const auto listing = changes.value<pg::uuid>(1, i);
        const auto left =
            count_favorites.run(listing, changes.value<std::int64_t>(2, i)).value<std::int32_t>();
        if (left.value_or(0) < 0 && pg::trigger_depth() == 1)
            recount_favorites.run(listing);
    }
}

constexpr pg::part changed_listings{"changed_listings", R"(
    SELECT seller_id, sum(n)
    FROM ({changes}) listing
    WHERE status::text IN ('active', 'reserved', 'sold')
    GROUP BY seller_id
    HAVING sum(n) <> 0
    ORDER BY seller_id)"};
const pg::plan listings_added{
    "{changed_listings}",
    {changed_listings, {"changes", "SELECT seller_id, status, 1 AS n FROM added"}}};
const pg::plan listings_removed{
    "{changed_listings}",
    {changed_listings, {"changes", "SELECT seller_id, status, -1 AS n FROM removed"}}};
const pg::plan listings_changed{
    "{changed_listings}",
    {changed_listings,
     {"changes", "SELECT seller_id, status, 1 AS n FROM added UNION ALL SELECT seller_id, status, "
                 "-1 FROM removed"}}};
const pg::plan count_listings{R"(
    UPDATE {s}.profiles
    SET listings_count = listings_count + $2
    WHERE id = $1
    RETURNING listings_count)"};
const pg::plan recount_listings{R"(
    UPDATE {s}.profiles
    SET listings_count = (
        SELECT count(*)
        FROM {s}.listings
        WHERE seller_id = $1 AND status::text IN ('active', 'reserved', 'sold')
    )
    WHERE id = $1)"};

struct listing_changes {
    bool is_shown_otherwise = false, has_other_price = false;
};

// Both tables have the rows of the statement in one order. A sale or a view changes nothing of
// this, and is most of what is written.
listing_changes find_changes(const pg::trigger_call& trigger) {
    pg::transition_rows before(trigger, pg::transition::removed),
        after(trigger, pg::transition::added);
    const int seller = before.require("seller_id", UUIDOID),
              status = before.require("status", VARCHAROID);
    listing_changes found;
    while (before.next() && after.next()) {
        found.is_shown_otherwise |=
            before.value<std::string>(status) != after.value<std::string>(status) ||
            before.value<pg::uuid>(seller) != after.value<pg::uuid>(seller);
        found.has_other_price |= after.differs_in(before, {"price", "currency"});
    }
    return found;
}

// What has never been on sale has had no price yet.
const pg::plan keep_prices{R"(
    INSERT INTO {s}.listing_prices (listing_id, price, currency)
    SELECT r.id, r.price, r.currency
    FROM removed r
    JOIN added a ON a.id = r.id
    WHERE r.published_at IS NOT NULL
      AND (a.price <> r.price OR a.currency <> r.currency))"};

// What is sold and for sale again because the order came to nothing was no news.
const pg::plan tell_of_added_listings{R"(
    INSERT INTO {s}.outbox_events (kind, subject_id, actor_id)
    SELECT 'listing.published', id, $1
    FROM added
    WHERE status::text = 'active')"};
const pg::plan tell_of_changed_listings{R"(
    INSERT INTO {s}.outbox_events (kind, subject_id, actor_id, data)
    SELECT change.kind, a.id, $1, change.data
    FROM removed r
    JOIN added a ON a.id = r.id
    CROSS JOIN LATERAL (
        SELECT 'listing.published' AS kind, '{}'::jsonb AS data
        WHERE a.status::text = 'active' AND r.status::text NOT IN ('active', 'reserved', 'sold')
        UNION ALL
        SELECT 'listing.removed', pg_catalog.jsonb_build_object('status', a.status)
        WHERE a.status::text NOT IN ('active', 'reserved', 'sold')
          AND r.status::text IN ('active', 'reserved', 'sold')
        UNION ALL
        SELECT
            'listing.price_lowered', pg_catalog.jsonb_build_object(
                'from', r.price,
                'to', a.price,
                'lowest', private.lowest_price_before(a.id, a.currency::text, clock_timestamp())
            )
        WHERE a.status::text = 'active' AND r.status::text = 'active'
          AND a.price < r.price AND a.currency = r.currency
    ) change)"};

// In the order of the sellers' ids, in which everybody locks people. Who is being deleted is gone
// already.
void count_listings_of(const pg::rows& changes) {
    for (std::uint64_t i = 0; i < changes.count(); ++i) {
        pg::check_for_interrupts();
        const auto seller = changes.value<pg::uuid>(1, i);
        const auto left =
            count_listings.run(seller, changes.value<std::int64_t>(2, i)).value<std::int32_t>();
        if (left.value_or(0) < 0 && pg::trigger_depth() == 1)
            recount_listings.run(seller);
    }
}

} // namespace

// get_optimized_image_url(base_url text, size text) -> text
DRIPLO_FUNCTION(driplo_get_optimized_image_url) {
    const auto url = pg::required<std::string_view>(fcinfo, 0, "base_url");
    const auto size = core::parse_image_size(pg::required<std::string_view>(fcinfo, 1, "size"));
    const auto position = core::image_size_position(url);
    if (!position)
        return pg::to_datum(url);
    return pg::to_datum_with_insertion(url, *position, core::image_size_suffix(size));
}

// private.guard_listing(): BEFORE INSERT OR UPDATE ON listings
DRIPLO_FUNCTION(driplo_guard_listing) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    guard_listing(row);
    return row.result();
}

// private.check_seller(): AFTER INSERT OR UPDATE ON listings WHEN (NEW.status = 'active')
DRIPLO_FUNCTION(driplo_check_seller) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update);
    check_seller(row);
    return row.nothing();
}

// private.count_favorites(): AFTER INSERT, UPDATE or DELETE ON favorites REFERENCING NEW TABLE AS
// added and OLD TABLE AS removed FOR EACH STATEMENT
DRIPLO_FUNCTION(driplo_count_favorites) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after,
                                   pg::on_insert | pg::on_update | pg::on_delete,
                                   pg::trigger_level::statement);
    pg::session spi;
    trigger.use_transition_tables();
    count_favorites_of((trigger.is_insert()   ? favorites_added
                        : trigger.is_update() ? favorites_changed
                                              : favorites_removed)
                           .run());
    if (!trigger.is_update())
        record_events(trigger.is_insert() ? tell_of_added_favorites : tell_of_removed_favorites);
    return trigger.nothing();
}

// private.count_listings(): as count_favorites, ON listings
DRIPLO_FUNCTION(driplo_count_listings) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after,
                                   pg::on_insert | pg::on_update | pg::on_delete,
                                   pg::trigger_level::statement);
    listing_changes changes{true, true};
    if (trigger.is_update())
        changes = find_changes(trigger);
    if (!changes.is_shown_otherwise && !changes.has_other_price)
        return trigger.nothing();
    pg::session spi;
    const pg::owner_scope as_owner;
    trigger.use_transition_tables();
    if (changes.is_shown_otherwise)
        count_listings_of((trigger.is_insert()   ? listings_added
                           : trigger.is_update() ? listings_changed
                                                 : listings_removed)
                              .run());
    if (trigger.is_update() && changes.has_other_price)
        keep_prices.run();
    if (!trigger.is_delete())
        record_events(trigger.is_insert() ? tell_of_added_listings : tell_of_changed_listings,
                      pg::actor());
    return trigger.nothing();
}

} // namespace driplo
