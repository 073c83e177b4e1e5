// Orders: their numbers, the history of their states, and the stock that a line takes.
#include "api/ledger.hpp"
#include "api/numbers.hpp"
#include "api/order_effects.hpp"
#include "api/payouts.hpp"
#include "api/refunds.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"
#include "pg/trigger.hpp"

#include "core/order_state.hpp"

#include <fmt/format.h>

namespace driplo {

namespace {

// The time of the clock: several steps of one transaction keep their order.
const pg::plan add_history{
    "INSERT INTO {s}.order_status_history (order_id, from_status, to_status, changed_by, reason, "
    "metadata, created_at) VALUES ($1, $2::{s}.order_status, $3::{s}.order_status, "
    "(SELECT id FROM {s}.profiles WHERE id = $4), $5, COALESCE($6::pg_catalog.jsonb, '{{}}'), "
    "pg_catalog.clock_timestamp())"};

// A cancelled order never left the seller; a refunded one only when it was not shipped yet.
bool returns_stock(const std::optional<std::string>& from, const std::optional<std::string>& to) {
    return to == "cancelled" || (to == "refunded" && (from == "paid" || from == "preparing"));
}

// The column that tells when a state was reached; null for states without one.
const char* time_column(core::order_state state) {
    switch (state) {
    case core::order_state::paid:
        return "paid_at";
    case core::order_state::shipped:
        return "shipped_at";
    case core::order_state::delivered:
        return "delivered_at";
    case core::order_state::cancelled:
        return "cancelled_at";
    default:
        return nullptr;
    }
}

core::order_state state_of(const std::optional<std::string>& name) {
    if (const auto state = core::find_order_state(name.value_or("")))
        return *state;
    throw core::error{
        core::errors::illegal_order_state,
        fmt::format("driplo does not know the order status \"{}\"", name.value_or("")),
        "A label was added to the enum order_status."};
}

void set_time(pg::trigger_call& row, core::order_state state) {
    if (const char* column = time_column(state); column && !row.text(column))
        row.set_transaction_time(column);
}

void check_transition(pg::trigger_call& row) {
    const core::order_state from = state_of(row.old_text("status")),
                            to = state_of(row.text("status"));
    unsigned actors =
        order_actors(row.value<pg::uuid>("buyer_id"), row.value<pg::uuid>("seller_id"));
    if (const auto order = row.value<pg::uuid>("id")) {
        const order_note* note = note_on(*order);
        if (note && note->by_system)
            actors |= core::as_system;
    }
    if (!core::may_transition(from, to, actors))
        throw illegal_order_step(from, to, actors);
    set_time(row, to);
}

// Lines, payments and ledger were written for these people, in this currency. NULL is what becomes
// of a deleted account, and require_columns() sees that it is one.
void keep_terms(const pg::trigger_call& row) {
    for (const char* column : {"buyer_id", "seller_id", "currency", "order_number"})
        if (row.changes(column) && !row.is_null(column))
            throw core::error{core::errors::check_violation,
                              fmt::format("an order keeps its {}", column),
                              {},
                              "Cancel the order and make a new one."};
}

// What an admin does with the orders of others; the history says who, the log is what the staff is
// held to.
const pg::plan log_step{
    "INSERT INTO {s}.admin_audit_log (admin_id, action, target_type, target_id, old_values, "
    "new_values) VALUES ($2, 'transition_order', 'order', $1, "
    "pg_catalog.jsonb_build_object('status', $3), "
    "pg_catalog.jsonb_build_object('status', $4, 'reason', $5))"};

// The guard let the step through: who is neither the service nor a party is an admin.
bool is_step_of_admin(const pg::trigger_call& row, const std::optional<pg::uuid>& actor) {
    return row.is_update() && actor && !pg::is_service() &&
           row.value<pg::uuid>("buyer_id") != actor && row.value<pg::uuid>("seller_id") != actor;
}

// Stock is taken for all lines of a statement at once, under locks in the order of the ids: two
// orders with the same listings wait for each other instead of deadlocking. `lines` is the
// trigger's transition table.
const pg::plan lock_listings{"SELECT FROM {s}.listings WHERE id IN (SELECT listing_id FROM lines) "
                             "ORDER BY id FOR NO KEY UPDATE"};
const pg::plan lock_variants{"SELECT FROM {s}.product_variants WHERE id IN (SELECT variant_id FROM "
                             "lines) ORDER BY id FOR NO KEY UPDATE"};
const pg::plan foreign_line{
    "SELECT l.seller_id IS DISTINCT FROM o.seller_id, l.currency <> o.currency FROM lines "
    "JOIN {s}.orders o ON o.id = lines.order_id JOIN {s}.listings l ON l.id = lines.listing_id "
    "WHERE l.seller_id IS DISTINCT FROM o.seller_id OR l.currency <> o.currency LIMIT 1"};
const pg::plan line_of_ended_order{"SELECT FROM lines JOIN {s}.orders o ON o.id = lines.order_id "
                                   "WHERE o.status::text IN ('cancelled', 'refunded') LIMIT 1"};
const pg::plan line_not_for_sale{"SELECT FROM lines JOIN {s}.listings l ON l.id = lines.listing_id "
                                 "WHERE l.status::text NOT IN ('active', 'reserved') LIMIT 1"};
const pg::plan line_without_variant{"SELECT FROM lines WHERE variant_id IS NULL "
                                    "AND EXISTS (SELECT FROM {s}.product_variants v WHERE "
                                    "v.listing_id = lines.listing_id) LIMIT 1"};
const pg::plan short_of_stock{
    "SELECT wanted.quantity::bigint, COALESCE(v.quantity, l.quantity, 0)::bigint FROM ("
    "SELECT listing_id, variant_id, sum(quantity) AS quantity FROM lines GROUP BY listing_id, "
    "variant_id) wanted "
    "LEFT JOIN {s}.product_variants v ON v.id = wanted.variant_id "
    "LEFT JOIN {s}.listings l ON l.id = wanted.listing_id AND wanted.variant_id IS NULL "
    "WHERE wanted.quantity > COALESCE(v.quantity, l.quantity, 0) LIMIT 1"};
const pg::plan take_from_variants{
    "UPDATE {s}.product_variants v SET quantity = v.quantity - taken.quantity FROM ("
    "SELECT variant_id, sum(quantity) AS quantity FROM lines WHERE variant_id IS NOT NULL GROUP BY "
    "variant_id) taken "
    "WHERE v.id = taken.variant_id"};
// Every listing is written, also one whose variants were taken from: whether anything is left to
// sell is decided over all its variants, and under REPEATABLE READ the second of two sessions then
// gets 40001.
const pg::plan take_from_listings{
    "UPDATE {s}.listings l SET quantity = l.quantity - taken.quantity, "
    "status = CASE WHEN l.status::text = 'active' AND CASE WHEN taken.by_variant "
    "THEN NOT EXISTS (SELECT FROM {s}.product_variants v WHERE v.listing_id = l.id AND v.is_active "
    "AND v.quantity > 0) "
    "ELSE l.quantity = taken.quantity END THEN 'reserved' ELSE l.status END FROM ("
    "SELECT listing_id, bool_or(variant_id IS NOT NULL) AS by_variant, "
    "COALESCE(sum(quantity) FILTER (WHERE variant_id IS NULL), 0) AS quantity FROM lines GROUP BY "
    "listing_id) taken "
    "WHERE l.id = taken.listing_id"};

// Of orders that were paid before they had lines.
const pg::plan sold_at_once{
    "SELECT DISTINCT o.id FROM lines JOIN {s}.orders o ON o.id = lines.order_id WHERE "
    "o.status::text NOT IN ('pending_payment', 'payment_processing', 'payment_failed') "
    "ORDER BY o.id"};

void check_lines() {
    if (const auto line = foreign_line.run(); !line.empty())
        throw core::error{core::errors::check_violation,
                          line.value<bool>(1).value_or(false)
                              ? "a line of an order is of another seller's listing"
                              : "a line of an order is in another currency than the order",
                          {},
                          "Make one order for each seller and currency."};
    if (!line_of_ended_order.run().empty())
        throw core::error{core::errors::illegal_order_state,
                          "a cancelled or refunded order takes no more lines",
                          {},
                          "Make a new order."};
    if (!line_not_for_sale.run().empty())
        throw core::error{
            core::errors::check_violation,
            "a line of an order is of a listing that is not for sale",
            {},
            "Only what is listed as active, or reserved with pieces left, can be bought."};
    if (!line_without_variant.run().empty())
        throw core::error{core::errors::check_violation,
                          "a line of an order names no variant of a listing that has variants",
                          {},
                          "Set variant_id to the variant that is bought."};
}

void take_stock() {
    lock_listings.run();
    lock_variants.run();
    check_lines();
    if (const auto line = short_of_stock.run(); !line.empty())
        throw core::error{core::errors::not_enough_stock, "not enough pieces are left",
                          fmt::format("Asked for {}, available are {}.",
                                      line.value<std::int64_t>(1).value_or(0),
                                      line.value<std::int64_t>(2).value_or(0)),
                          "Order fewer, or ask the seller."};
    take_from_variants.run();
    take_from_listings.run();
    const pg::rows sold = sold_at_once.run();
    for (std::uint64_t i = 0; i < sold.count(); ++i)
        mark_sold(*sold.value<pg::uuid>(1, i));
}

// A sale counts while its order is completed: from the step there until a refund. It is worth what
// was to be paid, by whatever means, and sums are taken without regard to the currency. `added` and
// `removed` are the trigger's transition tables.
#define CHANGED_TOTALS(completed)                                                                  \
    "SELECT user_id, sum(purchases), sum(sales), sum(spent)::text, sum(earned)::text FROM ("       \
    "SELECT buyer_id AS user_id, n AS purchases, 0 AS sales, n * worth AS spent, 0 AS earned "     \
    "FROM (" completed ") bought UNION ALL "                                                       \
    "SELECT seller_id, 0, n, 0, n * worth FROM (" completed ") sold) total "                       \
    "WHERE user_id IS NOT NULL GROUP BY user_id "                                                  \
    "HAVING sum(purchases) <> 0 OR sum(sales) <> 0 OR sum(spent) <> 0 OR sum(earned) <> 0 "        \
    "ORDER BY user_id"
#define COMPLETED_AFTER                                                                            \
    "SELECT buyer_id, seller_id, 1 AS n, total_amount + COALESCE(store_credit_amount, 0) "         \
    "AS worth FROM added WHERE status::text = 'completed'"
#define COMPLETED_BEFORE                                                                           \
    "SELECT buyer_id, seller_id, -1, total_amount + COALESCE(store_credit_amount, 0) "             \
    "FROM removed WHERE status::text = 'completed'"
const pg::plan totals_of_added{CHANGED_TOTALS(COMPLETED_AFTER)};
const pg::plan totals_of_changed{CHANGED_TOTALS(COMPLETED_AFTER " UNION ALL " COMPLETED_BEFORE)};
#undef COMPLETED_BEFORE
#undef COMPLETED_AFTER
#undef CHANGED_TOTALS

const pg::plan count_in_profile{
    "UPDATE {s}.profiles SET total_sales = GREATEST(0, COALESCE(total_sales, 0) + $2) "
    "WHERE id = $1"};
// A sum that is full stays full: nobody's order may fail for it.
const pg::plan count_in_statistics{
    "UPDATE {s}.user_stats_summary SET "
    "total_purchases = GREATEST(0, COALESCE(total_purchases, 0) + $2), "
    "total_sales = GREATEST(0, COALESCE(total_sales, 0) + $3), "
    "total_spent = LEAST(99999999.99, GREATEST(0, COALESCE(total_spent, 0) + $4::numeric)), "
    "total_earned = LEAST(99999999.99, GREATEST(0, COALESCE(total_earned, 0) + $5::numeric)), "
    "updated_at = now() WHERE user_id = $1"};
const pg::plan make_statistics{
    "INSERT INTO {s}.user_stats_summary (user_id) SELECT id FROM {s}.profiles WHERE id = $1 "
    "ON CONFLICT (user_id) DO NOTHING"};

// In the order of the users' ids, and of each the profile first: two orders of the same two people,
// one each way, do not wait for each other. Who was deleted has no rows to count in, and gets none.
void count_sales(const pg::rows& totals) {
    for (std::uint64_t i = 0; i < totals.count(); ++i) {
        pg::check_for_interrupts();
        const auto user = totals.value<pg::uuid>(1, i);
        const auto purchases = totals.value<std::int64_t>(2, i),
                   sales = totals.value<std::int64_t>(3, i);
        const auto spent = totals.value<std::string>(4, i),
                   earned = totals.value<std::string>(5, i);
        if (sales != 0)
            count_in_profile.run(user, sales);
        if (count_in_statistics.run(user, purchases, sales, spent, earned).empty() &&
            !make_statistics.run(user).empty())
            count_in_statistics.run(user, purchases, sales, spent, earned);
    }
}

bool is_end(const std::optional<std::string>& state) {
    return state == "cancelled" || state == "refunded";
}

// An order may also be written down in a later state: what was paid for it is booked then.
void take_effect(const pg::uuid& order, const std::optional<std::string>& from,
                 const std::optional<std::string>& to) {
    if (!from) {
        if (core::was_paid(state_of(to)))
            book_sale(order);
        return;
    }
    const bool returns = returns_stock(from, to);
    if (returns)
        give_back({order});
    if (to == "paid") {
        mark_sold(order);
        book_sale(order);
    }
    if (is_end(to))
        give_back_money(order, returns);
    if (to == "delivered" || to == "completed")
        release_when_due(order);
}

} // namespace

// generate_order_number() -> varchar
DRIPLO_FUNCTION(driplo_generate_order_number) {
    return pg::to_datum(next_number("ORD"));
}

// private.guard_order_status(): BEFORE INSERT OR UPDATE OF status ON orders
DRIPLO_FUNCTION(driplo_guard_order_status) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    if (row.is_insert()) {
        if (const auto state = core::find_order_state(row.text("status").value_or("")))
            set_time(row, *state);
    } else if (row.changes("status"))
        check_transition(row);
    return row.result();
}

// private.keep_order_terms(): BEFORE UPDATE OF these columns ON orders
DRIPLO_FUNCTION(driplo_keep_order_terms) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    keep_terms(row);
    return row.result();
}

// private.record_order_status(): AFTER INSERT OR UPDATE OF status ON orders
DRIPLO_FUNCTION(driplo_record_order_status) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update);
    const auto to = row.text("status");
    const auto from = row.is_update() ? row.old_text("status") : std::nullopt;
    if (from != to) {
        const auto actor = pg::actor();
        const auto order = row.value<pg::uuid>("id");
        pg::session spi;
        const order_note* note = order ? note_on(*order) : nullptr;
        add_history.run(order, from, to, actor, note ? note->reason : std::nullopt,
                        note ? note->metadata : std::nullopt);
        if (is_step_of_admin(row, actor))
            log_step.run(order, actor, from, to, note ? note->reason : std::nullopt);
        if (order)
            take_effect(*order, from, to);
        if (order && row.is_update())
            move_parcel(*order, to);
    }
    return row.nothing();
}

// private.take_stock(): AFTER INSERT ON order_items REFERENCING NEW TABLE AS lines FOR EACH
// STATEMENT
DRIPLO_FUNCTION(driplo_take_stock) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after, pg::on_insert,
                                   pg::trigger_level::statement);
    pg::session spi;
    trigger.use_transition_tables();
    take_stock();
    return trigger.nothing();
}

// private.count_sales(): AFTER INSERT or UPDATE ON orders REFERENCING NEW TABLE AS added and OLD
// TABLE AS removed FOR EACH STATEMENT
DRIPLO_FUNCTION(driplo_count_sales) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update,
                                   pg::trigger_level::statement);
    pg::session spi;
    trigger.use_transition_tables();
    count_sales((trigger.is_insert() ? totals_of_added : totals_of_changed).run());
    return trigger.nothing();
}

} // namespace driplo
