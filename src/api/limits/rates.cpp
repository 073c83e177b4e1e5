#include "api/limits/rates.hpp"

#include "core/format.hpp"
#include "pg/clock.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/insertion.hpp"
#include "pg/result_set.hpp"
#include "pg/rights.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/trigger.hpp"
#include "pg/update.hpp"

#include <algorithm>

namespace driplo {

namespace {

// At most so many at once, each of which is forgotten after its share of the time. set_rate_limit()
// changes them.
struct built_in_limit {
    std::string_view action;
    std::int32_t most, window_seconds;
};
constexpr std::int32_t minute = 60, hour = 60 * minute;
constexpr built_in_limit built_in_limits[] = {
    {"checkouts", 20, minute}, {"conversations", 20, hour}, {"favorites", 120, minute},
    {"follows", 60, hour},     {"gift_cards", 10, hour},    {"listings", 60, hour},
    {"messages", 30, minute},
};

const built_in_limit& limit_of(std::string_view action) {
    for (const built_in_limit& limit : built_in_limits)
        if (limit.action == action)
            return limit;
    throw core::error{core::errors::invalid_parameter_value,
                      core::format("unrecognized action: \"{}\"", action)};
}

// The generic cell rate algorithm, as private.count_attempt(): all that is kept is the time at
// which everything is forgotten, and sessions that meet count one after the other. Whole
// microseconds, rounded down, so that the last one that is allowed fits. No row for what is
// refused, which writes nothing, and for a limit that is off. A time far ahead is from before the
// clock was set back, or the window made shorter: it counts as none.
constexpr pg::part counted_until{"counted_until", R"(
    CASE
        WHEN r.tat <= statement_timestamp() + (SELECT full_window FROM rule) * 2 * interval '1 microsecond'
            THEN greatest(r.tat, statement_timestamp())
        ELSE statement_timestamp()
    END)"};
const pg::plan count{R"(
    WITH rule AS MATERIALIZED (
        SELECT
            COALESCE(c.most, $3) AS most,
            COALESCE(c.window_seconds, $4)::bigint * 1000000 AS full_window
        FROM (SELECT) AS one
        LEFT JOIN {s}.rate_limit_rules c ON c.action = $2
        WHERE c.enabled IS NOT FALSE
    )
    INSERT INTO {s}.rate_limits AS r (key, tat)
    SELECT 'driplo.' || $2 || ':' || $1, statement_timestamp() + full_window / most * $5 * interval '1 microsecond'
    FROM rule
    WHERE $5 <= most
    ON CONFLICT ON CONSTRAINT rate_limits_pkey DO UPDATE
    SET tat = {counted_until} + (EXCLUDED.tat - statement_timestamp())
    WHERE {counted_until} + (EXCLUDED.tat - statement_timestamp())
          <= statement_timestamp() + (SELECT full_window FROM rule) * interval '1 microsecond'
    RETURNING 1)",
                     {counted_until},
                     pg::planned::once};

const pg::plan refusal{R"(
    SELECT
        rule.most,
        rule.window_seconds,
        ceil(extract(epoch FROM r.tat - statement_timestamp()) - rule.window_seconds
             + $5 * rule.window_seconds::numeric / rule.most)::bigint
    FROM (
        SELECT
            COALESCE(c.most, $3) AS most,
            COALESCE(c.window_seconds, $4) AS window_seconds
        FROM (SELECT) AS one
        LEFT JOIN {s}.rate_limit_rules c ON c.action = $2
        WHERE c.enabled IS NOT FALSE
    ) AS rule
    LEFT JOIN {s}.rate_limits r ON r.key = 'driplo.' || $2 || ':' || $1)"};
enum refusal_column { refusal_most = 1, refusal_window, refusal_wait };

// The same without a statement where it counts; what is refused is the statement's.
const pg::unique_row rule_of{
    "rate_limit_rules",
    "action",
    {{"most", INT4OID}, {"window_seconds", INT4OID}, {"enabled", BOOLOID}}};
constexpr pg::update advance{"rate_limits", "key", {{"tat", TIMESTAMPTZOID}}};
constexpr pg::insertion begin{pg::unless_there, "rate_limits", {"key", "tat"}};

bool is_plainly_counted(const pg::uuid& caller, const built_in_limit& limit, std::int64_t n) {
    enum { most, window_seconds, enabled };
    const auto rule = rule_of.find(limit.action, pg::snapshot::fresh);
    if (rule && !rule->value<bool>(enabled).value_or(true))
        return true;
    const std::int64_t at_once =
                           rule ? rule->value<std::int32_t>(most).value_or(limit.most) : limit.most,
                       window = rule ? rule->value<std::int32_t>(window_seconds)
                                           .value_or(limit.window_seconds)
                                     : limit.window_seconds;
    if (n > at_once)
        return false;
    const std::int64_t now = pg::statement_time().value, whole = window * 1'000'000,
                       share = whole / at_once * n;
    const std::string key = core::format("driplo.{}:{}", limit.action, pg::text_of(caller));
    bool is_known = false;
    const auto counted =
        advance.run(std::vector<std::string>{key}, [&](std::size_t, pg::changed_row& row) {
            is_known = true;
            const std::int64_t before = row.time(0).value;
            const std::int64_t until =
                (before <= now + 2 * whole ? std::max(before, now) : now) + share;
            row.set(0, pg::timestamp{until});
            return until <= now + whole;
        });
    if (!counted || is_known)
        return counted == 1;
    return begin.run(1, key, pg::timestamp{now + share}).count() == 1;
}

} // namespace

void count_against_limit(pg::spi, std::string_view action, std::int64_t n) {
    const built_in_limit& limit = limit_of(action);
    if (!pg::settings::rate_limits || n <= 0 || pg::is_service())
        return;
    const auto caller = pg::caller();
    if (!caller)
        return;
    const std::string name(action);
    const pg::owner_scope as_owner;
    if (is_plainly_counted(*caller, limit, n))
        return;
    if (!count.run(*caller, name, limit.most, limit.window_seconds, n).empty())
        return;
    const pg::rows refused = refusal.run(*caller, name, limit.most, limit.window_seconds, n);
    if (refused.empty())
        return; // the limit is off
    const auto most = refused.value<std::int32_t>(refusal_most).value_or(limit.most);
    const auto window = refused.value<std::int32_t>(refusal_window).value_or(0);
    const auto wait = refused.value<std::int64_t>(refusal_wait).value_or(1);
    throw core::error{
        core::errors::limit_reached, core::format("rate limit for {} exceeded", action),
        core::format("The limit of an account is {} at once, and as many more in {} seconds.", most,
                     window),
        n > most ? core::format("Write at most {} rows in a statement.", most)
                 : core::format("Try again in {} seconds.", wait < 1 ? 1 : wait)};
}

// private.limit_rate('action'): AFTER INSERT FOR EACH STATEMENT with the new rows. Before the
// statement nobody would know how many they are.
DRIPLO_FUNCTION(driplo_limit_rate) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after, pg::on_insert,
                                   pg::trigger_level::statement);
    if (!pg::settings::rate_limits || pg::is_service())
        return trigger.nothing();
    std::int64_t n = 0;
    {
        pg::transition_rows added(trigger, pg::transition::added);
        while (added.next())
            ++n;
    }
    pg::session spi;
    count_against_limit(spi, trigger.argument(0), n);
    return trigger.nothing();
}

// private.built_in_rate_limits() -> TABLE(action text, most integer, window_seconds integer)
DRIPLO_FUNCTION(driplo_built_in_rate_limits) {
    pg::result_set result(fcinfo);
    for (const built_in_limit& limit : built_in_limits)
        result.add({pg::to_datum(limit.action), pg::to_datum(limit.most),
                    pg::to_datum(limit.window_seconds)});
    return Datum{0};
}

// private.count_against_limit(action text) -> void
DRIPLO_FUNCTION(driplo_count_against_limit) {
    const auto action = pg::required<std::string>(fcinfo, 0, "action");
    pg::session spi;
    count_against_limit(spi, action);
    return pg::nothing();
}

} // namespace driplo
