#include "pg/table.hpp"

#include "pg/boundary.hpp"

namespace driplo::pg {

// Runs inside call(): palloc'd, or null when there is no such row.
static varlena* read_varlena(Oid schema, const char* table, const char* column, const char* key) {
    const Oid relation_id = get_relname_relid(table, schema);
    if (!OidIsValid(relation_id))
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table \"%s\" does not exist", table)));
    Relation relation = table_open(relation_id, AccessShareLock);
    TupleDesc description = RelationGetDescr(relation);
    const int number = SPI_fnumber(description, column);
    if (number <= 0)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("table \"%s\" has no column \"%s\"", table, column)));
    const Oid index_id = primary_key_index(relation);
    if (TupleDescAttr(description, number - 1)->atttypid != BYTEAOID || !OidIsValid(index_id) ||
        TupleDescAttr(description, 0)->atttypid != TEXTOID)
        ereport(ERROR,
                (errcode(ERRCODE_DATATYPE_MISMATCH),
                 errmsg("table \"%s\" does not have the columns that driplo made it with", table)));

    ScanKeyData condition;
    ScanKeyEntryInitialize(&condition, 0, 1, BTEqualStrategyNumber, TEXTOID, DEFAULT_COLLATION_OID,
                           F_TEXTEQ, CStringGetTextDatum(key));
    Snapshot snapshot = RegisterSnapshot(GetLatestSnapshot());
    SysScanDesc scan = systable_beginscan(relation, index_id, true, snapshot, 1, &condition);
    varlena* copy = nullptr;
    if (HeapTuple row = systable_getnext(scan); HeapTupleIsValid(row)) {
        bool is_null = true;
        const Datum value = heap_getattr(row, number, description, &is_null);
        if (!is_null)
            copy = pg_detoast_datum_copy(reinterpret_cast<varlena*>(DatumGetPointer(value)));
    }
    systable_endscan(scan);
    UnregisterSnapshot(snapshot);
    table_close(relation, AccessShareLock);
    return copy;
}

std::optional<std::string> read_bytea(Oid schema, const char* table, const char* column,
                                      const char* key) {
    const varlena* value = call([&] { return read_varlena(schema, table, column, key); });
    if (!value)
        return std::nullopt;
    return std::string(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

} // namespace driplo::pg
