// The record of what the staff did: admin_audit_log, and of what it decided: admin_approvals. What
// an admin writes into coupons and categories private.record_staff_change() records.
#pragma once

#include "pg/json.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace driplo {

// What an admin or moderator did, and what it changed.
struct audited_act {
    std::string_view name;        // the function
    std::string_view target_type; // what kind of thing
    std::string_view column;      // what it changes
};

// Who acts is the caller; for a service without a user it stays empty.
void audit(pg::spi spi, const audited_act& act, const pg::uuid& target,
           const std::optional<std::string>& before, const std::optional<std::string>& after,
           const std::optional<std::string>& reason);

// The same when the caller takes the step as staff, which is as the system and not as a party.
void audit_staff(pg::spi spi, unsigned actors, const audited_act& act, const pg::uuid& target,
                 const std::optional<std::string>& before, const std::optional<std::string>& after,
                 const std::optional<std::string>& reason);

// The same for several columns, and for who acts otherwise than by being the caller.
struct audited_change {
    std::string_view name, target_type;
    pg::json_object before, after;
};
void audit(pg::spi spi, const std::optional<pg::uuid>& admin, const audited_change& change,
           const pg::uuid& target);

// What was decided about a request. An admin who is not there any more is left out.
struct decided_request {
    std::string_view type;   // of the request
    std::string_view action; // approve, reject ...
    std::optional<std::string> notes;
    pg::json_object metadata;
};
void record_approval(pg::spi spi, const std::optional<pg::uuid>& admin,
                     const decided_request& decided, const pg::uuid& request);

} // namespace driplo
