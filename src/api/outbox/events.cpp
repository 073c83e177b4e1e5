#include "api/outbox/events.hpp"

#include "api/call/arguments.hpp"
#include "pg/identity.hpp"
#include "pg/insertion.hpp"
#include "pg/trigger.hpp"

#include <algorithm>
#include <chrono>

namespace driplo {

namespace {

const pg::insertion add_event{"outbox_events", {"kind", "subject_id", "actor_id"}, {"id"}};
const pg::insertion add_event_with_data{
    "outbox_events", {"kind", "subject_id", "actor_id", "data"}, {"id"}};

// In the order of their numbers, which is nearly that of their commits; what another session has
// claimed is skipped.
const pg::plan claim{R"(
    SELECT id
    FROM {s}.outbox_events
    WHERE id >= $1
    ORDER BY id
    LIMIT $2
    FOR UPDATE SKIP LOCKED)"};

// Where this session begins to look. While a long transaction holds back the vacuum, the index
// leads to every row that was handled since, and reading past them would take longer and longer.
// What commits behind the mark, because its transaction took long, is found by the next look from
// the beginning.
struct mark {
    std::int64_t id = 0;
    std::chrono::steady_clock::time_point until;
};
mark known;
constexpr std::chrono::seconds look_from_beginning{10};

std::int64_t where_to_begin() {
    const auto now = std::chrono::steady_clock::now();
    if (now >= known.until)
        known = {0, now + look_from_beginning};
    return known.id;
}

} // namespace

std::int64_t record_event(pg::spi, const std::string& kind, const std::optional<pg::uuid>& subject,
                          const std::optional<pg::uuid>& actor) {
    pg::wake_worker_at_commit();
    return *add_event.run(1, kind, subject, actor).value<std::int64_t>();
}

void record_events(pg::spi, const std::string& kind, const std::vector<pg::uuid>& subjects) {
    pg::wake_worker_at_commit();
    add_event.run(subjects.size(), kind, subjects, std::optional<pg::uuid>());
}

// private.record_event(kind text, subject_id uuid, actor_id uuid, data jsonb) -> bigint
DRIPLO_FUNCTION(driplo_record_event) {
    const auto kind = pg::required<std::string>(fcinfo, 0, "kind");
    const auto subject = pg::argument<pg::uuid>(fcinfo, 1),
               actor = pg::argument<pg::uuid>(fcinfo, 2);
    if (fcinfo->args[3].isnull)
        throw core::error{core::errors::null_value_not_allowed, "data must not be NULL"};
    pg::session spi;
    pg::wake_worker_at_commit();
    return pg::to_datum(
        *add_event_with_data.run(1, kind, subject, actor, pg::jsonb{fcinfo->args[3].value})
             .value<std::int64_t>());
}

// private.record_event_of_row('kind' [, 'column']): AFTER INSERT, UPDATE or DELETE FOR EACH ROW.
// With a column the event is named after its value too, as in return.approved.
DRIPLO_FUNCTION(driplo_record_event_of_row) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after,
                               pg::on_insert | pg::on_update | pg::on_delete);
    std::string kind = row.argument(0);
    if (row.argument_count() > 1)
        kind += '.' + row.text(row.argument(1)).value_or("");
    pg::session spi;
    record_event(spi, kind,
                 row.is_delete() ? row.old_value<pg::uuid>("id") : row.value<pg::uuid>("id"),
                 pg::actor());
    return row.nothing();
}

// private.claim_events(max_rows integer) -> TABLE(id bigint)
DRIPLO_FUNCTION(driplo_claim_events) {
    const auto most = pg::required<std::int32_t>(fcinfo, 0, "max_rows");
    pg::session spi;
    const pg::rows claimed =
        claim.run(where_to_begin(), std::int64_t{std::max(most, std::int32_t{0})});
    if (!claimed.empty())
        known.id = *claimed.value<std::int64_t>();
    return claimed.as_result(fcinfo);
}

} // namespace driplo
