// The record of what the staff did: admin_audit_log.
#pragma once

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

// Who acts is the caller; for a service without a user it stays empty. Needs a session.
void audit(const audited_act& act, const pg::uuid& target, const std::optional<std::string>& before,
           const std::optional<std::string>& after, const std::optional<std::string>& reason);

// The same when the caller takes the step as staff, which is as the system and not as a party.
void audit_staff(unsigned actors, const audited_act& act, const pg::uuid& target,
                 const std::optional<std::string>& before, const std::optional<std::string>& after,
                 const std::optional<std::string>& reason);

} // namespace driplo
