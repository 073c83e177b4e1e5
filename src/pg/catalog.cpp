#include "pg/planner_prelude.hpp"

#include "pg/catalog.hpp"

#include "core/format.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

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

// What the catalog says, read without statements: seven of them cost a new session more than its
// first order. Nor are they to_regclass() and the like, which need USAGE on schemas that may be
// somebody else's. Texts are in the current memory context.
struct facts {
    const char* version; // of the extension; null: there is none
    Oid schema;
    const char* quoted_schema;
    Oid version_table;       // invalid: there is none
    const char* table_owner; // whose it is
    Oid foreign_auth_uid;
    bool has_profiles, has_login_key, has_unique_keys;
};

// What follows up to read_facts() runs inside call() and owns nothing.

ScanKeyData equals(AttrNumber column, Oid function, Datum value) {
    ScanKeyData key;
    ScanKeyInit(&key, column, BTEqualStrategyNumber, function, value);
    return key;
}

// Calls look(row, description) for the rows of a catalog whose key has the value, by an index or,
// without one, all of them.
template <typename Look>
void each_row(Oid catalog, Oid index, ScanKeyData key, const Look& look) {
    Relation relation = table_open(catalog, AccessShareLock);
    SysScanDesc scan = systable_beginscan(relation, index, OidIsValid(index), nullptr, 1, &key);
    for (HeapTuple row = systable_getnext(scan); HeapTupleIsValid(row);
         row = systable_getnext(scan))
        look(row, RelationGetDescr(relation));
    systable_endscan(scan);
    table_close(relation, AccessShareLock);
}

const char* text_in(HeapTuple row, AttrNumber column, TupleDesc description) {
    bool is_null = true;
    const Datum value = heap_getattr(row, column, description, &is_null);
    return is_null ? "" : TextDatumGetCString(value);
}

Oid table_named(Oid schema, const char* name) {
    const Oid relation = get_relname_relid(name, schema);
    return OidIsValid(relation) && get_rel_relkind(relation) == RELKIND_RELATION ? relation
                                                                                 : InvalidOid;
}

Oid find_foreign_auth_uid(Oid auth) {
    HeapTuple row = OidIsValid(auth) ? SearchSysCache3(PROCNAMEARGSNSP, CStringGetDatum("uid"),
                                                       PointerGetDatum(buildoidvector(nullptr, 0)),
                                                       ObjectIdGetDatum(auth))
                                     : nullptr;
    if (!HeapTupleIsValid(row))
        return InvalidOid;
    const auto* function = reinterpret_cast<Form_pg_proc>(GETSTRUCT(row));
    bool is_null = true;
    const Datum source = SysCacheGetAttr(PROCNAMEARGSNSP, row, Anum_pg_proc_prosrc, &is_null);
    const bool is_foreign = !function->proretset && function->prorettype == UUIDOID && !is_null &&
                            std::strcmp(TextDatumGetCString(source), "driplo_auth_uid") != 0;
    const Oid found = is_foreign ? function->oid : InvalidOid;
    ReleaseSysCache(row);
    return found;
}

bool refers_to(Oid table, Oid other) {
    bool refers = false;
    if (OidIsValid(table) && OidIsValid(other))
        each_row(ConstraintRelationId, ConstraintRelidTypidNameIndexId,
                 equals(Anum_pg_constraint_conrelid, F_OIDEQ, ObjectIdGetDatum(table)),
                 [&](HeapTuple row, TupleDesc) {
                     const auto* key = reinterpret_cast<Form_pg_constraint>(GETSTRUCT(row));
                     refers =
                         refers || (key->contype == CONSTRAINT_FOREIGN && key->confrelid == other);
                 });
    return refers;
}

bool has_unique_key(Oid schema, const char* name, const char* column) {
    const Oid table = get_relname_relid(name, schema);
    const AttrNumber number = OidIsValid(table) ? get_attnum(table, column) : InvalidAttrNumber;
    bool is_unique = false;
    if (number != InvalidAttrNumber)
        each_row(IndexRelationId, IndexIndrelidIndexId,
                 equals(Anum_pg_index_indrelid, F_OIDEQ, ObjectIdGetDatum(table)),
                 [&](HeapTuple row, TupleDesc description) {
                     const auto* index = reinterpret_cast<Form_pg_index>(GETSTRUCT(row));
                     is_unique =
                         is_unique || (index->indisunique && index->indnkeyatts == 1 &&
                                       index->indkey.values[0] == number &&
                                       heap_attisnull(row, Anum_pg_index_indpred, description));
                 });
    return is_unique;
}

facts read_facts() {
    facts f{};
    each_row(ExtensionRelationId, ExtensionNameIndexId,
             equals(Anum_pg_extension_extname, F_NAMEEQ, CStringGetDatum("driplo")),
             [&](HeapTuple row, TupleDesc description) {
                 f.version = text_in(row, Anum_pg_extension_extversion, description);
                 f.schema = reinterpret_cast<Form_pg_extension>(GETSTRUCT(row))->extnamespace;
             });
    const char* schema = f.version ? get_namespace_name(f.schema) : nullptr;
    if (!schema)
        return {};
    f.quoted_schema = pstrdup(quote_identifier(schema));
    f.version_table = table_named(f.schema, "driplo_schema_version");
    if (OidIsValid(f.version_table))
        if (HeapTuple row = SearchSysCache1(RELOID, ObjectIdGetDatum(f.version_table))) {
            f.table_owner =
                GetUserNameFromId(reinterpret_cast<Form_pg_class>(GETSTRUCT(row))->relowner, true);
            ReleaseSysCache(row);
        }
    const Oid auth = get_namespace_oid("auth", true), profiles = table_named(f.schema, "profiles");
    f.has_profiles = OidIsValid(profiles);
    f.foreign_auth_uid = find_foreign_auth_uid(auth);
    f.has_login_key =
        refers_to(profiles, OidIsValid(auth) ? get_relname_relid("users", auth) : InvalidOid);
    f.has_unique_keys = has_unique_key(f.schema, "profiles", "id") &&
                        has_unique_key(f.schema, "profiles", "username") &&
                        has_unique_key(f.schema, "shopping_carts", "user_id") &&
                        has_unique_key(f.schema, "user_stats_summary", "user_id");
    return f;
}

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

// Whether it belongs neither to driplo nor to a superuser.
bool is_stranger(Oid owner, Oid role) {
    return role != owner && !superuser_arg(role);
}

bool can_hold_data(char kind) {
    return kind == RELKIND_RELATION || kind == RELKIND_PARTITIONED_TABLE || kind == RELKIND_VIEW ||
           kind == RELKIND_MATVIEW || kind == RELKIND_FOREIGN_TABLE || kind == RELKIND_SEQUENCE;
}

// Who is told here of a table that has changed hands, or gone, looks again before the next
// statement. True when somebody else has a table, sequence or type in the schema, whatever it is.
bool remember_tables() {
    return call([] {
        const Oid owner = get_role_oid("driplo_owner", false);
        const Datum schema = ObjectIdGetDatum(known.schema);
        bool has_strangers = false;
        table_count = 0;
        each_row(RelationRelationId, InvalidOid,
                 equals(Anum_pg_class_relnamespace, F_OIDEQ, schema),
                 [&](HeapTuple row, TupleDesc) {
                     const auto* table = reinterpret_cast<Form_pg_class>(GETSTRUCT(row));
                     if (can_hold_data(table->relkind))
                         has_strangers = has_strangers || is_stranger(owner, table->relowner);
                     if (table->relowner == owner && !table->relispartition &&
                         table_count < most_tables &&
                         (table->relkind == RELKIND_RELATION ||
                          table->relkind == RELKIND_PARTITIONED_TABLE))
                         tables[table_count++] = table->oid;
                 });
        std::sort(tables, tables + table_count);
        each_row(TypeRelationId, InvalidOid, equals(Anum_pg_type_typnamespace, F_OIDEQ, schema),
                 [&](HeapTuple row, TupleDesc) {
                     const auto* type = reinterpret_cast<Form_pg_type>(GETSTRUCT(row));
                     if (type->typtype != TYPTYPE_COMPOSITE)
                         has_strangers = has_strangers || is_stranger(owner, type->typowner);
                 });
        return has_strangers;
    });
}

std::optional<std::string> version_in(Oid table) {
    const char* version = call([&]() -> const char* {
        Relation relation = try_table_open(table, AccessShareLock);
        const AttrNumber number = relation ? get_attnum(table, "version") : InvalidAttrNumber;
        const char* found = nullptr;
        if (number != InvalidAttrNumber) {
            // a parallel query has one snapshot for all who work on it
            Snapshot latest =
                RegisterSnapshot(IsInParallelMode() ? GetActiveSnapshot() : GetLatestSnapshot());
            TupleTableSlot* slot = table_slot_create(relation, nullptr);
            TableScanDesc scan = table_beginscan(relation, latest, 0, nullptr);
            if (table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
                bool is_null = true;
                const Datum value = slot_getattr(slot, number, &is_null);
                found = is_null ? nullptr : TextDatumGetCString(value);
            }
            table_endscan(scan);
            ExecDropSingleTupleTableSlot(slot);
            UnregisterSnapshot(latest);
        }
        if (relation)
            table_close(relation, NoLock);
        return found;
    });
    return version ? std::optional<std::string>(version) : std::nullopt;
}

finding look_at(const facts& found) {
    if (!found.version)
        return {core::error{core::errors::object_not_in_prerequisite_state,
                            "extension \"driplo\" is not installed in this database",
                            {},
                            "Run CREATE EXTENSION driplo CASCADE."}};
    const std::string_view extension_version = found.version;
    remember(found.schema, found.quoted_schema, found.foreign_auth_uid);

    if (extension_version != DRIPLO_VERSION)
        return {core::error{
            core::errors::version_mismatch,
            core::format("driplo library version {} does not match extension version {}",
                         DRIPLO_VERSION, extension_version),
            "The installed package and the database were not upgraded together.",
            "Install matching files and run ALTER EXTENSION driplo UPDATE. Open sessions keep the "
            "old library until they reconnect."}};
    if (!found.table_owner)
        return {tables_missing(
                    core::format("Table {}.driplo_schema_version does not exist.", schema_name)),
                found.has_profiles};
    if (found.table_owner != std::string_view("driplo_owner"))
        return {
            core::error{core::errors::object_not_in_prerequisite_state,
                        "driplo tables are not owned by driplo_owner",
                        core::format("The owner of {}.driplo_schema_version is {}.", schema_name,
                                     found.table_owner),
                        "If a dump was restored with --no-owner, run SELECT driplo_migrate()."}};

    const auto version = version_in(found.version_table);
    if (version == extension_version) {
        if (remember_tables())
            query("SELECT private.refuse_strangers()"); // if one has the name of one of driplo's
        return {};
    }
    if (!version)
        return {no_rows(), found.has_login_key || !is_empty(found.has_profiles)};
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
    const facts found = call([] { return read_facts(); });
    finding result = look_at(found);
    if (!found.version)
        return result;
    // A restore in several sessions, or without owners, fills auth.users while the other tables
    // are in any state. It adds the foreign key from profiles to auth.users when both have their
    // rows, and a table's unique keys when that table has. So without the foreign key a sign-up is
    // a row of the dump, unless nothing else is missing: then somebody has dropped the key. With
    // it a sign-up is one, whatever has become of the other rows, and must not go without a
    // profile.
    if (!found.has_login_key && (result.problem || !found.has_unique_keys))
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
