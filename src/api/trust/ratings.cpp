// Trust: who may rate whom, and what the ratings of a person amount to.
#include "api/accounts/statistics.hpp"
#include "api/orders/row.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"
#include "pg/transaction.hpp"
#include "pg/trigger.hpp"

namespace driplo {

namespace {

bool is_between_parties(const pg::trigger_call& row, const std::optional<pg::uuid>& buyer,
                        const std::optional<pg::uuid>& seller) {
    const auto rater = row.value<pg::uuid>("rater_user_id"),
               rated = row.value<pg::uuid>("rated_user_id");
    const auto type = row.text("type");
    return (type == "seller" && rater == buyer && rated == seller) ||
           (type == "buyer" && rater == seller && rated == buyer);
}

void check_rating(const pg::trigger_call& row) {
    // A party who is missing is reported by the column itself, or was deleted.
    if (!row.value<pg::uuid>("rater_user_id") || !row.value<pg::uuid>("rated_user_id"))
        return;
    pg::session spi;
    const auto order = find_order(spi, row.value<pg::uuid>("order_id").value_or(pg::uuid{}));
    // An unknown order is reported by the foreign key.
    if (!order)
        return;
    // Who is no party is refused by the policy, without learning whose order it is.
    const auto caller = pg::caller();
    if (!pg::is_service() && caller != order->buyer && caller != order->seller)
        return;
    if (!is_between_parties(row, order->buyer, order->seller))
        throw core::error{core::errors::check_violation,
                          "rating must be between the buyer and the seller of the order",
                          "The rater, the rated user, and the type of the rating do not match the "
                          "parties of the order.",
                          "The buyer rates the seller with type seller; the seller rates the buyer "
                          "with type buyer."};
    if (order->status != "completed")
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "only completed orders can be rated",
                          {},
                          "The buyer or the service can complete the order after delivery."};
}

// What each person's ratings have changed by: how many, and the points that they give; the same of
// those as a seller. Hidden ones do not count. `added` and `removed` are the trigger's transition
// tables.
constexpr pg::part changed_ratings{"changed_ratings", R"(
    SELECT
        user_id,
        sum(n),
        sum(points),
        COALESCE(sum(n) FILTER (WHERE as_seller), 0),
        COALESCE(sum(points) FILTER (WHERE as_seller), 0)
    FROM ({ratings}) rated
    WHERE user_id IS NOT NULL
    GROUP BY user_id
    HAVING sum(n) <> 0
      OR sum(points) <> 0
      OR sum(n) FILTER (WHERE as_seller) <> 0
      OR sum(points) FILTER (WHERE as_seller) <> 0
    ORDER BY user_id)"};
constexpr pg::part added_ratings{"added_ratings", R"(
    SELECT rated_user_id AS user_id, 1 AS n, rating AS points, type::text = 'seller' AS as_seller
    FROM added
    WHERE hidden_at IS NULL)"};
constexpr pg::part removed_ratings{"removed_ratings", R"(
    SELECT rated_user_id AS user_id, -1 AS n, -rating AS points, type::text = 'seller' AS as_seller
    FROM removed
    WHERE hidden_at IS NULL)"};
const pg::plan ratings_added{"{changed_ratings}",
                             {added_ratings, changed_ratings, {"ratings", "{added_ratings}"}}};
const pg::plan ratings_removed{
    "{changed_ratings}", {removed_ratings, changed_ratings, {"ratings", "{removed_ratings}"}}};
const pg::plan ratings_changed{"{changed_ratings}",
                               {added_ratings,
                                removed_ratings,
                                changed_ratings,
                                {"ratings", "{added_ratings} UNION ALL {removed_ratings}"}}};

// Who is locked here adds to what other sessions have written meanwhile; a REPEATABLE READ
// transaction ends with 40001.
const pg::plan lock_profile{R"(
    SELECT FROM {s}.profiles
    WHERE id = $1
    FOR NO KEY UPDATE)"};
// Inside a trigger of somebody's, whose statement is counted before the one around it, sums may be
// of less than nothing for a while.
constexpr pg::part average{"average", R"(
    CASE
        WHEN {count} > 0 THEN LEAST(5, GREATEST(0, round(({points})::numeric / ({count}), 2)))
    END)"};
const pg::plan rate_user{
    R"(
    UPDATE {s}.user_stats_summary
    SET
        total_ratings = {count},
        rating_points = rating_points + $3,
        average_rating = {average},
        seller_rating_points = seller_rating_points + $4,
        updated_at = now()
    WHERE user_id = $1
    RETURNING
        (rating_points NOT BETWEEN total_ratings AND 5 * total_ratings),
        seller_rating_points)",
    {average, {"points", "rating_points + $3"}, {"count", "(COALESCE(total_ratings, 0) + $2)"}}};
const pg::plan rate_seller{
    R"(
    UPDATE {s}.profiles
    SET seller_rating_count = {count}, seller_rating = {average}
    WHERE id = $1
    RETURNING ($3 NOT BETWEEN seller_rating_count AND 5 * seller_rating_count))",
    {average, {"points", "$3"}, {"count", "(COALESCE(seller_rating_count, 0) + $2)"}}};
const pg::plan recount_seller{R"(
    UPDATE {s}.profiles
    SET seller_rating = total.average, seller_rating_count = total.count
    FROM (
        SELECT round(avg(rating), 2) AS average, count(*) AS count
        FROM {s}.user_ratings
        WHERE rated_user_id = $1 AND type::text = 'seller' AND hidden_at IS NULL
    ) total
    WHERE id = $1)"};
const pg::plan recount_user{R"(
    UPDATE {s}.user_stats_summary
    SET
        average_rating = total.average,
        total_ratings = total.count,
        rating_points = total.points,
        seller_rating_points = total.as_seller
    FROM (
        SELECT
            round(avg(rating), 2) AS average,
            count(*) AS count,
            COALESCE(sum(rating), 0) AS points,
            COALESCE(sum(rating) FILTER (WHERE type::text = 'seller'), 0) AS as_seller
        FROM {s}.user_ratings
        WHERE rated_user_id = $1 AND hidden_at IS NULL
    ) total
    WHERE user_id = $1)"};

// Counted anew only when what is kept cannot be: the more ratings somebody has, the longer it
// takes, with the profile locked.
void add_ratings(pg::spi spi, const pg::uuid& user, const pg::rows& change, std::uint64_t row) {
    const auto number = change.value<std::int64_t>(2, row),
               points = change.value<std::int64_t>(3, row);
    const auto as_seller = change.value<std::int64_t>(4, row),
               points_as_seller = change.value<std::int64_t>(5, row);
    pg::rows kept = rate_user.run(user, number, points, points_as_seller);
    bool is_wrong = kept.empty();
    if (is_wrong) {
        make_statistics(spi, user);
        kept = rate_user.run(user, number, points, points_as_seller);
    }
    is_wrong = is_wrong || kept.value<bool>(1).value_or(true);
    if (as_seller != 0 || points_as_seller != 0)
        is_wrong = rate_seller.run(user, as_seller, kept.value<std::int64_t>(2))
                       .value<bool>()
                       .value_or(true) ||
                   is_wrong;
    if (is_wrong && pg::trigger_depth() == 1) {
        recount_seller.run(user);
        recount_user.run(user);
    }
}

// In the order of the users' ids, in which everybody locks. Who is being deleted has no profile any
// more.
void count_ratings(pg::spi spi, const pg::rows& changes) {
    for (std::uint64_t i = 0; i < changes.count(); ++i) {
        pg::check_for_interrupts();
        const auto user = changes.value<pg::uuid>(1, i);
        if (!lock_profile.run(user).empty())
            add_ratings(spi, *user, changes, i);
    }
}

} // namespace

// private.check_rating_parties(): BEFORE INSERT, AFTER INSERT, and AFTER UPDATE of these columns,
// ON user_ratings
DRIPLO_FUNCTION(driplo_check_rating_parties) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::either, pg::on_insert | pg::on_update);
    check_rating(row);
    return row.result();
}

// private.count_ratings(): AFTER INSERT, UPDATE or DELETE ON user_ratings REFERENCING NEW TABLE AS
// added and OLD TABLE AS removed FOR EACH STATEMENT
DRIPLO_FUNCTION(driplo_count_ratings) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after,
                                   pg::on_insert | pg::on_update | pg::on_delete,
                                   pg::trigger_level::statement);
    pg::session spi;
    trigger.use_transition_tables();
    count_ratings(spi, (trigger.is_insert()   ? ratings_added
                        : trigger.is_update() ? ratings_changed
                                              : ratings_removed)
                           .run());
    return trigger.nothing();
}

} // namespace driplo
