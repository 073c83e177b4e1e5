// track_listing_view(): that somebody looks at a listing, without a trace of who it was.
//
// A viewer is a keyed hash, with a day in it: the same person of another day is another number. The
// rows are in an unlogged table of their own, so that nobody who buys the listing waits for those
// who look at it.
#include "api/call/roles.hpp"
#include "api/call/signing_key.hpp"
#include "core/visitors.hpp"
#include "pg/clock.hpp"
#include "pg/date.hpp"
#include "pg/entry_point.hpp"
#include "pg/hmac.hpp"
#include "pg/identity.hpp"
#include "pg/insertion.hpp"
#include "pg/rights.hpp"
#include "pg/table.hpp"

#include <cstring>

namespace driplo {

namespace {

// The listing and the view are asked and written each by itself: the views may be on other servers.
const pg::unique_row listing_row{
    "listings", "id", {{"status", VARCHAROID}, {"seller_id", UUIDOID}}};
enum { status_column, seller_column };
const pg::plan find_shown{R"(
    SELECT EXISTS (
        SELECT
        FROM {s}.listings l
        WHERE l.id = $1
          AND l.status::text IN ('active', 'reserved', 'sold')
          AND l.seller_id IS DISTINCT FROM $2
    ))",
                          pg::planned::once};

// Most who look do so for the first time of the day.
constexpr pg::insertion first_look{
    pg::unless_there, "listing_views", {"day", "listing_id", "viewer"}};
const pg::plan record_view{R"(
    INSERT INTO {s}.listing_views AS v (day, listing_id, viewer)
    VALUES ($1, $2, $3)
    ON CONFLICT (day, listing_id, viewer) DO UPDATE
    SET views = v.views + 1, last_at = EXCLUDED.last_at
    WHERE v.last_at <= $4)"};
const pg::plan plain_address{R"(
    SELECT host(private.ip_address($1)))"};

constexpr std::int64_t seconds_of_day = 86400;
constexpr std::int64_t half_an_hour = 1800 * std::int64_t{1'000'000};

// Whether it is a listing that others can see, and not the viewer's own.
bool is_shown(const pg::uuid& listing, const std::optional<pg::uuid>& user) {
    const auto row = listing_row.find(listing, pg::snapshot::fresh);
    if (!row)
        return find_shown.run(listing, user).value<bool>().value_or(false);
    const auto status = row->value<std::string_view>(status_column).value_or("");
    return (status == "active" || status == "reserved" || status == "sold") &&
           row->value<pg::uuid>(seller_column) != user;
}

// By user before session before address: the surer it is that it is one person. A service is asked
// by its own browser, as it were, and its headers say nothing.
std::string who(const std::optional<pg::uuid>& user, const std::optional<std::string>& session,
                const std::optional<std::string>& address, bool is_service) {
    if (user)
        return "user " + pg::text_of(*user);
    if (session && !session->empty())
        return "session " + *session;
    std::string from = plain_address.run(address).value<std::string>().value_or("");
    if (is_service)
        return "address " + from;
    if (const auto forwarded = pg::request_header("x-forwarded-for"); forwarded && from.empty())
        from = *forwarded;
    return "address " + from + " " + pg::request_header("user-agent").value_or("");
}

std::int64_t hash_of(const std::string& key, std::int64_t day, const std::string& viewer) {
    const auto digest =
        pg::hmac_sha256(key, "viewers of listing_views", std::to_string(day), viewer);
    std::int64_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof(hash));
    return hash;
}

} // namespace

// track_listing_view(p_listing_id uuid, p_viewer_id uuid, p_ip_address text, p_session_id text)
DRIPLO_FUNCTION(driplo_track_listing_view) {
    const auto listing = pg::required<pg::uuid>(fcinfo, 0, "p_listing_id");
    const auto named = pg::argument<pg::uuid>(fcinfo, 1);
    const auto address = pg::argument<std::string>(fcinfo, 2);
    const auto session = pg::argument<std::string>(fcinfo, 3);
    require_own(named);
    const bool is_service = pg::is_service();
    const auto user = named || is_service ? named : pg::caller();
    if (!is_service && core::is_bot(pg::request_header("user-agent").value_or("")))
        return pg::nothing();
    const pg::owner_scope as_owner;
    pg::in_session([&] {
        if (!is_shown(listing, user))
            return;
        const auto key = signing_key("views");
        if (!key)
            return;
        const std::int64_t today = pg::transaction_unix_time() / seconds_of_day;
        const pg::date day = pg::date_of_unix_day(today);
        const std::int64_t viewer = hash_of(*key, today, who(user, session, address, is_service));
        const auto written = first_look.run_without_statement(1, day, listing, viewer);
        if (!written || written->empty())
            record_view.run(day, listing, viewer,
                            pg::timestamp{pg::transaction_time().value - half_an_hour});
    });
    return pg::nothing();
}

} // namespace driplo
