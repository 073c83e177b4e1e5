// Catalog: images of listings, what their sellers may do with them, and how
// many people have marked them.
#include "pg/identity.hpp"
#include "pg/random.hpp"
#include "pg/spi.hpp"
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
    if (row.text("status") == "active" && !row.text("published_at"))
        row.set_transaction_time("published_at");
}

// Locked: of a publication and a suspension at the same time the second sees the first.
const pg::plan lock_seller{R"(
    SELECT suspended_at IS NOT NULL
    FROM {s}.profiles
    WHERE id = $1
    FOR SHARE)"};

void check_seller(const pg::trigger_call& row) {
    pg::session spi;
    if (lock_seller.run(row.value<pg::uuid>("seller_id")).value<bool>().value_or(false))
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
    if (!row.is_update() || row.changes("status"))
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
    return trigger.nothing();
}

} // namespace driplo
