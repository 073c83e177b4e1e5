#include "pg/table.hpp"

#include "pg/catalog.hpp"

#include <cstring>

namespace driplo::pg {

// Everything in here but the functions that others call runs inside call(): it owns nothing. Locks
// are kept until the transaction ends, as a statement's are.

namespace {

constexpr int most_watched = 64;
const watched_table* watched[most_watched];
int watched_count = 0;

void forget_relation(Datum, Oid relation) {
    for (int i = 0; i < watched_count; ++i)
        watched[i]->forget(relation);
}

// Those that CHECK constraints, defaults and triggers call. The cache's id is an int up to 18 and
// an enum afterwards.
template <typename CacheId>
void forget_functions(Datum, CacheId, uint32) {
    forget_relation(Datum{0}, InvalidOid);
}

} // namespace

int column_number(TupleDesc description, const char* name) {
    for (int i = 0; i < description->natts; ++i) {
        const Form_pg_attribute attribute = TupleDescAttr(description, i);
        if (!attribute->attisdropped && std::strcmp(NameStr(attribute->attname), name) == 0)
            return i + 1;
    }
    return 0;
}

namespace {

Oid index_of(Relation relation, int column, bool unique) {
    Oid found = InvalidOid;
    List* indexes = RelationGetIndexList(relation);
    ListCell* cell = nullptr;
    foreach (cell, indexes) {
        Relation index = index_open(lfirst_oid(cell), AccessShareLock);
        const Form_pg_index form = index->rd_index;
        const Oid type = index->rd_opcintype[0];
        if (form->indisvalid && !form->indcheckxmin && form->indkey.values[0] == column &&
            index->rd_rel->relam == BTREE_AM_OID && (type == UUIDOID || type == TEXTOID) &&
            TupleDescAttr(RelationGetDescr(relation), column - 1)->atttypid == type &&
            RelationGetIndexPredicate(index) == NIL &&
            (!unique || (form->indisunique && form->indnkeyatts == 1)))
            found = RelationGetRelid(index);
        index_close(index, AccessShareLock);
    }
    list_free(indexes);
    return found;
}

} // namespace

Oid unique_index_of(Relation relation, int column) {
    return index_of(relation, column, true);
}

Oid any_index_of(Relation relation, int column) {
    return index_of(relation, column, false);
}

IndexScanDesc scan_for(Relation relation, Relation index, Snapshot visible, Datum value) {
    IndexScanDesc scan = begin_index_scan(relation, index, visible, 1);
    const bool is_uuid = index->rd_opcintype[0] == UUIDOID;
    ScanKeyData condition;
    ScanKeyEntryInitialize(&condition, 0, 1, BTEqualStrategyNumber, index->rd_opcintype[0],
                           index->rd_indcollation[0], is_uuid ? F_UUID_EQ : F_TEXTEQ, value);
    index_rescan(scan, &condition, 1, nullptr, 0);
    return scan;
}

bool has_key(Relation index, TupleTableSlot* row, int column, Datum value) {
    bool is_null = true;
    const Datum key = slot_getattr(row, column, &is_null);
    if (is_null)
        return false;
    const bool is_uuid = index->rd_opcintype[0] == UUIDOID;
    return DatumGetBool(
        DirectFunctionCall2Coll(is_uuid ? uuid_eq : texteq, index->rd_indcollation[0], key, value));
}

void watch_tables() {
    CacheRegisterRelcacheCallback(forget_relation, Datum{0});
    CacheRegisterSyscacheCallback(PROCOID, forget_functions, Datum{0});
}

Relation watched_table::open(Oid schema, LOCKMODE lock) const {
    if (!is_watched_ && watched_count < most_watched) {
        watched[watched_count++] = this;
        is_watched_ = true;
    }
    // Whoever waited for the lock may have waited for the table to go, or to give its name to
    // another one: what has the name now is looked for until it is what was opened.
    for (;;) {
        if (!is_known_ || schema != schema_) {
            is_known_ = false;
            schema_ = schema;
            relation_ = get_relname_relid(name_, schema);
            if (!OidIsValid(relation_))
                return nullptr;
        }
        Relation relation = try_table_open(relation_, lock);
        if (relation && (is_known_ || get_relname_relid(name_, schema) == relation_))
            return relation;
        if (relation)
            table_close(relation, lock);
        is_known_ = false;
    }
}

varlena* bytea_by_name::search(Relation relation) const {
    TupleDesc description = RelationGetDescr(relation);
    number_ = column_number(description, column_);
    if (number_ == 0)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("table \"%s\" has no column \"%s\"", name_, column_)));
    const Oid index_id = primary_key_index(relation);
    if (TupleDescAttr(description, number_ - 1)->atttypid != BYTEAOID || !OidIsValid(index_id) ||
        TupleDescAttr(description, 0)->atttypid != TEXTOID)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("table \"%s\" has unexpected columns", name_)));

    is_known_ = is_watched_;
    ItemPointerSetInvalid(&place_);
    ScanKeyData condition;
    ScanKeyEntryInitialize(&condition, 0, 1, BTEqualStrategyNumber, TEXTOID, DEFAULT_COLLATION_OID,
                           F_TEXTEQ, CStringGetTextDatum(key_));
    Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
    SysScanDesc scan = systable_beginscan(relation, index_id, true, latest, 1, &condition);
    varlena* copy = nullptr;
    if (HeapTuple row = systable_getnext(scan); HeapTupleIsValid(row)) {
        bool is_null = true;
        const Datum value = heap_getattr(row, number_, description, &is_null);
        if (!is_null)
            copy = pg_detoast_datum_copy(reinterpret_cast<varlena*>(DatumGetPointer(value)));
        place_ = row->t_self;
    }
    systable_endscan(scan);
    UnregisterSnapshot(latest);
    return copy;
}

// Null when another version of the row is the visible one, or another row.
varlena* bytea_by_name::look_where_it_was(Relation relation) const {
    Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
    TupleTableSlot* slot = table_slot_create(relation, nullptr);
    varlena* copy = nullptr;
    if (table_tuple_fetch_row_version(relation, &place_, latest, slot)) {
        bool no_name = true, no_value = true;
        const Datum name = slot_getattr(slot, 1, &no_name),
                    value = slot_getattr(slot, number_, &no_value);
        const text* found = no_name || no_value ? nullptr : DatumGetTextPP(name);
        const std::size_t length = std::strlen(key_);
        if (found && VARSIZE_ANY_EXHDR(found) == length &&
            std::memcmp(VARDATA_ANY(found), key_, length) == 0)
            copy = pg_detoast_datum_copy(reinterpret_cast<varlena*>(DatumGetPointer(value)));
    }
    ExecDropSingleTupleTableSlot(slot);
    UnregisterSnapshot(latest);
    return copy;
}

varlena* bytea_by_name::look(Oid schema) const {
    Relation relation = open(schema);
    if (!relation)
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table \"%s\" does not exist", name_)));
    // The first block is there for as long as the table has a row; a later one may have been cut
    // off.
    varlena* value = is_known_ && ItemPointerGetBlockNumberNoCheck(&place_) == 0
                         ? look_where_it_was(relation)
                         : nullptr;
    if (!value)
        value = search(relation);
    table_close(relation, NoLock);
    return value;
}

std::optional<std::string_view> bytea_by_name::read(Oid schema) const {
    const varlena* value = call([&] { return look(schema); });
    if (!value)
        return std::nullopt;
    return std::string_view(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

void indexed_table::look_up(Relation relation, Oid (*find_index)(Relation, int)) const {
    is_known_ = is_watched_; // before looking, so that a change that comes meanwhile is not lost
    index_ = InvalidOid;
    TupleDesc description = RelationGetDescr(relation);
    for (int i = 0; i < count_; ++i) {
        numbers_[i] = column_number(description, columns_[i].name);
        if (numbers_[i] == 0)
            return;
        const Oid type = TupleDescAttr(description, numbers_[i] - 1)->atttypid;
        if (columns_[i].type == any_enum ? !type_is_enum(type) : type != columns_[i].type)
            return;
    }
    key_number_ = column_number(description, key_);
    // FORCE ROW LEVEL SECURITY is a wish to have the policies asked, the owner's too.
    if (key_number_ != 0 && relation->rd_rel->relkind == RELKIND_RELATION &&
        !relation->rd_rel->relforcerowsecurity)
        index_ = find_index(relation, key_number_);
}

Relation indexed_table::open_known(Oid schema, LOCKMODE lock,
                                   Oid (*find_index)(Relation, int)) const {
    Relation relation = open(schema, lock);
    if (!relation)
        return nullptr;
    if (!is_known_)
        look_up(relation, find_index);
    if (OidIsValid(index_))
        return relation;
    table_close(relation, NoLock);
    return nullptr;
}

// Not slot_getattr(), which takes the whole row apart up to the last of the columns.
void indexed_table::copy_columns(TupleTableSlot* slot, found_row& row) const {
    bool is_copy = false;
    HeapTuple found = ExecFetchSlotHeapTuple(slot, false, &is_copy);
    TupleDesc description = slot->tts_tupleDescriptor;
    row.is_own = TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(found->t_data));
    for (int i = 0; i < count_; ++i) {
        const Datum value = heap_getattr(found, numbers_[i], description, &row.nulls[i]);
        const Form_pg_attribute attribute = TupleDescAttr(description, numbers_[i] - 1);
        if (!row.nulls[i])
            row.values[i] = datumCopy(value, attribute->attbyval, attribute->attlen);
    }
}

bool unique_row::find_by(Datum key, Snapshot visible, Relation relation, found_row& row) const {
    Relation index = index_open(index_, AccessShareLock);
    TupleTableSlot* slot = table_slot_create(relation, nullptr);
    IndexScanDesc scan = scan_for(relation, index, visible, key);
    const bool is_there = index_getnext_slot(scan, ForwardScanDirection, slot);
    if (is_there)
        copy_columns(slot, row);
    index_endscan(scan);
    ExecDropSingleTupleTableSlot(slot);
    index_close(index, NoLock);
    return is_there;
}

// A row that has got another key meanwhile is not the one.
bool unique_row::lock_by(Datum key, LockTupleMode how, Relation relation, found_row& row) const {
    Relation index = index_open(index_, AccessShareLock);
    TupleTableSlot* slot = table_slot_create(relation, nullptr);
    Snapshot visible = GetActiveSnapshot();
    IndexScanDesc scan = scan_for(relation, index, visible, key);
    bool is_there = index_getnext_slot(scan, ForwardScanDirection, slot);
    if (is_there) {
        TM_FailureData failure;
        ItemPointerData place = slot->tts_tid;
        is_there =
            table_tuple_lock(relation, &place, visible, slot, GetCurrentCommandId(true), how,
                             LockWaitBlock, TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure) == TM_Ok;
    }
    is_there = is_there && has_key(index, slot, key_number_, key);
    if (is_there)
        copy_columns(slot, row);
    index_endscan(scan);
    ExecDropSingleTupleTableSlot(slot);
    index_close(index, NoLock);
    return is_there;
}

std::optional<found_row> unique_row::find(Datum key, snapshot which) const {
    const Oid schema = current_installation().schema;
    found_row row{};
    const bool is_there = call([&] {
        Relation relation = open_known(schema, AccessShareLock, unique_index_of);
        if (!relation)
            return false;
        const bool is_fresh = which != snapshot::of_query || !ActiveSnapshotSet();
        if (is_fresh) {
            CommandCounterIncrement();
            PushActiveSnapshot(which == snapshot::latest ? GetLatestSnapshot()
                                                         : GetTransactionSnapshot());
        }
        const bool found = find_by(key, GetActiveSnapshot(), relation, row);
        if (is_fresh)
            PopActiveSnapshot();
        table_close(relation, NoLock);
        return found;
    });
    return is_there ? std::optional<found_row>(row) : std::nullopt;
}

std::optional<found_row> unique_row::lock(const uuid& key, row_lock how) const {
    // in a read-only transaction the statement is refused as every one that locks
    if (keeps_its_snapshot() || XactReadOnly)
        return std::nullopt;
    const Oid schema = current_installation().schema;
    found_row row{};
    const bool is_there = call([&] {
        Relation relation = open_known(schema, RowShareLock, unique_index_of);
        if (!relation)
            return false;
        CommandCounterIncrement();
        PushActiveSnapshot(GetTransactionSnapshot());
        const LockTupleMode mode = how == row_lock::update          ? LockTupleExclusive
                                   : how == row_lock::no_key_update ? LockTupleNoKeyExclusive
                                                                    : LockTupleKeyShare;
        const bool found = lock_by(to_datum(key), mode, relation, row);
        PopActiveSnapshot();
        table_close(relation, NoLock);
        return found;
    });
    return is_there ? std::optional<found_row>(row) : std::nullopt;
}

bool rows_of::visit(Datum key, void* with, void (*one)(void*, const found_row&)) const {
    const Oid schema = current_installation().schema;
    return call([&] {
        Relation relation = open_known(schema, AccessShareLock, any_index_of);
        if (!relation)
            return false;
        CommandCounterIncrement();
        PushActiveSnapshot(GetTransactionSnapshot());
        Relation index = index_open(index_, AccessShareLock);
        TupleTableSlot* slot = table_slot_create(relation, nullptr);
        IndexScanDesc scan = scan_for(relation, index, GetActiveSnapshot(), key);
        while (index_getnext_slot(scan, ForwardScanDirection, slot)) {
            CHECK_FOR_INTERRUPTS();
            found_row row{};
            copy_columns(slot, row);
            one(with, row);
        }
        index_endscan(scan);
        ExecDropSingleTupleTableSlot(slot);
        index_close(index, NoLock);
        PopActiveSnapshot();
        table_close(relation, NoLock);
        return true;
    });
}

bool keeps_its_snapshot() {
    return IsolationUsesXactSnapshot();
}

bool unique_row::lacks(const uuid& key) const {
    return !find(key, snapshot::fresh) && is_known_ && OidIsValid(index_);
}

std::optional<std::string> found_row::label(int column) const {
    if (nulls[column])
        return std::nullopt;
    NameData name{};
    call([&] {
        HeapTuple label = SearchSysCache1(ENUMOID, values[column]);
        if (!HeapTupleIsValid(label))
            elog(ERROR, "cache lookup failed for enum label %u", DatumGetObjectId(values[column]));
        name = reinterpret_cast<Form_pg_enum>(GETSTRUCT(label))->enumlabel;
        ReleaseSysCache(label);
    });
    return NameStr(name);
}

bool found_row::is_ahead(int column) const {
    return nulls[column] ||
           DatumGetTimestampTz(values[column]) > GetCurrentTransactionStartTimestamp();
}

} // namespace driplo::pg
