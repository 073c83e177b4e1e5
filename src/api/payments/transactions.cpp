// Payments: the platform's fee, and money on its way from the buyer.
#include "api/payments/transactions.hpp"

#include "api/call/arguments.hpp"
#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/promises.hpp"
#include "api/orders/state_lists.hpp"
#include "api/payments/cash_on_delivery.hpp"
#include "api/payments/part_payments.hpp"
#include "api/payments/refunds.hpp"
#include "api/payments/stripe.hpp"
#include "core/capture.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Of two sessions that have to do with the same payment, for whatever orders, the second sees what
// the first did. Before the orders and the rows, which are locked in this order.
const pg::plan lock_id{R"(
    SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended($1 || ':' || $2, 0)))"};
const pg::plan lock_orders{R"(
    WITH locked AS MATERIALIZED (
        SELECT
            id,
            buyer_id,
            currency,
            status,
            total_amount,
            promise_id
        FROM {s}.orders
        WHERE id = {all_with_tied_orders}
        ORDER BY id
        FOR NO KEY UPDATE
    )
    SELECT
        id,
        buyer_id,
        currency::text,
        status::text,
        (total_amount * 100)::bigint,
        promise_id
    FROM locked
    WHERE id = ANY ($1)
    ORDER BY id)",
                           {all_with_tied_orders}};
namespace order_column {
enum { id = 1, buyer, currency, status, price, promise };
}
const pg::plan lock_paid_orders{R"(
    SELECT FROM {s}.orders
    WHERE id = ANY (ARRAY(
        SELECT order_id
        FROM {s}.payment_transactions
        WHERE processor_transaction_id = $2 AND processor = $1
        UNION
        SELECT tied.id
        FROM {s}.payment_transactions p
        JOIN {s}.orders named ON named.id = p.order_id
        JOIN {s}.orders tied ON tied.promise_id = named.promise_id
        WHERE p.processor_transaction_id = $2 AND p.processor = $1
    ))
    ORDER BY id
    FOR NO KEY UPDATE)"};
const pg::plan left_out{R"(
    SELECT FROM {s}.orders named
    JOIN {s}.orders tied ON tied.promise_id = named.promise_id
    WHERE named.id = ANY ($1)
      AND tied.id <> ALL ($1)
      AND tied.total_amount > 0
      AND tied.status IN ({unpaid_order_states})
    LIMIT 1)",
                        {unpaid_order_states}};
const pg::plan lock_rows{R"(
    SELECT
        id,
        order_id,
        (amount * 100)::bigint,
        (refunded_amount * 100)::bigint,
        status::text,
        currency::text,
        (metadata ->> 'last_news')::bigint,
        is_surplus
    FROM {s}.payment_transactions
    WHERE processor_transaction_id = $2 AND processor = $1
    ORDER BY order_id
    FOR NO KEY UPDATE)"};
namespace payment_column {
enum { id = 1, order, amount, refunded, status, currency, last_news, is_surplus };
}
// Checkout's sessions give way to their payment intents, which refunds and disputes name.
const pg::plan intent_of_session{R"(
    SELECT processor_transaction_id::text
    FROM {s}.payment_transactions
    WHERE order_id = ANY ($1)
      AND processor = $2
      AND metadata ->> 'checkout_session' = $3
    LIMIT 1)"};
const pg::plan other_payment{R"(
    SELECT FROM {s}.payment_transactions
    WHERE order_id = ANY ($1)
      AND NOT is_surplus
      AND status::text NOT IN ('failed', 'cancelled')
    LIMIT 1)"};
// Of those that cost something: an order that credit pays altogether may be among the others.
const pg::plan add_rows{R"(
    INSERT INTO {s}.payment_transactions (
        order_id, amount, currency, processor, processor_transaction_id, status
    )
    SELECT
        o.id,
        o.total_amount,
        o.currency,
        $2,
        $3,
        $4::{s}.payment_status
    FROM {s}.orders o
    WHERE o.id = ANY ($1) AND o.total_amount > 0)"};
const pg::plan rows_of{R"(
    SELECT
        p.id,
        $2 = 'stripe' AND EXISTS (
            SELECT FROM {s}.stripe_webhook_events inbox
            WHERE {stripe_event_waits_for}
        )
    FROM pg_catalog.unnest($1) WITH ORDINALITY AS wanted (id, place)
    JOIN {s}.payment_transactions p ON p.order_id = wanted.id
    WHERE p.processor = $2 AND p.processor_transaction_id = $3
    ORDER BY wanted.place)",
                       {stripe_event_waits_for, {"payment", "$3"}}};
const pg::plan set_row{R"(
    UPDATE {s}.payment_transactions
    SET
        status = $2::{s}.payment_status,
        is_surplus = $3,
        metadata = COALESCE(metadata, '{}') || pg_catalog.jsonb_build_object('last_news', $4)
    WHERE id = $1)",
                       pg::writes{"payment_transactions"}};
const pg::plan set_amount{R"(
    UPDATE {s}.payment_transactions
    SET
        amount = $2 * 0.01,
        metadata = COALESCE(metadata, '{}') || pg_catalog.jsonb_build_object('expected', amount)
    WHERE id = $1)",
                          pg::writes{"payment_transactions"}};
// What the other payments of the order have brought, and what they may still bring.
const pg::plan other_payments{R"(
    SELECT
        COALESCE(
            (
                sum(amount) FILTER (
                    WHERE status::text IN ('succeeded', 'refunded', 'partially_refunded')
                ) * 100
            )::bigint,
            0
        ),
        COALESCE(
            (
                sum(amount) FILTER (
                    WHERE status::text IN ('pending', 'processing', 'requires_action')
                ) * 100
            )::bigint,
            0
        )
    FROM {s}.payment_transactions
    WHERE order_id = $1 AND id <> $2 AND NOT is_surplus)"};
const pg::plan give_up_others{R"(
    UPDATE {s}.payment_transactions
    SET status = 'failed'
    WHERE order_id = $1
      AND id <> $2
      AND NOT is_surplus
      AND status::text IN ('pending', 'processing', 'requires_action'))"};

const pg::plan count_sent_refunds{R"(
    UPDATE {s}.payment_transactions p
    SET
        refunded_amount = LEAST(p.amount, sent.cash),
        status = CASE
            WHEN sent.cash >= p.amount THEN 'refunded'
            ELSE 'partially_refunded'
        END::{s}.payment_status
    FROM (
        SELECT sum(amount - credit_amount) AS cash
        FROM {s}.refund_requests
        WHERE order_id = $1
          AND payment_transaction_id IS NULL
          AND status::text = 'processed'
    ) sent
    WHERE p.id = $2 AND sent.cash > 0
    RETURNING (p.refunded_amount * 100)::bigint)"};

using order_list = std::vector<pg::uuid>;

core::error state_error(const char* message, const char* hint) {
    return core::error{core::errors::illegal_money_state, message, {}, hint};
}

order_list without_repeats(const order_list& orders) {
    order_list each;
    for (const pg::uuid& id : orders)
        if (std::find(each.begin(), each.end(), id) == each.end())
            each.push_back(id);
    return each;
}

// Of orders that cost nothing it has no rows.
bool is_for(const payment& known, const order_list& orders, std::uint64_t with_a_price,
            const std::optional<part_to_pay>& part) {
    return (part ? !part->amount || *part->amount == known.amount()
                 : known.rows.size() == with_a_price) &&
           std::all_of(known.rows.begin(), known.rows.end(), [&](const payment_row& row) {
               return std::find(orders.begin(), orders.end(), row.order) != orders.end();
           });
}

std::uint64_t count_priced(const pg::rows& found) {
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        count += found.value<std::int64_t>(order_column::price, i) > std::int64_t{0} ? 1 : 0;
    return count;
}

void check_one_buyer(const pg::rows& found, const order_list& orders) {
    if (orders.empty())
        throw core::error{core::errors::invalid_parameter_value,
                          "payment must be for at least one order"};
    std::vector<pg::uuid> known;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        known.push_back(*found.value<pg::uuid>(order_column::id, i));
    for (const pg::uuid& order : orders)
        if (std::find(known.begin(), known.end(), order) == known.end())
            throw does_not_exist("order", order);
    for (std::uint64_t i = 0; i < found.count(); ++i)
        if (found.value<pg::uuid>(order_column::buyer, i) !=
                found.value<pg::uuid>(order_column::buyer, 0) ||
            found.value<std::string>(order_column::currency, i) !=
                found.value<std::string>(order_column::currency, 0))
            throw core::error{core::errors::invalid_parameter_value,
                              "orders of a payment must have the same buyer and currency",
                              {},
                              "Start a separate payment for each buyer and currency."};
}

void check_states(const pg::rows& found) {
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const auto from =
            core::find_order_state(found.value<std::string>(order_column::status, i).value_or(""));
        if (from && !core::is_unpaid(*from))
            throw illegal_order_step(*from, core::order_state::payment_processing, core::as_system);
    }
}

// What a coupon's condition ties together is paid together.
void check_promises(const pg::rows& found, const order_list& orders) {
    for (std::uint64_t i = 0; i < found.count(); ++i)
        if (found.value<pg::uuid>(order_column::promise, i)) {
            if (!left_out.run(orders).empty())
                throw core::error{core::errors::illegal_money_state,
                                  "orders tied together by a coupon must be paid together",
                                  "An unpaid order of the same checkout is missing.",
                                  "Start one payment for all orders of the checkout in this "
                                  "currency, or cancel the orders that are not wanted."};
            return;
        }
}

// A step of an order towards payment, where it is still to be taken.
void advance(pg::spi spi, const pg::uuid& order, core::order_state from, core::order_state to) {
    if (core::may_transition(from, to, core::as_system))
        take_step_by_system(spi, order, to, "payment update");
}

struct other_money {
    core::money came_in, under_way;
};
other_money others_of(const payment_row& row) {
    const pg::rows found = other_payments.run(row.order, row.id);
    return {{*found.value<std::int64_t>(1)}, {*found.value<std::int64_t>(2)}};
}

// An order that somebody paid twice, or whose buyer began another payment, is paid by what comes in
// first. What then is too much is a surplus. Of an order in parts the others stay under way, as
// long as there is room for them.
void pay(pg::spi spi, payment_row& row, const order_money& order, std::int64_t at) {
    const other_money other = others_of(row);
    const core::money sum = row.amount + other.came_in;
    row.is_surplus = sum > order.whole.cash;
    const bool is_all = sum == order.whole.cash;
    if (!row.is_surplus && sum + other.under_way > order.whole.cash)
        give_up_others.run(row.order, row.id);
    set_row.run(row.id, core::payment_state_name(row.state), row.is_surplus, at);
    if (row.is_surplus)
        return return_surplus(spi, order, row.id, row.amount, "more than was due");
    if (!is_all)
        return keep_part(spi, row, order);
    if (order.state == core::order_state::payment_failed)
        take_step_by_system(spi, row.order, core::order_state::payment_processing,
                            "payment update");
    take_step_by_system(spi, row.order, core::order_state::paid, "payment received");
}

void come_in(pg::spi spi, payment_row& row, const order_money& order, bool is_at_the_door,
             std::int64_t at) {
    row.state = core::payment_state::succeeded;
    const bool has_ended =
        order.state == core::order_state::cancelled || order.state == core::order_state::refunded;
    if (!core::was_paid(order.state) && !has_ended)
        return pay(spi, row, order, at);
    if (order.due.minor > 0 && !has_ended && (is_at_the_door || row.amount == order.due)) {
        give_up_others.run(row.order, row.id);
        return collect_what_is_due(spi, row, order, cash_is::with_platform, at);
    }
    // Somebody may have said that the order is paid before the processor did: the sale is booked.
    row.is_surplus = !order.is_sold || was_never_collected(spi, row.order) ||
                     others_of(row).came_in + row.amount > order.whole.cash;
    set_row.run(row.id, core::payment_state_name(row.state), row.is_surplus, at);
    if (row.is_surplus)
        return_surplus(spi, order, row.id, row.amount,
                       has_ended ? "payment received after the order had ended"
                                 : "order was already paid");
    else
        // what was sent back of it meanwhile went back by settle_refund()
        row.refunded = count_refunds(spi, row);
}

// What of a hold was captured for this order: of one that can still be paid it is a part.
void bring_share(pg::spi spi, payment_row& row, const order_money& order, core::money share,
                 bool is_due, std::int64_t at) {
    if (share.minor == 0) {
        row.state = core::payment_state::cancelled;
        return write_state(spi, row, at);
    }
    row.state = core::payment_state::succeeded;
    if (share != row.amount)
        set_amount.run(row.id, share.minor);
    row.amount = share;
    if (is_due)
        return pay(spi, row, order, at);
    row.is_surplus = true;
    write_state(spi, row, at);
    return_surplus(spi, order, row.id, share, "payment was less than the order total");
}

} // namespace

std::vector<pg::uuid> payment::orders() const {
    std::vector<pg::uuid> ids;
    for (const payment_row& row : rows)
        ids.push_back(row.order);
    return ids;
}

core::money payment::amount() const {
    core::money sum;
    for (const payment_row& row : rows)
        sum += row.amount;
    return sum;
}

core::money payment::refunded() const {
    core::money sum;
    for (const payment_row& row : rows)
        sum += row.refunded;
    return sum;
}

bool payment::is_paid() const {
    return std::any_of(rows.begin(), rows.end(),
                       [](const payment_row& row) { return core::is_paid(row.state); });
}

payment lock_payment(pg::spi, const std::string& processor, const std::string& processor_id) {
    lock_id.run(processor, processor_id);
    lock_paid_orders.run(processor, processor_id);
    const pg::rows found = lock_rows.run(processor, processor_id);
    payment p;
    p.processor = processor;
    p.processor_id = processor_id;
    p.currency = found.value<std::string>(payment_column::currency).value_or("");
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        payment_row row;
        row.id = *found.value<pg::uuid>(payment_column::id, i);
        row.order = *found.value<pg::uuid>(payment_column::order, i);
        row.amount = {*found.value<std::int64_t>(payment_column::amount, i)};
        row.refunded = {*found.value<std::int64_t>(payment_column::refunded, i)};
        row.state = core::find_payment_state(
                        found.value<std::string>(payment_column::status, i).value_or(""))
                        .value_or(core::payment_state::pending);
        row.last_news = found.value<std::int64_t>(payment_column::last_news, i);
        row.is_surplus = found.value<bool>(payment_column::is_surplus, i).value_or(false);
        p.rows.push_back(row);
    }
    return p;
}

void lock_for_ending(pg::spi spi, const payment& p) {
    if (p.rows.size() < 2 && p.is_paid())
        return;
    lock_for_giving_back(spi, p.orders());
    lock_people(spi, p.orders());
}

namespace {

// The rows of a new payment, for the shares of a part or for all that the orders cost.
void add_new_rows(pg::spi spi, const pg::rows& found, const order_list& orders,
                  const std::string& processor, const std::string& processor_id,
                  const std::vector<core::money>& shares) {
    if (shares.empty()) {
        pg::require_written(
            add_rows.run(orders, processor, processor_id, std::string_view("pending")),
            count_priced(found), "payment_transactions");
        return;
    }
    std::uint64_t wanted = 0;
    for (const core::money share : shares)
        wanted += share.minor > 0 ? 1 : 0;
    pg::require_written(add_parts(spi, found.values<pg::uuid>(), shares, processor, processor_id),
                        wanted, "payment_transactions");
}

} // namespace

std::vector<pg::uuid> start_payment(pg::spi spi, const order_list& wanted,
                                    const std::string& processor, const std::string& told_id,
                                    const std::optional<part_to_pay>& part) {
    const order_list orders = without_repeats(wanted);
    const auto named_since = [&] {
        return intent_of_session.run(orders, processor, told_id).value<std::string>();
    };
    std::string processor_id = named_since().value_or(told_id);
    payment known = lock_payment(spi, processor, processor_id);
    // who waited for the lock may have waited for the event that names the payment intent
    if (const auto named = known.rows.empty() ? named_since() : std::nullopt) {
        processor_id = *named;
        known = lock_payment(spi, processor, processor_id);
    }
    const pg::rows found = lock_orders.run(orders);
    check_one_buyer(found, orders);
    if (known.rows.empty()) {
        check_states(found);
        check_promises(found, orders);
        if (processor == cash_on_delivery && part)
            throw core::error{core::errors::invalid_parameter_value,
                              "cash on delivery must be for the whole order"};
        if (processor == cash_on_delivery)
            require_cash_on_delivery(spi, orders);
        if (!part && !other_payment.run(orders).empty())
            throw state_error("order already has a payment in progress",
                              "Mark the other payment as failed or cancelled first, or use "
                              "start_part_payment() for what is still to be paid.");
        std::vector<core::money> shares;
        if (part)
            shares = shares_of_part(spi, orders, *part,
                                    found.value<std::string>(order_column::currency).value_or(""));
        // before the rows are there, whose news may come while they are being written
        for (std::uint64_t i = 0; i < found.count(); ++i) {
            // one that waits for the others has no payment whose news it could follow
            if (found.value<std::int64_t>(order_column::price, i) == 0 ||
                (part && shares[i].minor == 0))
                continue;
            advance(spi, *found.value<pg::uuid>(order_column::id, i),
                    *core::find_order_state(*found.value<std::string>(order_column::status, i)),
                    core::order_state::payment_processing);
        }
        add_new_rows(spi, found, orders, processor, processor_id, shares);
        if (processor == cash_on_delivery &&
            found.value<std::int64_t>(order_column::price) > std::int64_t{0})
            begin_cash_on_delivery(spi, orders.front());
    } else if (!is_for(known, orders, count_priced(found), part))
        throw state_error(part ? "payment already exists for other orders or another amount"
                               : "payment already exists for other orders",
                          "Each processor transaction ID identifies one payment.");
    const pg::rows rows = rows_of.run(orders, processor, processor_id);
    const bool was_told_of = rows.value<bool>(2).value_or(false);
    auto ids = rows.values<pg::uuid>();
    if (was_told_of)
        replay_ignored_events(spi, processor_id);
    return ids;
}

void adopt_payment(pg::spi, const order_list& wanted, const std::string& processor,
                   const std::string& processor_id) {
    const order_list orders = without_repeats(wanted);
    check_one_buyer(lock_orders.run(orders), orders);
    // until money comes in, another payment is the one that counts
    const bool is_second = !other_payment.run(orders).empty();
    add_rows.run(orders, processor, processor_id,
                 std::string_view(is_second ? "failed" : "pending"));
}

void apply_news(pg::spi spi, payment& paid, core::payment_news news, std::int64_t at) {
    if (news == core::payment_news::succeeded && paid.rows.size() > 1)
        lock_for_selling(spi, paid.orders());
    const bool is_at_the_door = paid.processor == cash_on_delivery;
    for (payment_row& row : paid.rows) {
        pg::check_for_interrupts();
        const auto next = core::after_news(row.state, news, at, row.last_news);
        if (!next)
            continue;
        order_money order = lock_order_money(spi, row.order);
        if (*next == core::payment_state::succeeded) {
            come_in(spi, row, order, is_at_the_door, at);
            continue;
        }
        // while another payment is under way, that one says how the order stands
        const other_money other = others_of(row);
        const bool is_under_way =
            *next != core::payment_state::failed && *next != core::payment_state::cancelled;
        if (is_under_way && row.amount + other.came_in + other.under_way > order.whole.cash)
            continue;
        const bool counts = is_under_way || other.under_way.minor == 0;
        if (is_at_the_door && order.due.minor > 0 && !is_under_way) {
            refuse_parcel(spi, row, order, at);
            continue;
        }
        set_row.run(row.id, core::payment_state_name(*next), row.is_surplus, at);
        row.state = *next;
        row.last_news = at;
        if (counts)
            advance(spi, row.order, order.state,
                    is_under_way ? core::order_state::payment_processing
                                 : core::order_state::payment_failed);
    }
}

void write_state(pg::spi, const payment_row& row, std::int64_t at) {
    set_row.run(row.id, core::payment_state_name(row.state), row.is_surplus, at);
}

core::money count_refunds(pg::spi, const payment_row& row) {
    return {count_sent_refunds.run(row.order, row.id).value<std::int64_t>().value_or(0)};
}

void come_in_partly(pg::spi spi, payment& paid, core::money received, std::int64_t at) {
    if (paid.is_paid())
        return;
    if (paid.rows.size() > 1)
        lock_for_selling(spi, paid.orders());
    std::vector<core::held_share> held;
    for (const payment_row& row : paid.rows)
        held.push_back({row.amount, core::is_unpaid(lock_order_money(spi, row.order).state)});
    const std::vector<core::money> shares =
        core::shares_of_capture(received, held, core::smallest_unit(paid.currency));
    for (std::size_t i = 0; i < paid.rows.size(); ++i) {
        payment_row& row = paid.rows[i];
        bring_share(spi, row, lock_order_money(spi, row.order), shares[i], held[i].is_due, at);
        if (others_of(row).under_way.minor == 0)
            advance(spi, row.order, lock_order_money(spi, row.order).state,
                    core::order_state::payment_failed);
    }
}

// calculate_platform_fee(amount numeric) -> numeric
DRIPLO_FUNCTION(driplo_calculate_platform_fee) {
    return pg::percentage(fcinfo->args[0].value, pg::settings::platform_fee_percent, 2);
}

// start_payment(order_ids uuid[], processor text, processor_transaction_id text) -> uuid[]
DRIPLO_FUNCTION(driplo_start_payment) {
    const auto told = required_payment(fcinfo, 1);
    return pg::to_datum(pg::in_session([&](pg::spi spi) {
        return start_payment(spi, told.orders, told.processor, told.processor_id);
    }));
}

told_payment_arguments required_payment(FunctionCallInfo fcinfo, int number) {
    auto orders = pg::required<std::vector<pg::uuid>>(fcinfo, 0, "order_ids");
    auto processor = pg::required<std::string>(fcinfo, number, "processor");
    auto processor_id = pg::required<std::string>(fcinfo, number + 1, "processor_transaction_id");
    require_service("start a payment");
    // an order that was not found would be left out, and the amount be another
    if (pg::has_null_elements(pg::required<Datum>(fcinfo, 0, "order_ids")))
        throw core::error{core::errors::null_value_not_allowed, "order_ids must not contain NULL"};
    if (core::trim(processor).empty() || core::count_code_points(processor).value_or(51) > 50)
        throw core::error{core::errors::invalid_parameter_value,
                          "processor must have 1 to 50 characters"};
    if (core::trim(processor_id).empty() ||
        core::count_code_points(processor_id).value_or(256) > 255)
        throw core::error{core::errors::invalid_parameter_value,
                          "processor_transaction_id must have 1 to 255 characters"};
    return {std::move(orders), std::move(processor), std::move(processor_id)};
}

} // namespace driplo
