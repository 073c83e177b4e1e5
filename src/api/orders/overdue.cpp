// What goes on by itself when nobody says anything: orders that count as delivered or completed,
// returns that are answered or decided for the buyer, and who is reminded of it before. Which these
// are; the jobs take them one by one, in PL/pgSQL for its EXCEPTION block: a lock that somebody
// holds must not keep the others.
//
// The clock of an order stands still while a dispute or return of it is open, or a refund is asked
// for.
#include "api/payments/refunds.hpp"
#include "api/trust/disputes.hpp"
#include "pg/entry_point.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Parameters are the same everywhere: $1 how many, $2 how long ago, $3 the grace after a dispute,
// $4 the window of returns, $5 how long a request may hold, all in minutes; $6 the one row that is
// asked about, else NULL. `waits` is the condition of the orders that are meant, `since` from when
// on a row waits.
constexpr pg::parts nobody_objects(const char* waits, const char* since) {
    return {{"waits", waits},
            {"since", since},
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
constexpr pg::parts waiting_return =
    nobody_objects("", "COALESCE((r.history -> -1 ->> 'at')::timestamptz, r.created_at)");

constexpr const char* waiting_orders = R"(
    SELECT o.id
    FROM {s}.orders o
    WHERE {waits}
      AND {since} {is_past}
      AND {nobody_objects}
      AND ($6 IS NULL OR o.id = $6)
    ORDER BY {since}, o.id
    LIMIT $1
    FOR NO KEY UPDATE SKIP LOCKED)";
// What is to be paid at the door was delivered when the money is there, and not by silence.
const pg::plan to_deliver{waiting_orders, nobody_objects(R"(
    o.status IN ('shipped', 'in_transit')
      AND o.due_on_delivery = 0
      AND private.is_all_sent(o.id))",
                                                         sent_at)};
const pg::plan remind_of_delivery{waiting_orders, nobody_objects(R"(
    o.status IN ('shipped', 'in_transit')
      AND o.due_on_delivery = 0
      AND COALESCE(o.reminded_at < {since}, true)
      AND private.is_all_sent(o.id))",
                                                                 sent_at)};
const pg::plan to_complete{
    waiting_orders,
    nobody_objects("o.status = 'delivered'", "COALESCE(o.delivered_at, o.created_at)")};
const pg::plan to_answer{R"(
    SELECT r.id
    FROM {s}.returns r
    JOIN {s}.orders o ON o.id = r.order_id
    WHERE r.status IN ('requested', 'shipped_back', 'received', 'inspecting')
      AND {since} {is_past}
      AND {no_dispute_holds}
      AND ($6 IS NULL OR r.id = $6)
    ORDER BY {since}, r.id
    LIMIT $1
    FOR NO KEY UPDATE OF o, r SKIP LOCKED)",
                         waiting_return};
// The buyer is to send it.
const pg::plan remind_of_sending{R"(
    SELECT r.id
    FROM {s}.returns r
    WHERE r.status = 'approved'
      AND {since} {is_past}
      AND COALESCE(r.reminded_at < {since}, true)
      AND ($6 IS NULL OR r.id = $6)
    ORDER BY r.id
    LIMIT $1
    FOR NO KEY UPDATE SKIP LOCKED)",
                                 waiting_return};
// The seller is to answer, or to inspect it.
const pg::plan remind_of_answer{R"(
    SELECT r.id
    FROM {s}.returns r
    JOIN {s}.orders o ON o.id = r.order_id
    WHERE r.status IN ('requested', 'shipped_back', 'received', 'inspecting')
      AND {since} {is_past}
      AND COALESCE(r.reminded_at < {since}, true)
      AND {no_dispute_holds}
      AND ($6 IS NULL OR r.id = $6)
    ORDER BY r.id
    LIMIT $1
    FOR NO KEY UPDATE OF r SKIP LOCKED)",
                                waiting_return};

struct waiting {
    std::string_view what;
    const pg::plan& found;
    const int& window; // minutes; 0 and less is never
    int before = 0;    // so many minutes earlier
};
constexpr int three_days = 3 * 24 * 60;
const waiting all_waiting[] = {
    {"delivery", to_deliver, pg::settings::auto_delivery},
    {"completion", to_complete, pg::settings::auto_completion},
    {"return", to_answer, pg::settings::return_decision_window},
    {"delivery reminder", remind_of_delivery, pg::settings::auto_delivery, three_days},
    {"sending reminder", remind_of_sending, pg::settings::return_shipping_window, three_days},
    {"return reminder", remind_of_answer, pg::settings::return_decision_window, three_days},
};

} // namespace

// private.overdue(what text, max_rows integer, only uuid) -> TABLE(id uuid)
DRIPLO_FUNCTION(driplo_overdue) {
    const auto what = pg::required<std::string>(fcinfo, 0, "what");
    const auto most = pg::required<std::int32_t>(fcinfo, 1, "max_rows");
    pg::session spi;
    const auto* each = std::find_if(std::begin(all_waiting), std::end(all_waiting),
                                    [&](const waiting& w) { return w.what == what; });
    if (each == std::end(all_waiting))
        throw core::error{core::errors::invalid_parameter_value, "unrecognized kind of rows"};
    const bool is_on = each->window > 0;
    return each->found
        .run(is_on ? std::max(most, 0) : 0, std::int32_t{each->window - each->before},
             std::int32_t{pg::settings::dispute_grace}, std::int32_t{pg::settings::return_window},
             std::int32_t{pg::settings::refund_decision_window}, pg::argument<pg::uuid>(fcinfo, 2))
        .as_result(fcinfo);
}

} // namespace driplo
