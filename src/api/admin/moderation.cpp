// What the staff does with people and listings: suspensions, roles, listings that break the rules.
// Each act has a reason and is recorded in admin_approvals and admin_audit_log.
#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/catalog/sellable.hpp"
#include "api/orders/state_lists.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/report.hpp"
#include "pg/spi.hpp"

#include "core/format.hpp"
#include "core/order_state.hpp"
#include "core/text.hpp"

namespace driplo {

namespace {

struct act {
    std::string_view name;         // the function
    std::string_view request_type; // of admin_approvals
    std::string_view decision;     // its action
    std::string_view target_type;  // of admin_audit_log
    std::string_view column;       // what it changes
};

// Who acts is the caller; for a service without a user it stays empty.
void record(pg::spi spi, const act& what, const pg::uuid& target,
            const std::optional<std::string>& before, const std::optional<std::string>& after,
            const std::string& reason) {
    pg::json_object metadata;
    metadata.add("act", std::string(what.name));
    record_approval(spi, pg::actor(), {what.request_type, what.decision, reason, metadata}, target);
    audit(spi, {what.name, what.target_type, what.column}, target, before, after, reason);
}

std::string reason_of(FunctionCallInfo fcinfo, int number) {
    return required_reason(fcinfo, number, "decision");
}

// The user's row is locked, so that two admins act one after the other.
// The log shows times the same whatever the session's time zone and date style.
const pg::plan lock_user{R"(
    SELECT
        role::text,
        to_char(suspended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00"'),
        suspended_until IS NOT NULL
    FROM {s}.profiles
    WHERE id = $1 AND deleted_at IS NULL
    FOR NO KEY UPDATE)"};
// Until somebody ends it: also when it had an end.
const pg::plan suspend{R"(
    UPDATE {s}.profiles
    SET suspended_at = COALESCE(suspended_at, now()), suspended_until = NULL
    WHERE id = $1
    RETURNING to_char(suspended_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00"'))",
                       pg::writes{"profiles"}};
const pg::plan reinstate{R"(
    UPDATE {s}.profiles
    SET suspended_at = NULL, suspended_until = NULL
    WHERE id = $1)",
                         pg::writes{"profiles"}};
const pg::plan change_role{R"(
    UPDATE {s}.profiles
    SET role = $2::{s}.user_role, is_admin = ($2 = 'admin')
    WHERE id = $1)",
                           pg::writes{"profiles"}};
// In the order of the ids, as everybody locks listings.
const pg::plan archive_listings{R"(
    UPDATE {s}.listings
    SET status = 'archived'
    WHERE id IN (
        SELECT id
        FROM {s}.listings
        WHERE seller_id = $1 AND status::text = 'active'
        ORDER BY id
        FOR NO KEY UPDATE
    ))"};

// Before the user, as a seller who archives one has it. Also what an order that ends, or the seller
// who has more of it, could put on sale again.
const pg::plan lock_listings{R"(
    SELECT FROM {s}.listings
    WHERE seller_id = $1 AND status::text IN ('active', 'reserved', 'sold')
    ORDER BY id
    FOR NO KEY UPDATE)"};

// Two admins who act on each other: the second waits, and is no admin any more.
const pg::plan lock_both{R"(
    SELECT FROM {s}.profiles
    WHERE id IN ($1, $2)
    ORDER BY id
    FOR NO KEY UPDATE)"};
void lock_actor_and(pg::spi spi, const pg::uuid& user) {
    const auto actor = pg::actor();
    lock_both.run(user, actor);
    if (!pg::is_service() && !(actor && is_admin_by_now(spi, *actor)))
        throw core::error{core::errors::insufficient_privilege, "caller is no longer an admin"};
}

pg::rows locked_user(pg::spi spi, const pg::uuid& user, const char* what) {
    lock_actor_and(spi, user);
    const pg::rows found = lock_user.run(user);
    if (found.empty())
        throw does_not_exist("user", user);
    if (pg::actor() == user)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          core::format("cannot {}", what),
                          {},
                          "Ask another admin."};
    return found;
}

void set_suspension(pg::spi spi, const pg::uuid& user, bool suspended, const std::string& reason) {
    require_admin(suspended ? "suspend a user" : "reinstate a user");
    if (suspended)
        lock_listings.run(user);
    const pg::rows found =
        locked_user(spi, user, suspended ? "suspend yourself" : "reinstate yourself");
    const auto before = found.value<std::string>(2);
    const bool has_end = found.value<bool>(3).value_or(false);
    if (before.has_value() == suspended && !(suspended && has_end)) {
        pg::notice(suspended ? "user is already suspended, skipping"
                             : "user is not suspended, skipping");
        return;
    }
    std::optional<std::string> after;
    if (suspended) {
        after = suspend.run(user).value<std::string>();
        archive_listings.run(user);
    } else
        reinstate.run(user);
    record(spi,
           {suspended ? "suspend_user" : "reinstate_user", "user_ban",
            suspended ? "approve" : "reject", "profile", "suspended_at"},
           user, before, after, reason);
}

void set_role(pg::spi spi, const pg::uuid& user, const std::string& role,
              const std::string& reason) {
    require_admin("change a user's role");
    if (role != "user" && role != "moderator" && role != "admin")
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("unrecognized role: \"{}\"", core::excerpt(role)),
                          "Valid roles are user, moderator, and admin."};
    const auto before = locked_user(spi, user, "change your own role").value<std::string>(1);
    if (before == role) {
        pg::notice("user already has this role, skipping");
        return;
    }
    change_role.run(user, role);
    record(spi,
           {"set_user_role", "user_promotion", role == "user" ? "reject" : "approve", "profile",
            "role"},
           user, before, role, reason);
}

const pg::plan lock_listing{R"(
    SELECT
        l.status::text,
        EXISTS (SELECT FROM {s}.profiles s WHERE s.id = l.seller_id AND {seller_is_away}),
        l.seller_id
    FROM {s}.listings l
    WHERE l.id = $1
    FOR NO KEY UPDATE OF l)",
                            {seller_is_away}};
// What the listing was before it was removed, who did that, and whether it was nobody but reports
// (private.hide_reported_listing()).
const pg::plan status_before{R"(
    SELECT old_values ->> 'status', admin_id, new_values ? 'automatic'
    FROM {s}.admin_audit_log
    WHERE target_id = $1
      AND action = 'moderate_listing'
      AND new_values ->> 'status' = 'removed'
    ORDER BY created_at DESC
    LIMIT 1)"};
// The stock may have come back meanwhile, or the last unpaid order may be paid.
const pg::plan status_by_stock{R"(
    SELECT CASE
        WHEN CASE
            WHEN {has_variants} THEN {has_variants_in_stock}
            ELSE l.quantity > 0
        END
            THEN 'active'
        WHEN EXISTS (
            SELECT FROM {s}.order_items i
            JOIN {s}.orders o ON o.id = i.order_id
            WHERE i.listing_id = l.id
              AND o.status::text IN ({unpaid_order_states})
        )
            THEN 'reserved'
        ELSE 'sold'
    END
    FROM {s}.listings l
    WHERE l.id = $1)",
                               {has_variants, has_variants_in_stock, unpaid_order_states}};
const pg::plan set_listing_status{"UPDATE {s}.listings SET status = $2 WHERE id = $1",
                                  pg::writes{"listings"}};

// An admin's decision is not a moderator's to undo. Who removed it may be gone since, or no
// moderator any more: then an admin looks at it too.
void check_restorer(const std::optional<pg::uuid>& remover) {
    const auto caller = pg::actor();
    if (!pg::is_service() && caller && role_of(*caller) == "moderator" &&
        (!remover || (remover != caller && role_of(*remover) != "moderator")))
        throw core::error{core::errors::insufficient_privilege,
                          "moderators cannot restore listings removed by an admin",
                          {},
                          "Ask an admin."};
}

std::string moderate(pg::spi spi, const pg::uuid& listing, const std::string& action,
                     const std::string& reason) {
    require_staff("moderate a listing");
    const bool removes = action == "remove";
    if (!removes && action != "restore")
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("unrecognized action: \"{}\"", core::excerpt(action)),
                          "Valid actions are remove and restore."};
    const pg::rows found = lock_listing.run(listing);
    if (found.empty())
        throw does_not_exist("listing", listing);
    if (const auto seller = found.value<pg::uuid>(3); seller && seller == pg::actor())
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "cannot moderate your own listing",
                          {},
                          "Ask another moderator."};
    const auto before = found.value<std::string>(1);
    if (before == "deleted" || (before == "removed") == removes)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          core::format("listing with status \"{}\" cannot be {}",
                                       before.value_or("NULL"), removes ? "removed" : "restored"),
                          {},
                          "Only listings that are not removed can be removed, and only removed "
                          "listings can be restored."};
    std::string after = "removed";
    if (!removes) {
        const pg::rows removal = status_before.run(listing);
        if (!removal.empty() && !removal.value<bool>(3).value_or(false))
            check_restorer(removal.value<pg::uuid>(2));
        after = removal.value<std::string>(1).value_or("archived");
        if (after == "reserved" || after == "sold")
            after = status_by_stock.run(listing).value<std::string>().value_or(after);
        if (after == "active" && found.value<bool>(2).value_or(false))
            after = "archived"; // a suspended seller's
    }
    set_listing_status.run(listing, after);
    record(spi,
           {"moderate_listing", "product_approval", removes ? "reject" : "approve", "listing",
            "status"},
           listing, before, after, reason);
    return after;
}

} // namespace

// suspend_user(user_id uuid, reason text) -> void
DRIPLO_FUNCTION(driplo_suspend_user) {
    const auto user = pg::required<pg::uuid>(fcinfo, 0, "user_id");
    const std::string reason = reason_of(fcinfo, 1);
    pg::session spi;
    set_suspension(spi, user, true, reason);
    return pg::nothing();
}

// reinstate_user(user_id uuid, reason text) -> void
DRIPLO_FUNCTION(driplo_reinstate_user) {
    const auto user = pg::required<pg::uuid>(fcinfo, 0, "user_id");
    const std::string reason = reason_of(fcinfo, 1);
    pg::session spi;
    set_suspension(spi, user, false, reason);
    return pg::nothing();
}

// set_user_role(user_id uuid, new_role text, reason text) -> void
DRIPLO_FUNCTION(driplo_set_user_role) {
    const auto user = pg::required<pg::uuid>(fcinfo, 0, "user_id");
    const auto role = pg::required<std::string>(fcinfo, 1, "new_role");
    const std::string reason = reason_of(fcinfo, 2);
    pg::session spi;
    set_role(spi, user, role, reason);
    return pg::nothing();
}

// moderate_listing(listing_id uuid, action text, reason text) -> text
DRIPLO_FUNCTION(driplo_moderate_listing) {
    const auto listing = pg::required<pg::uuid>(fcinfo, 0, "listing_id");
    const auto action = pg::required<std::string>(fcinfo, 1, "action");
    const std::string reason = reason_of(fcinfo, 2);
    return pg::to_datum(
        pg::in_session([&](pg::spi spi) { return moderate(spi, listing, action, reason); }));
}

} // namespace driplo
