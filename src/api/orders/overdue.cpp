// What goes on by itself when nobody says anything: orders that count as delivered or completed,
// returns that are answered, decided for the buyer or closed, disputes that get to the staff, and
// who is reminded of it before. Which these are, and the step of many orders at once; the jobs take
// them in PL/pgSQL for its EXCEPTION block: a lock that somebody holds, or a trigger that refuses
// one, must not keep the others.
//
// The clock of an order stands still while a dispute or return of it is open, or a refund is asked
// for.
#include "api/orders/overdue.hpp"

#include "api/orders/effects.hpp"
#include "api/orders/row.hpp"
#include "api/payments/refunds.hpp"
#include "api/trust/disputes.hpp"
#include "pg/entry_point.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Parameters are the same everywhere: $1 how many, $2 how long ago, $3 the grace after a dispute,
// $4 the window of returns, $5 how long a request may hold, all in minutes; $6 the rows that are
// asked about again. `waits` is the condition of the orders that are meant, `since` from when on a
// row waits, `among` which rows are asked about.
constexpr const char* all = "true";
constexpr const char* not_locked = "";
constexpr pg::parts nobody_objects(const char* waits, const char* since, const char* among = all,
                                   const char* locked = not_locked) {
    return {{"waits", waits},
            {"since", since},
            {"among", among},
            {"locked", locked},
            {"is_past", R"(
    <= now() - pg_catalog.make_interval(mins => $2))"},
            {"nobody_objects", R"(
    {no_dispute_holds}
    AND {no_return_holds}
    AND {no_refund_request_holds})"},
            no_dispute_holds,
            was_just_taken_back,
            was_heard,
            no_return_holds,
            no_refund_request_holds,
            {"shop_order", "o"},
            {"dispute", "d"},
            {"order_id", "o.id"},
            {"party", "o.buyer_id"},
            {"return_window", "$4"},
            {"grace", "$3"},
            {"decision_window", "$5"}};
}

// The clock of the delivery begins anew with each parcel.
constexpr const char* sent_at = R"(
    GREATEST(
        COALESCE(o.shipped_at, o.created_at),
        (
            SELECT max(t.created_at)
            FROM {s}.order_tracking t
            WHERE t.order_id = o.id AND t.parcel_number > 1
        )
    ))";
// A return waits for its next step.
constexpr pg::parts waiting_return(const char* among = all) {
    return nobody_objects("", "COALESCE((r.history -> -1 ->> 'at')::timestamptz, r.created_at)",
                          among);
}
constexpr const char* these_returns = "r.id = ANY ($6)";

// What takes a step is found without a lock, and asked about again under it.
constexpr const char* waiting_orders = R"(
    SELECT o.id
    FROM {s}.orders o
    WHERE {among}
      AND {waits}
      AND {since} {is_past}
      AND {nobody_objects}
    ORDER BY {since}, o.id
    LIMIT $1
    {locked})";
constexpr const char* these_orders = "o.id = ANY ($6)";
// What is to be paid at the door was delivered when the money is there, and not by silence.
constexpr const char* is_sent = R"(
    o.status IN ('shipped', 'in_transit')
      AND o.due_on_delivery = 0
      AND private.is_all_sent(o.id))";
const pg::plan to_deliver{waiting_orders, nobody_objects(is_sent, sent_at)};
const pg::plan still_to_deliver{waiting_orders, nobody_objects(is_sent, sent_at, these_orders)};
const pg::plan remind_of_delivery{waiting_orders,
                                  nobody_objects(R"(
    o.status IN ('shipped', 'in_transit')
      AND o.due_on_delivery = 0
      AND COALESCE(o.reminded_at < {since}, true)
      AND private.is_all_sent(o.id))",
                                                 sent_at, all, "FOR NO KEY UPDATE SKIP LOCKED")};
constexpr const char* is_delivered = "o.status = 'delivered'";
constexpr const char* delivered_at = "COALESCE(o.delivered_at, o.created_at)";
const pg::plan to_complete{waiting_orders, nobody_objects(is_delivered, delivered_at)};
const pg::plan still_to_complete{waiting_orders,
                                 nobody_objects(is_delivered, delivered_at, these_orders)};
// The seller is to answer, or to inspect it.
constexpr const char* unanswered_returns = R"(
    SELECT r.id
    FROM {s}.returns r
    JOIN {s}.orders o ON o.id = r.order_id
    WHERE {among}
      AND r.status IN ('requested', 'shipped_back', 'received', 'inspecting')
      AND {since} {is_past}
      AND {no_dispute_holds}
    ORDER BY {since}, r.id
    LIMIT $1)";
const pg::plan to_answer{unanswered_returns, waiting_return()};
const pg::plan still_to_answer{unanswered_returns, waiting_return(these_returns)};
const pg::plan remind_of_answer{R"(
    SELECT r.id
    FROM {s}.returns r
    JOIN {s}.orders o ON o.id = r.order_id
    WHERE r.status IN ('requested', 'shipped_back', 'received', 'inspecting')
      AND {since} {is_past}
      AND COALESCE(r.reminded_at < {since}, true)
      AND {no_dispute_holds}
    ORDER BY r.id
    LIMIT $1
    FOR NO KEY UPDATE OF r SKIP LOCKED)",
                                waiting_return()};
// The buyer is to send it.
const pg::plan remind_of_sending{R"(
    SELECT r.id
    FROM {s}.returns r
    WHERE r.status = 'approved'
      AND {since} {is_past}
      AND COALESCE(r.reminded_at < {since}, true)
    ORDER BY r.id
    LIMIT $1
    FOR NO KEY UPDATE SKIP LOCKED)",
                                 waiting_return()};

constexpr const char* unsent_returns = R"(
    SELECT r.id
    FROM {s}.returns r
    WHERE {among} AND r.status = 'approved' AND {since} {is_past}
    ORDER BY r.approved_at, r.id
    LIMIT $1)";
constexpr const char* approved_at = "COALESCE(r.approved_at, r.created_at)";
const pg::plan to_close{unsent_returns, nobody_objects("", approved_at)};
const pg::plan still_to_close{unsent_returns, nobody_objects("", approved_at, these_returns)};
constexpr const char* unanswered_disputes = R"(
    SELECT d.id
    FROM {s}.disputes d
    WHERE {among} AND {since} {is_past}
    ORDER BY {since}, d.id
    LIMIT $1)";
const pg::plan to_escalate{unanswered_disputes, nobody_objects("", "d.awaiting_since")};
const pg::plan still_to_escalate{unanswered_disputes,
                                 nobody_objects("", "d.awaiting_since", "d.id = ANY ($6)")};

struct waiting {
    std::string_view what;
    const int& window; // minutes; 0 and less is never
    int before;        // so many minutes earlier
    const pg::plan& found;
    const pg::plan* still = nullptr; // of these; of those who are only reminded none is asked again
    core::order_state to = core::order_state::delivered; // of orders
};
constexpr int three_days = 3 * 24 * 60;
const waiting all_waiting[] = {
    {"delivery", pg::settings::auto_delivery, 0, to_deliver, &still_to_deliver,
     core::order_state::delivered},
    {"completion", pg::settings::auto_completion, 0, to_complete, &still_to_complete,
     core::order_state::completed},
    {"return", pg::settings::return_decision_window, 0, to_answer, &still_to_answer},
    {"return expiry", pg::settings::return_shipping_window, 0, to_close, &still_to_close},
    {"escalation", pg::settings::dispute_response_window, 0, to_escalate, &still_to_escalate},
    {"delivery reminder", pg::settings::auto_delivery, three_days, remind_of_delivery},
    {"sending reminder", pg::settings::return_shipping_window, three_days, remind_of_sending},
    {"return reminder", pg::settings::return_decision_window, three_days, remind_of_answer},
};

const waiting& find_waiting(const std::string& what) {
    const auto* each = std::find_if(std::begin(all_waiting), std::end(all_waiting),
                                    [&](const waiting& w) { return w.what == what; });
    if (each == std::end(all_waiting))
        throw core::error{core::errors::invalid_parameter_value, "unrecognized kind of rows"};
    return *each;
}

// Without a number all of them.
pg::rows ask(const waiting& asked, const std::optional<std::int32_t>& most,
             const std::optional<std::vector<pg::uuid>>& among) {
    const auto limit = asked.window > 0 ? most : 0;
    return (among && asked.still ? *asked.still : asked.found)
        .run(limit, std::int32_t{asked.window - asked.before},
             std::int32_t{pg::settings::dispute_grace}, std::int32_t{pg::settings::return_window},
             std::int32_t{pg::settings::refund_decision_window}, among);
}

} // namespace

std::vector<pg::uuid> still_overdue(pg::spi, const std::string& what,
                                    const std::vector<pg::uuid>& among) {
    return ask(find_waiting(what), std::nullopt, among).values<pg::uuid>();
}

// private.overdue(what text, max_rows integer, among uuid[]) -> TABLE(id uuid)
DRIPLO_FUNCTION(driplo_overdue) {
    const auto what = pg::required<std::string>(fcinfo, 0, "what");
    const auto most = pg::argument<std::int32_t>(fcinfo, 1);
    const auto among = pg::argument<std::vector<pg::uuid>>(fcinfo, 2);
    pg::session spi;
    return ask(find_waiting(what), most ? std::optional(std::max(*most, 0)) : most, among)
        .as_result(fcinfo);
}

// private.take_overdue_steps(what text, order_ids uuid[], reason text, max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_take_overdue_steps) {
    const auto what = pg::required<std::string>(fcinfo, 0, "what");
    const waiting& step = find_waiting(what);
    const auto wanted = pg::required<std::vector<pg::uuid>>(fcinfo, 1, "order_ids");
    const auto reason = pg::required<std::string>(fcinfo, 2, "reason");
    const auto most = pg::required<std::int32_t>(fcinfo, 3, "max_rows");
    pg::session spi;
    const auto orders =
        ask(step, std::nullopt, lock_free_orders(spi, wanted, most)).values<pg::uuid>();
    return pg::to_datum(orders.empty() ? std::int32_t{0}
                                       : take_step_together(spi, orders, step.to, reason));
}

} // namespace driplo
