#include "api/call/audit.hpp"

#include "core/order_state.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan record{R"(
    INSERT INTO {s}.admin_audit_log (
        admin_id, action, target_type, target_id, old_values, new_values
    )
    VALUES (
        (SELECT id FROM {s}.profiles WHERE id = $1), $2, $3, $4,
        pg_catalog.jsonb_build_object($5, $6), pg_catalog.jsonb_build_object($5, $7, 'reason', $8)
    ))",
                      pg::writes{"admin_audit_log"}};
const pg::plan record_change{R"(
    INSERT INTO {s}.admin_audit_log (
        admin_id, action, target_type, target_id, old_values, new_values
    )
    VALUES (
        (SELECT id FROM {s}.profiles WHERE id = $1), $2, $3, $4, $5::pg_catalog.jsonb,
        $6::pg_catalog.jsonb
    ))",
                             pg::writes{"admin_audit_log"}};
const pg::plan record_decision{R"(
    INSERT INTO {s}.admin_approvals (request_type, request_id, admin_id, action, notes, metadata)
    VALUES ($1, $2, (SELECT id FROM {s}.profiles WHERE id = $3), $4, $5, $6::pg_catalog.jsonb))",
                               pg::writes{"admin_approvals"}};

} // namespace

void audit(pg::spi, const audited_act& act, const pg::uuid& target,
           const std::optional<std::string>& before, const std::optional<std::string>& after,
           const std::optional<std::string>& reason) {
    record.run(pg::actor(), act.name, act.target_type, target, act.column, before, after, reason);
}

void audit(pg::spi, const std::optional<pg::uuid>& admin, const audited_change& change,
           const pg::uuid& target) {
    record_change.run(admin, change.name, change.target_type, target, change.before.text(),
                      change.after.text());
}

void record_approval(pg::spi, const std::optional<pg::uuid>& admin, const decided_request& decided,
                     const pg::uuid& request) {
    record_decision.run(decided.type, request, admin, decided.action, decided.notes,
                        decided.metadata.text());
}

void audit_staff(pg::spi spi, unsigned actors, const audited_act& act, const pg::uuid& target,
                 const std::optional<std::string>& before, const std::optional<std::string>& after,
                 const std::optional<std::string>& reason) {
    if ((actors & core::as_system) != 0)
        audit(spi, act, target, before, after, reason);
}

} // namespace driplo
