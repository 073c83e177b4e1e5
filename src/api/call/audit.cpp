#include "api/call/audit.hpp"

#include "core/order_state.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan record{
    "INSERT INTO {s}.admin_audit_log (admin_id, action, target_type, target_id, old_values, "
    "new_values) VALUES ((SELECT id FROM {s}.profiles WHERE id = $1), $2, $3, $4, "
    "pg_catalog.jsonb_build_object($5, $6), "
    "pg_catalog.jsonb_build_object($5, $7, 'reason', $8))",
    pg::writes{"admin_audit_log"}};

} // namespace

void audit(const audited_act& act, const pg::uuid& target, const std::optional<std::string>& before,
           const std::optional<std::string>& after, const std::optional<std::string>& reason) {
    record.run(pg::actor(), act.name, act.target_type, target, act.column, before, after, reason);
}

void audit_staff(unsigned actors, const audited_act& act, const pg::uuid& target,
                 const std::optional<std::string>& before, const std::optional<std::string>& after,
                 const std::optional<std::string>& reason) {
    if ((actors & core::as_system) != 0)
        audit(act, target, before, after, reason);
}

} // namespace driplo
