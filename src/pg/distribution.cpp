#include "pg/planner_prelude.hpp"

#include "pg/distribution.hpp"

namespace driplo::pg {

// Of the server: all of it runs inside call() or in the server's own frames, and owns nothing.

bool is_distributed(Oid relation) {
    const Oid tables = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
    if (!OidIsValid(tables))
        return false;
    const Oid index =
        get_relname_relid("pg_dist_partition_logical_relid_index", PG_CATALOG_NAMESPACE);
    Relation known = table_open(tables, AccessShareLock);
    ScanKeyData key;
    ScanKeyInit(&key, get_attnum(tables, "logicalrelid"), BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(relation));
    SysScanDesc scan = systable_beginscan(known, index, OidIsValid(index), nullptr, 1, &key);
    const bool is_it = HeapTupleIsValid(systable_getnext(scan));
    systable_endscan(scan);
    table_close(known, AccessShareLock);
    return is_it;
}

namespace {

bool came_after_citus = false;

// Of Citus, and empty: a statement that writes it is one of this server in a transaction of
// several.
Oid table_of_commits() {
    if (!OidIsValid(get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE)))
        return InvalidOid;
    const Oid schema = get_namespace_oid("private", true);
    return OidIsValid(schema) ? get_relname_relid("distributed_commits", schema) : InvalidOid;
}

// A worker has an identity of the coordinator's transaction, and is told by it how to commit.
bool is_coordinator() {
    const Oid groups = get_relname_relid("pg_dist_local_group", PG_CATALOG_NAMESPACE);
    if (!OidIsValid(groups))
        return false;
    Relation known = table_open(groups, AccessShareLock);
    SysScanDesc scan = systable_beginscan(known, InvalidOid, false, nullptr, 0, nullptr);
    HeapTuple row = systable_getnext(scan);
    bool is_null = true;
    const Datum group = HeapTupleIsValid(row) ? heap_getattr(row, get_attnum(groups, "groupid"),
                                                             RelationGetDescr(known), &is_null)
                                              : Datum{0};
    const bool is_it = !is_null && DatumGetInt32(group) == 0;
    systable_endscan(scan);
    table_close(known, AccessShareLock);
    return is_it;
}

// Whoever may make a schema could make a table of that name where driplo is not, and with a trigger
// of it be the superuser.
bool is_of_extension(Oid table) {
    const Oid extension = get_extension_oid("driplo", true);
    return OidIsValid(extension) && getExtensionOfObject(RelationRelationId, table) == extension;
}

bool has_used_other_servers() {
    const Oid function = GetSysCacheOid3(
        PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("get_current_transaction_id"),
        PointerGetDatum(buildoidvector(nullptr, 0)), ObjectIdGetDatum(PG_CATALOG_NAMESPACE));
    if (!OidIsValid(function))
        return false;
    bool is_null = true;
    const Datum number = GetAttributeByName(DatumGetHeapTupleHeader(OidFunctionCall0(function)),
                                            "transaction_number", &is_null);
    return !is_null && DatumGetInt64(number) != 0;
}

void commit_together(XactEvent event, void*) {
    if (event != XACT_EVENT_PRE_COMMIT || !OidIsValid(MyDatabaseId) ||
        !TransactionIdIsValid(GetTopTransactionIdIfAny()))
        return;
    const Oid table = table_of_commits();
    if (!OidIsValid(table) || !is_of_extension(table) || !has_used_other_servers() ||
        !is_coordinator())
        return;
    Oid user = InvalidOid;
    int context = 0;
    GetUserIdAndSecContext(&user, &context);
    SetUserIdAndSecContext(BOOTSTRAP_SUPERUSERID, context | SECURITY_LOCAL_USERID_CHANGE);
    const bool was_read_only = XactReadOnly;
    XactReadOnly = false; // what was written before SET TRANSACTION READ ONLY counts
    PushActiveSnapshot(GetTransactionSnapshot());
    SPI_connect();
    if (SPI_execute("DELETE FROM private.distributed_commits", false, 0) != SPI_OK_DELETE)
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                        errmsg("could not prepare the commit on several servers")));
    SPI_finish();
    PopActiveSnapshot();
    XactReadOnly = was_read_only;
    SetUserIdAndSecContext(user, context);
}

} // namespace

void watch_distributed_commits() {
    came_after_citus = process_shared_preload_libraries_in_progress &&
                       GetConfigOption("citus.version", true, false);
    RegisterXactCallback(commit_together, nullptr);
}

bool is_loaded_after_citus() {
    return came_after_citus;
}

} // namespace driplo::pg
