#include "pg/catalog.hpp"

#include "pg/spi.hpp"

#include <fmt/format.h>

#include <cstring>

namespace driplo::pg {

namespace {

char schema_name[2 * NAMEDATALEN + 3];
installation known{InvalidOid, schema_name, InvalidOid, 0};
bool valid = false;

void forget(Datum, int, uint32) { valid = false; }

// One row, the extension's, or none. auth.uid() is looked up in the catalog and not by to_regprocedure():
// that needs USAGE on schema auth, which driplo_owner does not have where the schema is somebody else's.
constexpr const char* find_extension = R"(
    SELECT e.extversion::pg_catalog.text, e.extnamespace::bigint, pg_catalog.quote_ident(n.nspname)::pg_catalog.text,
           EXISTS (SELECT FROM pg_catalog.pg_class c
                    WHERE c.relnamespace = e.extnamespace AND c.relname = 'driplo_schema_version' AND c.relkind = 'r'
                      AND c.relowner = (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = 'driplo_owner')),
           (SELECT p.oid::bigint FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace a ON a.oid = p.pronamespace
             WHERE a.nspname = 'auth' AND p.proname = 'uid' AND p.pronargs = 0 AND p.prosrc <> 'driplo_auth_uid')
      FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'driplo')";

// What is found here is trusted for the rest of the session, whichever function asks first. So the caller's
// search_path, with operators and functions of the caller's own, must have no say, nor the caller's rights on
// the two places that are read: the catalog and the table of the version.
class trusted_scope {
public:
    trusted_scope() {
        GetUserIdAndSecContext(&user_, &context_);
        level_ = call([] {
            const int level = NewGUCNestLevel();
            set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
                              GUC_ACTION_SAVE, true, 0, false);
            return level;
        });
        SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID,
                               context_ | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
    }
    ~trusted_scope() {
        SetUserIdAndSecContext(user_, context_);
        AtEOXact_GUC(true, level_);
    }
    trusted_scope(const trusted_scope&) = delete;
    trusted_scope& operator=(const trusted_scope&) = delete;

private:
    int level_ = 0;
    Oid user_ = InvalidOid;
    int context_ = 0;
};

rows query(const char* sql) {
    call([&] {
        const int code = SPI_execute(sql, true, 0);
        if (code < 0)
            elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
    });
    return {SPI_tuptable, SPI_processed};
}

// What current_installation() throws, or nothing when all is well. `loaded` is false while the table of the
// version is missing or empty: before and during a restore.
struct finding {
    std::optional<core::error> problem;
    bool loaded = true;
};

finding look() {
    const trusted_scope scope;
    session spi;
    const rows found = query(find_extension);
    if (found.empty())
        return {core::error{core::errors::object_not_in_prerequisite_state,
                            "extension driplo is not installed in this database",
                            {},
                            "Run: CREATE EXTENSION driplo CASCADE"}};
    const std::string extension_version = found.value<std::string>(1).value_or("");
    const std::string quoted = found.value<std::string>(3).value_or("");
    const bool has_tables = found.value<bool>(4).value_or(false);
    std::strncpy(schema_name, quoted.c_str(), sizeof schema_name - 1);
    known.schema = static_cast<Oid>(found.value<std::int64_t>(2).value_or(InvalidOid));
    known.foreign_auth_uid = static_cast<Oid>(found.value<std::int64_t>(5).value_or(InvalidOid));
    ++known.generation;

    if (extension_version != DRIPLO_VERSION)
        return {core::error{
            core::errors::version_mismatch,
            fmt::format("the driplo library is version {} but the extension in this database is version {}",
                        DRIPLO_VERSION, extension_version),
            "The installed package and the database were not upgraded together.",
            "Install matching files and run: ALTER EXTENSION driplo UPDATE; sessions that are open keep "
            "the old library until they reconnect."}};
    if (!has_tables)
        return {core::error{core::errors::object_not_in_prerequisite_state,
                            "the tables of driplo are missing in this database",
                            fmt::format("There is no table {}.driplo_schema_version that belongs to driplo_owner.",
                                        schema_name),
                            "Finish restoring the dump, or drop and create the extension again."},
                false};

    const std::string sql = fmt::format("SELECT version FROM ONLY {}.driplo_schema_version", schema_name);
    const auto tables = query(sql.c_str()).value<std::string>();
    if (tables != extension_version)
        return {core::error{
                    core::errors::version_mismatch,
                    fmt::format("the driplo extension is version {} but the tables of this database are version {}",
                                extension_version, tables.value_or("unknown")),
                    "An older dump was restored, or an update did not finish.",
                    "Run: SELECT driplo_migrate(); where that refuses, install a driplo that is at least as new "
                    "as the tables."},
                tables.has_value()};
    return {};
}

finding refresh() {
    // An invalidation that arrives while we look must not be lost: it sets this back to false.
    valid = true;
    try {
        finding found = look();
        if (found.problem)
            valid = false;
        return found;
    } catch (...) {
        valid = false;
        throw;
    }
}

}  // namespace

const installation& current_installation() {
    if (!valid)
        if (const finding found = refresh(); found.problem)
            throw *found.problem;
    return known;
}

bool tables_are_loaded() { return valid || refresh().loaded; }

void watch_catalog() {
    CacheRegisterSyscacheCallback(PROCOID, forget, Datum{0});
    CacheRegisterSyscacheCallback(NAMESPACEOID, forget, Datum{0});
}

}  // namespace driplo::pg
