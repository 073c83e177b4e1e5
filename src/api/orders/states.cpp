// Orders: their numbers, the history of their states, and what is counted when they are completed.
#include "api/accounts/statistics.hpp"
#include "api/call/audit.hpp"
#include "api/call/call_context.hpp"
#include "api/call/step_log.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/numbers.hpp"
#include "api/orders/parcels.hpp"
#include "api/orders/promises.hpp"
#include "api/outbox/events.hpp"
#include "api/payments/ledger.hpp"
#include "api/payments/payouts.hpp"
#include "api/payments/refunds.hpp"
#include "pg/clock.hpp"
#include "pg/identity.hpp"
#include "pg/insertion.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/transaction.hpp"
#include "pg/trigger.hpp"

#include "core/format.hpp"
#include "core/order_state.hpp"

namespace driplo {

namespace {

const pg::insertion add_history{pg::ids_by_time,
                                "order_status_history",
                                {"order_id", "from_status", "to_status", "changed_by", "reason",
                                 "metadata", "created_at", "event_id"}};
const pg::unique_row profile{"profiles", "id", {{"id", UUIDOID}}};
const pg::plan find_profile{"SELECT id FROM {s}.profiles WHERE id = $1"};

// Who has acted, if there is a profile of that user.
std::optional<pg::uuid> known_actor(pg::spi) {
    const auto actor = pg::actor();
    if (!actor || profile.find(*actor, pg::snapshot::fresh) || !find_profile.run(*actor).empty())
        return actor;
    return std::nullopt;
}

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
        core::format("unrecognized order status: \"{}\"", name.value_or("")),
        "Enum order_status contains a label that this version of driplo does not support."};
}

void set_time(pg::trigger_call& row, core::order_state state) {
    if (const char* column = time_column(state); column && !row.text(column))
        row.set_transaction_time(column);
}

const pg::plan gives_all_back{R"(
    SELECT FROM {s}.orders
    WHERE id = $1
      AND refunded_amount > 0
      AND refunded_amount >= total_amount + COALESCE(store_credit_amount, 0))"};

// What has been decided counts, not what the processor has sent: that may take days.
void require_payment_stays(const std::optional<pg::uuid>& order) {
    pg::session spi;
    const pg::owner_scope as_owner;
    if (order && !gives_all_back.run(*order).empty())
        throw core::error{
            core::errors::illegal_order_state, "cannot ship an order that is being fully refunded",
            "The full payment is being returned to the buyer.",
            "Wait until the refund is completed, or use cancel_order() to end the order now."};
}

// Nothing of what a coupon ties together is sent, and what costs nothing not even sold, before all
// of it is paid.
void require_tied_are_paid(const pg::trigger_call& row, core::order_state to) {
    const auto promise = row.value<pg::uuid>("promise_id");
    const bool gets_paid_with_nothing =
        to == core::order_state::paid && row.text("total_amount") == "0.00";
    if (!promise || !(core::begins_to_send(to) || gets_paid_with_nothing))
        return;
    pg::session spi;
    const pg::owner_scope as_owner;
    require_promise_paid(spi, *promise, *row.value<pg::uuid>("id"), to);
}

void check_step(const pg::trigger_call& row, core::order_state from, core::order_state to,
                authority by) {
    unsigned actors =
        order_actors(row.value<pg::uuid>("buyer_id"), row.value<pg::uuid>("seller_id"));
    if (by == authority::system)
        actors |= core::as_system;
    if (!core::may_transition(from, to, actors))
        throw illegal_order_step(from, to, actors);
    if (core::begins_to_send(to))
        require_payment_stays(row.value<pg::uuid>("id"));
    // who is no party may know better
    if (const auto order = row.value<pg::uuid>("id");
        order && to == core::order_state::delivered && (actors & core::as_system) == 0) {
        pg::session spi;
        const pg::owner_scope as_owner;
        require_all_sent(spi, *order);
    }
    require_tied_are_paid(row, to);
}

void guard_step(pg::trigger_call& row) {
    const core::order_state from = state_of(row.old_text("status")),
                            to = state_of(row.text("status"));
    const auto order = row.value<pg::uuid>("id");
    const authority by = order ? authority_over(*order) : authority::caller;
    if (by != authority::correction)
        check_step(row, from, to, by);
    set_time(row, to);
}

const pg::plan find_sale{R"(
    SELECT FROM {s}.ledger_entries
    WHERE order_id = $1 AND kind = 'sale'
    LIMIT 1)"};

bool is_sold(const std::optional<pg::uuid>& order) {
    pg::session spi;
    const pg::owner_scope as_owner;
    return order && !find_sale.run(*order).empty();
}

// Lines, payments and ledger were written for these people, in this currency. NULL is what becomes
// of a deleted account, and require_columns() sees that it is one.
void keep_terms(const pg::trigger_call& row) {
    for (const char* column : {"buyer_id", "seller_id", "currency", "order_number"})
        if (row.changes(column) && !row.is_null(column))
            throw core::error{core::errors::check_violation,
                              core::format("cannot change column \"{}\" of an order", column),
                              {},
                              "Cancel the order and create a new one."};
    for (const char* column :
         {"total_amount", "store_credit_amount", "tax_amount", "included_tax_amount",
          "fee_tax_amount", "platform_fee_amount", "platform_discount_amount"})
        if (row.changes(column) && is_sold(row.value<pg::uuid>("id")))
            throw core::error{core::errors::check_violation,
                              core::format("cannot change column \"{}\" of a paid order", column),
                              "Ledger entries depend on this amount.",
                              "Issue a refund, or book an adjustment."};
}

struct order_ties {
    std::optional<pg::uuid> buyer, seller, promise;
    bool is_old = false; // written down long after it was placed: nobody is told
};

// The guard let the step through: who is neither the service nor a party is an admin. The history
// says who it was, the log is what the staff is held to.
bool is_step_of_admin(const order_ties& of, const std::optional<pg::uuid>& actor) {
    return actor && !pg::is_service() && of.buyer != actor && of.seller != actor;
}

// A sale counts while its order is completed: from the step there until a refund. It is worth what
// was to be paid, by whatever means, and sums are taken without regard to the currency. `added` and
// `removed` are the trigger's transition tables.
constexpr pg::part completed_after{"completed_after", R"(
    SELECT buyer_id, seller_id, 1 AS n, total_amount + COALESCE(store_credit_amount, 0) AS worth
    FROM added
    WHERE status::text = 'completed')"};
constexpr pg::part completed_before{"completed_before", R"(
    SELECT buyer_id, seller_id, -1, total_amount + COALESCE(store_credit_amount, 0)
    FROM removed
    WHERE status::text = 'completed')"};
constexpr const char* changed_totals = R"(
    SELECT user_id, sum(purchases), sum(sales), sum(spent)::text, sum(earned)::text
    FROM (
        SELECT buyer_id AS user_id, n AS purchases, 0 AS sales, n * worth AS spent, 0 AS earned
        FROM ({completed}) bought
        UNION ALL
        SELECT seller_id, 0, n, 0, n * worth
        FROM ({completed}) sold
    ) total
    WHERE user_id IS NOT NULL
    GROUP BY user_id
    HAVING sum(purchases) <> 0 OR sum(sales) <> 0 OR sum(spent) <> 0 OR sum(earned) <> 0
    ORDER BY user_id)";
const pg::plan totals_of_added{changed_totals,
                               {completed_after, {"completed", "{completed_after}"}}};
const pg::plan totals_of_changed{changed_totals,
                                 {completed_after,
                                  completed_before,
                                  {"completed", "{completed_after} UNION ALL {completed_before}"}}};

const pg::plan count_in_profile{R"(
    UPDATE {s}.profiles
    SET total_sales = COALESCE(total_sales, 0) + $2, total_purchases = total_purchases + $3
    WHERE id = $1
    RETURNING LEAST(total_sales, total_purchases))"};
const pg::plan recount_in_profile{R"(
    UPDATE {s}.profiles
    SET total_sales = (
        SELECT count(*)
        FROM {s}.orders
        WHERE seller_id = $1 AND status::text = 'completed'
    ),
    total_purchases = (
        SELECT count(*)
        FROM {s}.orders
        WHERE buyer_id = $1 AND status::text = 'completed'
    )
    WHERE id = $1)"};
// A sum that is full, 999999999999.99, stays full: nobody's order may fail for it.
const pg::plan count_in_statistics{R"(
    UPDATE {s}.user_stats_summary
    SET
        total_purchases = COALESCE(total_purchases, 0) + $2,
        total_sales = COALESCE(total_sales, 0) + $3,
        total_spent = LEAST(
            999999999999.99, GREATEST(-999999999999.99, COALESCE(total_spent, 0) + $4::numeric)
        ),
        total_earned = LEAST(
            999999999999.99, GREATEST(-999999999999.99, COALESCE(total_earned, 0) + $5::numeric)
        ),
        updated_at = now()
    WHERE user_id = $1
    RETURNING LEAST(total_purchases, total_sales) < 0 OR LEAST(total_spent, total_earned) < 0)"};
constexpr pg::part worth{"worth", R"(
    COALESCE(sum(total_amount + COALESCE(store_credit_amount, 0)), 0))"};
const pg::plan recount_in_statistics{R"(
    UPDATE {s}.user_stats_summary
    SET
        total_purchases = (
            SELECT count(*)
            FROM {s}.orders
            WHERE buyer_id = $1 AND status::text = 'completed'
        ),
        total_sales = (
            SELECT count(*)
            FROM {s}.orders
            WHERE seller_id = $1 AND status::text = 'completed'
        ),
        total_spent = LEAST(
            999999999999.99,
            GREATEST(
                -999999999999.99,
                (SELECT {worth} FROM {s}.orders WHERE buyer_id = $1 AND status::text = 'completed')
            )
        ),
        total_earned = LEAST(
            999999999999.99,
            GREATEST(
                -999999999999.99,
                (
                    SELECT {worth}
                    FROM {s}.orders
                    WHERE seller_id = $1 AND status::text = 'completed'
                )
            )
        )
    WHERE user_id = $1)",
                                     {worth}};

// Most statements on orders complete none and undo none.
bool completes(const pg::trigger_call& trigger, pg::transition which) {
    pg::transition_rows orders(trigger, which);
    const int status = orders.find("status");
    while (orders.next())
        if (status <= 0 || orders.label(status) == "completed")
            return true;
    return false;
}

// In the order of the users' ids, and of each the profile first: two orders of the same two people,
// one each way, do not wait for each other. Who was deleted has no rows to count in, and gets none.
void count_sales(pg::spi spi, const pg::rows& totals) {
    for (std::uint64_t i = 0; i < totals.count(); ++i) {
        pg::check_for_interrupts();
        const auto user = totals.value<pg::uuid>(1, i);
        const auto purchases = totals.value<std::int64_t>(2, i),
                   sales = totals.value<std::int64_t>(3, i);
        const auto spent = totals.value<std::string>(4, i),
                   earned = totals.value<std::string>(5, i);
        // Below zero it is for a while inside a trigger of somebody's, whose statement is counted
        // before the one around it. Else it was wrong before.
        const bool is_whole = pg::trigger_depth() == 1;
        if ((sales != 0 || purchases != 0) &&
            count_in_profile.run(user, sales, purchases).value<std::int32_t>().value_or(0) < 0 &&
            is_whole)
            recount_in_profile.run(user);
        pg::rows counted = count_in_statistics.run(user, purchases, sales, spent, earned);
        if (counted.empty() && make_statistics(spi, user))
            counted = count_in_statistics.run(user, purchases, sales, spent, earned);
        if (counted.value<bool>().value_or(false) && is_whole)
            recount_in_statistics.run(user);
    }
}

bool is_end(const std::optional<std::string>& state) {
    return state == "cancelled" || state == "refunded";
}

// An order may also be written down in a later state: what was paid for it is booked then.
void take_effect(pg::spi spi, const pg::uuid& order, const std::optional<pg::uuid>& promise,
                 const std::optional<std::string>& from, const std::string& to, bool is_together) {
    if (!from) {
        if (core::was_paid(state_of(to)))
            book_sale(spi, order);
        return;
    }
    const bool returns = returns_stock(from, to);
    std::optional<promise_ending> ending;
    if (promise && is_end(to))
        ending.emplace(spi, *promise, order);
    if (ending)
        ending->withhold(spi);
    if (returns && !is_together)
        give_back(spi, {order});
    if (to == "paid") {
        mark_sold(spi, order);
        book_sale(spi, order);
        if (promise)
            pay_what_costs_nothing(spi, *promise);
    }
    if (is_end(to))
        give_back_money(spi, order, returns,
                        promise ? remark_on_withheld(spi, order) : std::string());
    if (ending)
        ending->finish(spi);
    if (to == "delivered" || to == "completed")
        release_when_due(spi, order);
}

// A checkout goes by what it has read and what it is about to write. What an own trigger makes of
// its orders meanwhile it has to know; and an order that has ended takes no lines, no stock and no
// credit.
void tell_checkout(const pg::uuid& order, const std::string& to) {
    placement* under_way = placement_under_way();
    if (!under_way)
        return;
    const auto known = under_way->orders.find(order);
    if (known == under_way->orders.end())
        return;
    if (is_end(to))
        throw core::error{core::errors::illegal_order_state,
                          core::format("an order cannot be {} during checkout", to),
                          "checkout() has not finished creating the order.",
                          "In a user-defined trigger, raise an error to reject the order, or end "
                          "the order after checkout()."};
    known->second.status = to;
}

// What a step is called for those who are told of it; empty for one that concerns nobody else. An
// order can also be written down in a later state.
std::string event_of(const taken_step& taken) {
    const core::order_state to = state_of(taken.to);
    switch (to) {
    case core::order_state::paid:
    case core::order_state::shipped:
    case core::order_state::delivered:
    case core::order_state::completed:
    case core::order_state::cancelled:
    case core::order_state::refunded:
        return "order." + taken.to;
    default:
        return taken.from ? "" : "order.created";
    }
}

void record(pg::spi spi, const pg::uuid& order, const order_ties& of, const taken_step& taken) {
    tell_checkout(order, taken.to);
    const auto actor = pg::actor();
    const std::string event = of.is_old ? "" : event_of(taken);
    std::optional<std::int64_t> event_id;
    if (!event.empty())
        event_id = record_event(spi, event, order, actor);
    // the time of the clock: several steps of one transaction keep their order
    add_history.run(1, order, taken.from, taken.to, known_actor(spi), taken.reason,
                    taken.metadata.value_or("{}"), pg::clock_time(), event_id);
    if (taken.from && is_step_of_admin(of, actor))
        audit(spi, {"transition_order", "order", "status"}, order, taken.from, taken.to,
              taken.reason);
    take_effect(spi, order, of.promise, taken.from, taken.to,
                is_recorded_together(order, taken.to));
    if (taken.from && !taken.takes_back)
        move_parcels(spi, order, taken.to);
}

const pg::plan ties_of{"SELECT buyer_id, seller_id, promise_id FROM {s}.orders WHERE id = $1"};

bool is_old(const pg::trigger_call& row) {
    const auto placed = row.value<pg::timestamp>("created_at");
    return placed && pg::seconds_since(*placed) > 24 * 60 * 60;
}

// For a state that a trigger of somebody's has set after the guard had looked.
const pg::plan set_time_of_state{R"(
    UPDATE {s}.orders
    SET
        paid_at = CASE $2 WHEN 'paid' THEN now() ELSE paid_at END,
        shipped_at = CASE $2 WHEN 'shipped' THEN now() ELSE shipped_at END,
        delivered_at = CASE $2 WHEN 'delivered' THEN now() ELSE delivered_at END,
        cancelled_at = CASE $2 WHEN 'cancelled' THEN now() ELSE cancelled_at END
    WHERE id = $1)"};

// What a BEFORE trigger has made of the row after the guard had looked.
void check_unseen(const pg::trigger_call& row, const pg::uuid& order, const std::string& to) {
    const auto from = row.is_update() ? row.old_text("status") : std::nullopt;
    const core::order_state state = state_of(to);
    if (from && !was_let_through(order, from, to))
        check_step(row, state_of(from), state, authority::caller);
    if (const char* column = time_column(state); column && row.is_null(column))
        set_time_of_state.run(order, to);
}

} // namespace

bool record_outstanding_steps(pg::spi spi, const pg::uuid& order,
                              const std::optional<std::string>& state) {
    return record_outstanding(spi, order, state, [&](pg::spi in, const taken_step& taken) {
        const pg::rows found = ties_of.run(order);
        record(in, order,
               {found.value<pg::uuid>(1), found.value<pg::uuid>(2), found.value<pg::uuid>(3)},
               taken);
    });
}

// generate_order_number() -> varchar
DRIPLO_FUNCTION(driplo_generate_order_number) {
    return pg::to_datum(next_number("ORD"));
}

// private.guard_order_status(): BEFORE INSERT, and BEFORE UPDATE of another status, ON orders
DRIPLO_FUNCTION(driplo_guard_order_status) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    const auto from = row.is_update() ? row.old_text("status") : std::nullopt;
    const auto to = row.text("status");
    if (row.is_insert()) {
        if (const auto state = core::find_order_state(to.value_or("")))
            set_time(row, *state);
    } else if (from != to) {
        const pg::owner_scope as_owner;
        guard_step(row);
    }
    if (const auto order = row.value<pg::uuid>("id"); order && to && from != to) {
        const taken_step& taken = let_through(*order, from, *to);
        // here, where the row is written anyhow; copy_reason_to_order() then finds it
        if (to == "cancelled" && taken.reason)
            row.set_text("cancellation_reason", *taken.reason);
    }
    return row.result();
}

// private.keep_order_terms(): BEFORE and AFTER UPDATE of these columns ON orders
DRIPLO_FUNCTION(driplo_keep_order_terms) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::either, pg::on_update);
    keep_terms(row);
    return row.result();
}

// private.record_order_status(): AFTER INSERT, and AFTER UPDATE of the status, ON orders
DRIPLO_FUNCTION(driplo_record_order_status) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update);
    const auto to = row.text("status");
    const auto from = row.is_update() ? row.old_text("status") : std::nullopt;
    const auto order = row.value<pg::uuid>("id");
    if (order && to && from != to) {
        pg::session spi;
        const pg::owner_scope as_owner;
        check_unseen(row, *order, *to);
        const order_ties of{row.value<pg::uuid>("buyer_id"), row.value<pg::uuid>("seller_id"),
                            row.value<pg::uuid>("promise_id"), !from && is_old(row)};
        record_step(spi, *order, from, *to,
                    [&](pg::spi in, const taken_step& taken) { record(in, *order, of, taken); });
    }
    return row.nothing();
}

// private.count_sales(): AFTER INSERT or UPDATE ON orders REFERENCING NEW TABLE AS added and OLD
// TABLE AS removed FOR EACH STATEMENT
DRIPLO_FUNCTION(driplo_count_sales) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update,
                                   pg::trigger_level::statement);
    if (placement* under_way = placement_under_way(); under_way && trigger.is_update())
        under_way->is_written_again = true;
    if (!completes(trigger, pg::transition::added) && !completes(trigger, pg::transition::removed))
        return trigger.nothing();
    pg::session spi;
    const pg::owner_scope as_owner;
    trigger.use_transition_tables();
    count_sales(spi, (trigger.is_insert() ? totals_of_added : totals_of_changed).run());
    return trigger.nothing();
}

} // namespace driplo
