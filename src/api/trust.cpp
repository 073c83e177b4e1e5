// Trust: who may rate whom, and what the ratings of a person amount to.
#include "pg/identity.hpp"
#include "pg/spi.hpp"
#include "pg/trigger.hpp"

namespace driplo {

namespace {

const pg::plan order_parties{
    "SELECT buyer_id, seller_id, status::text FROM {s}.orders WHERE id = $1"};

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
    const auto order = order_parties.run(row.value<pg::uuid>("order_id"));
    // An unknown order is reported by the foreign key.
    if (order.empty())
        return;
    // Who is no party is refused by the policy, without learning whose order it is.
    const auto caller = pg::caller();
    if (!pg::is_service() && caller != order.value<pg::uuid>(1) &&
        caller != order.value<pg::uuid>(2))
        return;
    if (!is_between_parties(row, order.value<pg::uuid>(1), order.value<pg::uuid>(2)))
        throw core::error{
            core::errors::check_violation,
            "rating must be by one party of its order about the other",
            "Who rates, who is rated and the type of the rating do not fit the parties of the "
            "order.",
            "The buyer rates the seller with type seller, the seller rates the buyer with type "
            "buyer."};
    if (order.value<std::string>(3) != "completed")
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "an order can be rated once it is completed",
                          {},
                          "The buyer, or the service, completes it after it was delivered."};
}

// `added` and `removed` are the trigger's transition tables.
const pg::plan rated_in_added{
    "SELECT DISTINCT rated_user_id FROM added WHERE rated_user_id IS NOT NULL ORDER BY 1"};
const pg::plan rated_in_removed{
    "SELECT DISTINCT rated_user_id FROM removed WHERE rated_user_id IS NOT NULL ORDER BY 1"};
const pg::plan rated_in_changed{
    "SELECT DISTINCT rated FROM removed r JOIN added a ON a.id = r.id "
    "CROSS JOIN unnest(ARRAY[r.rated_user_id, a.rated_user_id]) AS person (rated) "
    "WHERE rated IS NOT NULL AND (a.rating <> r.rating OR a.type <> r.type "
    "OR a.rated_user_id IS DISTINCT FROM r.rated_user_id) ORDER BY 1"};
// Locked first and counted in the next statement, which sees the ratings that other sessions have
// written meanwhile; a REPEATABLE READ transaction ends with 40001 here.
const pg::plan lock_profile{"SELECT FROM {s}.profiles WHERE id = $1 FOR NO KEY UPDATE"};
// Only what is different is written: a rating as a buyer is no change of the profile.
const pg::plan rate_seller{
    "UPDATE {s}.profiles SET seller_rating = total.average, seller_rating_count = total.count "
    "FROM (SELECT round(avg(rating), 2) AS average, count(*) AS count FROM {s}.user_ratings "
    "WHERE rated_user_id = $1 AND type::text = 'seller') total WHERE id = $1 "
    "AND (seller_rating IS DISTINCT FROM total.average "
    "OR seller_rating_count IS DISTINCT FROM total.count)"};
const pg::plan make_statistics{"INSERT INTO {s}.user_stats_summary (user_id) VALUES ($1) "
                               "ON CONFLICT (user_id) DO NOTHING"};
const pg::plan rate_user{
    "UPDATE {s}.user_stats_summary SET average_rating = total.average, "
    "total_ratings = total.count, updated_at = now() "
    "FROM (SELECT round(avg(rating), 2) AS average, count(*) AS count FROM {s}.user_ratings "
    "WHERE rated_user_id = $1) total WHERE user_id = $1"};

// In the order of the users' ids, in which everybody locks. Who is being deleted has no profile any
// more.
void count_ratings_of(const pg::rows& people) {
    for (std::uint64_t i = 0; i < people.count(); ++i) {
        pg::check_for_interrupts();
        const auto user = people.value<pg::uuid>(1, i);
        if (lock_profile.run(user).empty())
            continue;
        rate_seller.run(user);
        make_statistics.run(user);
        rate_user.run(user);
    }
}

} // namespace

// private.check_rating_parties(): BEFORE INSERT OR UPDATE ON user_ratings
DRIPLO_FUNCTION(driplo_check_rating_parties) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    // An upsert names every column; what was right when it was written stays right when the order
    // is refunded later.
    if (!row.is_update() || row.changes("order_id") || row.changes("rater_user_id") ||
        row.changes("rated_user_id") || row.changes("type"))
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
    count_ratings_of((trigger.is_insert()   ? rated_in_added
                      : trigger.is_update() ? rated_in_changed
                                            : rated_in_removed)
                         .run());
    return trigger.nothing();
}

} // namespace driplo
