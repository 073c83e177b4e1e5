#include "pg/catalog.hpp"

#include "core/format.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <cstring>

namespace driplo::pg {

namespace {

char schema_name[2 * NAMEDATALEN + 3];
installation known{InvalidOid, schema_name, InvalidOid, 0};
bool valid = false;
// The relations that driplo's tables are: a change of one of them is looked at.
constexpr int most_tables = 256;
Oid tables[most_tables];
int table_count = 0;
// The command that found the tables not loaded.
TimestampTz unloaded_since = 0;
CommandId unloaded_command = InvalidCommandId;

// The cache's id is an int up to 18 and an enum afterwards.
template <typename CacheId>
void forget(Datum, CacheId, uint32) {
    valid = false;
}

void forget_relation(Datum, Oid relation) {
    if (!OidIsValid(relation) || std::binary_search(tables, tables + table_count, relation))
        valid = false;
}

// One row, the extension's, or none. Everything is looked up in the catalog and not by
// to_regclass() and the like: those need USAGE on schemas that may be somebody else's.
namespace column {
enum {
    version = 1,
    schema,
    quoted_schema,
    table_owner,
    has_profiles,
    foreign_auth_uid,
    has_login_key,
    has_unique_keys
};
}
constexpr const char* find_extension = R"(
    SELECT
        e.extversion::pg_catalog.text,
        e.extnamespace::bigint,
        pg_catalog.quote_ident(n.nspname)::pg_catalog.text,
        (
            SELECT r.rolname::pg_catalog.text
            FROM pg_catalog.pg_class c
            JOIN pg_catalog.pg_roles r ON r.oid = c.relowner
            WHERE c.relnamespace = e.extnamespace
              AND c.relname = 'driplo_schema_version'
              AND c.relkind = 'r'
        ),
        EXISTS (
            SELECT FROM pg_catalog.pg_class c
            WHERE c.relnamespace = e.extnamespace
              AND c.relname = 'profiles'
              AND c.relkind = 'r'
        ),
        (
            SELECT p.oid::bigint
            FROM pg_catalog.pg_proc p
            JOIN pg_catalog.pg_namespace a ON a.oid = p.pronamespace
            WHERE a.nspname = 'auth'
              AND p.proname = 'uid'
              AND p.pronargs = 0
              AND NOT p.proretset
              AND p.prorettype = 'pg_catalog.uuid'::pg_catalog.regtype
              AND p.prosrc <> 'driplo_auth_uid'
        ),
        EXISTS (
            SELECT FROM pg_catalog.pg_constraint k
            JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
            JOIN pg_catalog.pg_class u ON u.oid = k.confrelid
            JOIN pg_catalog.pg_namespace a ON a.oid = u.relnamespace
            WHERE c.relnamespace = e.extnamespace
              AND c.relname = 'profiles'
              AND k.contype = 'f'
              AND a.nspname = 'auth'
              AND u.relname = 'users'
        ),
        (
            SELECT pg_catalog.count(DISTINCT (c.relname, a.attname)) = 4
            FROM pg_catalog.pg_index i
            JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
            JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
            WHERE c.relnamespace = e.extnamespace
              AND i.indisunique
              AND i.indnkeyatts = 1
              AND i.indpred IS NULL
              AND (c.relname, a.attname) IN (
                  ('profiles', 'id'), ('profiles', 'username'), ('shopping_carts', 'user_id'),
                  ('user_stats_summary', 'user_id')
              )
        )
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    WHERE e.extname = 'driplo')";

// What is found here is trusted for the rest of the session, whichever function asks first. So the
// caller's search_path, with operators and functions of the caller's own, must have no say, nor the
// caller's rights on the two places that are read: the catalog and the table of the version.
class trusted_scope : rights_scope {
public:
    trusted_scope() : rights_scope(BOOTSTRAP_SUPERUSERID, SECURITY_RESTRICTED_OPERATION) {}
};

// With a snapshot of now: what is kept for the session must not come from an older one, such as
// that of a REPEATABLE READ transaction.
rows query(const char* sql) {
    call([&] {
        PushActiveSnapshot(GetCatalogSnapshot(InvalidOid));
        const int code = SPI_execute(sql, true, 0);
        PopActiveSnapshot();
        if (code < 0)
            elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
    });
    return {SPI_tuptable, SPI_processed};
}

// What current_installation() throws, or nothing when all is well. `loaded` is false before and
// while a dump fills the tables.
struct finding {
    std::optional<core::error> problem;
    bool loaded = true;
};

core::error tables_missing(std::string detail) {
    return core::error{core::errors::object_not_in_prerequisite_state,
                       "driplo tables are missing in this database", std::move(detail),
                       "Finish restoring the dump, run SELECT * FROM adopt_reference() if the "
                       "tables have the reference schema, or drop and re-create the extension."};
}

void remember(Oid schema, const std::string& quoted, Oid foreign_auth_uid) {
    if (known.schema == schema && known.foreign_auth_uid == foreign_auth_uid &&
        quoted == schema_name)
        return; // kept statements stay good
    std::strncpy(schema_name, quoted.c_str(), sizeof schema_name - 1);
    known.schema = schema;
    known.foreign_auth_uid = foreign_auth_uid;
    ++known.generation;
}

core::error no_rows() {
    return core::error{core::errors::version_mismatch,
                       "version of the driplo tables in this database is missing",
                       "The row of table driplo_schema_version is missing: all tables were "
                       "truncated, or a schema-only dump was restored.",
                       "Run SELECT driplo_migrate()."};
}

bool is_empty(bool has_profiles) {
    return !has_profiles ||
           query(core::format("SELECT FROM ONLY {}.profiles LIMIT 1", schema_name).c_str()).empty();
}

// Who is told here of a table that has changed hands, or gone, looks again before the next
// statement.
void remember_tables() {
    const rows found = query(core::format(R"(
    SELECT c.oid::bigint
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace = {}
      AND c.relkind IN ('r', 'p')
      AND c.relowner = 'driplo_owner'::pg_catalog.regrole
    ORDER BY c.oid
    LIMIT {})",
                                          known.schema, most_tables)
                                 .c_str());
    table_count = 0;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        tables[table_count++] = static_cast<Oid>(*found.value<std::int64_t>(1, i));
}

finding look_at(const rows& found) {
    if (found.empty())
        return {core::error{core::errors::object_not_in_prerequisite_state,
                            "extension \"driplo\" is not installed in this database",
                            {},
                            "Run CREATE EXTENSION driplo CASCADE."}};
    const std::string extension_version = found.value<std::string>(column::version).value_or("");
    remember(
        static_cast<Oid>(found.value<std::int64_t>(column::schema).value_or(InvalidOid)),
        found.value<std::string>(column::quoted_schema).value_or(""),
        static_cast<Oid>(found.value<std::int64_t>(column::foreign_auth_uid).value_or(InvalidOid)));
    const auto table_owner = found.value<std::string>(column::table_owner);
    const bool has_profiles = found.value<bool>(column::has_profiles).value_or(false),
               has_login_key = found.value<bool>(column::has_login_key).value_or(false);

    if (extension_version != DRIPLO_VERSION)
        return {core::error{
            core::errors::version_mismatch,
            core::format("driplo library version {} does not match extension version {}",
                         DRIPLO_VERSION, extension_version),
            "The installed package and the database were not upgraded together.",
            "Install matching files and run ALTER EXTENSION driplo UPDATE. Open sessions keep the "
            "old library until they reconnect."}};
    if (!table_owner)
        return {tables_missing(
                    core::format("Table {}.driplo_schema_version does not exist.", schema_name)),
                has_profiles};
    if (table_owner != "driplo_owner")
        return {core::error{
            core::errors::object_not_in_prerequisite_state,
            "driplo tables are not owned by driplo_owner",
            core::format("The owner of {}.driplo_schema_version is {}.", schema_name, *table_owner),
            "If a dump was restored with --no-owner, run SELECT driplo_migrate()."}};

    const auto version =
        query(
            core::format("SELECT version FROM ONLY {}.driplo_schema_version", schema_name).c_str())
            .value<std::string>();
    if (version == extension_version) {
        remember_tables();
        query("SELECT private.refuse_strangers()");
        return {};
    }
    if (!version)
        return {no_rows(), has_login_key || !is_empty(has_profiles)};
    return {core::error{core::errors::version_mismatch,
                        core::format("driplo extension version {} does not match table version {}",
                                     extension_version, *version),
                        "An older dump was restored, or an update was not completed.",
                        "Run SELECT driplo_migrate(). If that fails, install a driplo version at "
                        "least as new as the tables."}};
}

finding look() {
    const trusted_scope scope;
    session spi;
    const rows found = query(find_extension);
    finding result = look_at(found);
    if (found.empty())
        return result;
    // A restore in several sessions, or without owners, fills auth.users while the other tables
    // are in any state. It adds the foreign key from profiles to auth.users when both have their
    // rows, and a table's unique keys when that table has. So without the foreign key a sign-up is
    // a row of the dump, unless nothing else is missing: then somebody has dropped the key. With
    // it a sign-up is one, whatever has become of the other rows, and must not go without a
    // profile.
    const bool has_login_key = found.value<bool>(column::has_login_key).value_or(false);
    const bool has_unique_keys = found.value<bool>(column::has_unique_keys).value_or(false);
    if (!has_login_key && (result.problem || !has_unique_keys))
        result.loaded = false;
    return result;
}

finding refresh() {
    // An invalidation that arrives while we look must not be lost: it sets this back to false.
    valid = true;
    try {
        finding found = look();
        if (found.problem || !found.loaded)
            valid = false;
        return found;
    } catch (...) {
        valid = false;
        throw;
    }
}

} // namespace

const installation& current_installation() {
    if (!valid)
        if (const finding found = refresh(); found.problem)
            throw *found.problem;
    return known;
}

bool tables_are_loaded() {
    if (valid)
        return true;
    // COPY asks for each row, a million times for a million users: one answer holds for a command.
    const TimestampTz since = GetCurrentStatementStartTimestamp();
    const CommandId command = GetCurrentCommandId(false);
    if (since == unloaded_since && command == unloaded_command)
        return false;
    const finding found = refresh();
    if (found.loaded && found.problem)
        throw *found.problem;
    if (!found.loaded) {
        unloaded_since = since;
        unloaded_command = command;
    }
    return found.loaded;
}

void watch_catalog() {
    CacheRegisterSyscacheCallback(PROCOID, forget, Datum{0});
    CacheRegisterSyscacheCallback(NAMESPACEOID, forget, Datum{0});
    CacheRegisterRelcacheCallback(forget_relation, Datum{0});
}

} // namespace driplo::pg
