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

// One row, the extension's, or none.
constexpr const char* find_extension = R"(
    SELECT e.extversion::text, e.extnamespace::bigint, quote_ident(n.nspname)::text,
           to_regclass(format('%I.driplo_schema_version', n.nspname)) IS NOT NULL,
           (SELECT p.oid::bigint FROM pg_catalog.pg_proc p
             WHERE p.oid = to_regprocedure('auth.uid()') AND p.prosrc <> 'driplo_auth_uid')
      FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'driplo')";

rows query(const char* sql) {
    call([&] {
        const int code = SPI_execute(sql, true, 0);
        if (code < 0)
            elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
    });
    return {SPI_tuptable, SPI_processed};
}

void require_versions_to_match(const std::string& extension_version) {
    if (extension_version != DRIPLO_VERSION)
        throw core::error{
            core::errors::version_mismatch,
            fmt::format("the driplo library is version {} but the extension in this database is version {}",
                        DRIPLO_VERSION, extension_version),
            "The installed package and the database were not upgraded together.",
            "Install matching files and run: ALTER EXTENSION driplo UPDATE; sessions that are open keep "
            "the old library until they reconnect."};

    const std::string sql =
        fmt::format("SELECT version FROM {}.driplo_schema_version", known.quoted_schema);
    const std::string tables = query(sql.c_str()).value<std::string>().value_or("unknown");
    if (tables != extension_version)
        throw core::error{
            core::errors::version_mismatch,
            fmt::format("the driplo extension is version {} but the tables of this database are version {}",
                        extension_version, tables),
            "An older dump was restored, or an update did not finish.", "Run: SELECT driplo_migrate()"};
}

void refresh() {
    // An invalidation that arrives while we look must not be lost: it sets this back to false.
    valid = true;
    try {
        session spi;
        const rows found = query(find_extension);
        if (found.empty())
            throw core::error{core::errors::object_not_in_prerequisite_state,
                              "extension driplo is not installed in this database",
                              {},
                              "Run: CREATE EXTENSION driplo CASCADE"};
        const std::string version = found.value<std::string>(1).value_or("");
        const std::string quoted = found.value<std::string>(3).value_or("");
        std::strncpy(schema_name, quoted.c_str(), sizeof schema_name - 1);
        known.schema = static_cast<Oid>(found.value<std::int64_t>(2).value_or(InvalidOid));
        known.foreign_auth_uid = static_cast<Oid>(found.value<std::int64_t>(5).value_or(InvalidOid));
        ++known.generation;
        if (!found.value<bool>(4).value_or(false))
            throw core::error{core::errors::object_not_in_prerequisite_state,
                              "the tables of driplo are missing in this database",
                              fmt::format("There is no table {}.driplo_schema_version.", schema_name),
                              "Finish restoring the dump, or drop and create the extension again."};
        require_versions_to_match(version);
    } catch (...) {
        valid = false;
        throw;
    }
}

}  // namespace

const installation& current_installation() {
    if (!valid)
        refresh();
    return known;
}

void watch_catalog() {
    CacheRegisterSyscacheCallback(PROCOID, forget, Datum{0});
    CacheRegisterSyscacheCallback(NAMESPACEOID, forget, Datum{0});
}

}  // namespace driplo::pg
