// Administration: the version, who is an admin, and how somebody becomes one.
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "pg/catalog.hpp"
#include "pg/distribution.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/report.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan find_by_email{R"(
    SELECT id, role::text = 'admin'
    FROM {s}.profiles
    WHERE email = $1 AND deleted_at IS NULL
    FOR NO KEY UPDATE)"};
const pg::plan known_actor{"SELECT id FROM {s}.profiles WHERE id = $1"};
const pg::plan make_admin{R"(
    UPDATE {s}.profiles SET role = 'admin', is_admin = true WHERE id = $1)",
                          pg::writes{"profiles"}};
void record_promotion(pg::spi spi, const pg::uuid& user, const pg::uuid& actor,
                      const std::string& email, bool is_bootstrap) {
    pg::json_object metadata, before, after;
    metadata.add("email", email);
    metadata.add("role", std::string("admin"));
    if (is_bootstrap)
        metadata.add("bootstrap", true);
    record_approval(spi, actor, {"user_promotion", "approve", "Promoted to admin role", metadata},
                    user);
    before.add("is_admin", false);
    after.add("role", std::string("admin"));
    after.add("is_admin", true);
    audit(spi, actor, {"promote_to_admin", "profile", before, after}, user);
}

void promote_to_admin(const std::string& email) {
    pg::session spi;
    const auto caller = pg::actor();
    // Rights before anything else: who may not promote must not learn which addresses exist.
    if (!pg::is_service() && !(caller && is_admin(*caller)))
        throw core::error{
            core::errors::insufficient_privilege,
            "only an admin or the service can promote a user",
            {},
            "Promote the first admin on the server, connected as the database owner."};

    const pg::rows found = find_by_email.run(email);
    if (found.empty())
        throw core::error{core::errors::no_data_found,
                          "no user has this e-mail address",
                          {},
                          "E-mail addresses are case-sensitive."};
    if (found.count() > 1)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "more than one user has this e-mail address"};
    const auto user = *found.value<pg::uuid>(1);
    if (found.value<bool>(2).value_or(false)) {
        pg::notice("user is already an admin, skipping");
        return;
    }

    // From a console there is no caller: the promoted user then stands for it.
    const auto actor = caller ? known_actor.run(*caller).value<pg::uuid>() : std::nullopt;
    make_admin.run(user);
    record_promotion(spi, user, actor.value_or(user), email, !actor.has_value());
}

} // namespace

// driplo_version() -> text
DRIPLO_FUNCTION(driplo_version) {
    return pg::to_datum(std::string_view(DRIPLO_VERSION));
}

// private.is_distributed(relation oid) -> boolean
DRIPLO_FUNCTION(driplo_is_distributed) {
    const Oid relation = PG_GETARG_OID(0);
    return BoolGetDatum(pg::call([&] { return pg::is_distributed(relation); }));
}

// private.is_loaded_after_citus() -> boolean
DRIPLO_FUNCTION(driplo_is_loaded_after_citus) {
    return BoolGetDatum(pg::is_loaded_after_citus());
}

// private.require_own_tables() -> void
DRIPLO_FUNCTION(driplo_require_own_tables) {
    pg::current_installation();
    return pg::nothing();
}

// is_admin(user_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_is_admin) {
    const auto user = pg::argument<pg::uuid>(fcinfo, 0);
    return pg::to_datum(user && may_ask_about(*user) && is_admin(*user));
}

// promote_to_admin(user_email text) -> void
DRIPLO_FUNCTION(driplo_promote_to_admin) {
    promote_to_admin(pg::required<std::string>(fcinfo, 0, "user_email"));
    return pg::nothing();
}

} // namespace driplo
