#include "pg/planner_prelude.hpp"

#include "pg/table.hpp"

#include "pg/catalog.hpp"
#include "pg/distribution.hpp"
#include "pg/known_places.hpp"

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

Oid whole_of(Relation relation) {
    return relation->rd_rel->relispartition
               ? llast_oid(get_partition_ancestors(RelationGetRelid(relation)))
               : RelationGetRelid(relation);
}

bool is_plain_table(Relation relation) {
    return relation->rd_rel->relkind == RELKIND_RELATION &&
           relation->rd_rel->relam == HEAP_TABLE_AM_OID &&
           !is_distributed(RelationGetRelid(relation));
}

int column_number(TupleDesc description, const char* name) {
    for (int i = 0; i < description->natts; ++i) {
        const Form_pg_attribute attribute = TupleDescAttr(description, i);
        if (!attribute->attisdropped && std::strcmp(NameStr(attribute->attname), name) == 0)
            return i + 1;
    }
    return 0;
}

namespace {

// Whether every row with a value in the column is in it.
bool has_all_values(Relation index, int column) {
    List* predicate = RelationGetIndexPredicate(index);
    if (predicate == NIL)
        return true;
    const Node* only = static_cast<const Node*>(linitial(predicate));
    if (list_length(predicate) != 1 || !IsA(only, NullTest))
        return false;
    const auto* test = reinterpret_cast<const NullTest*>(only);
    return test->nulltesttype == IS_NOT_NULL && IsA(test->arg, Var) &&
           reinterpret_cast<const Var*>(test->arg)->varattno == column;
}

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
            has_all_values(index, column) &&
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

bool is_written_here(TupleTableSlot* row) {
    bool is_copy = false;
    HeapTuple found = ExecFetchSlotHeapTuple(row, false, &is_copy);
    return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetXmin(found->t_data));
}

bool has_key(TupleTableSlot* row, int column, Datum value) {
    bool is_null = true;
    const Datum key = slot_getattr(row, column, &is_null);
    if (is_null)
        return false;
    const Form_pg_attribute attribute = TupleDescAttr(row->tts_tupleDescriptor, column - 1);
    return DatumGetBool(DirectFunctionCall2Coll(attribute->atttypid == UUIDOID ? uuid_eq : texteq,
                                                attribute->attcollation, key, value));
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
    const int number = column_number(description, column_);
    if (number == 0)
        ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                        errmsg("table \"%s\" has no column \"%s\"", name_, column_)));
    const Oid index_id = primary_key_index(relation);
    if (!is_plain_table(relation) || TupleDescAttr(description, number - 1)->atttypid != BYTEAOID ||
        !OidIsValid(index_id) || TupleDescAttr(description, 0)->atttypid != TEXTOID)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("table \"%s\" has unexpected columns", name_)));

    ScanKeyData condition;
    ScanKeyEntryInitialize(&condition, 0, 1, BTEqualStrategyNumber, TEXTOID, DEFAULT_COLLATION_OID,
                           F_TEXTEQ, CStringGetTextDatum(key_));
    Snapshot latest = RegisterSnapshot(GetLatestSnapshot());
    SysScanDesc scan = systable_beginscan(relation, index_id, true, latest, 1, &condition);
    varlena* copy = nullptr;
    if (HeapTuple row = systable_getnext(scan); HeapTupleIsValid(row)) {
        bool is_null = true;
        const Datum value = heap_getattr(row, number, description, &is_null);
        MemoryContext before = MemoryContextSwitchTo(TopMemoryContext);
        if (!is_null)
            copy = pg_detoast_datum_copy(reinterpret_cast<varlena*>(DatumGetPointer(value)));
        MemoryContextSwitchTo(before);
    }
    systable_endscan(scan);
    UnregisterSnapshot(latest);
    return copy;
}

void bytea_by_name::look(Oid schema) const {
    Relation relation = open(schema);
    if (!relation)
        ereport(ERROR,
                (errcode(ERRCODE_UNDEFINED_TABLE), errmsg("table \"%s\" does not exist", name_)));
    if (!is_known_) {
        if (kept_)
            pfree(kept_);
        kept_ = nullptr;
        is_known_ =
            is_watched_; // before looking, so that a change that comes meanwhile is not lost
        kept_ = search(relation);
    }
    table_close(relation, NoLock);
}

std::optional<std::string_view> bytea_by_name::read(Oid schema) const {
    if (!is_known_ || schema != schema_)
        call([&] { look(schema); });
    if (!kept_)
        return std::nullopt;
    return std::string_view(VARDATA_ANY(kept_), VARSIZE_ANY_EXHDR(kept_));
}

// Of few columns not slot_getattr(), which takes the whole row apart up to the last of them.
void copy_columns(TupleTableSlot* slot, const int* numbers, int count, found_row& row) {
    constexpr int few = 4;
    bool is_copy = false;
    HeapTuple found = ExecFetchSlotHeapTuple(slot, false, &is_copy);
    TupleDesc description = slot->tts_tupleDescriptor;
    row.is_own = is_written_here(slot);
    for (int i = 0; i < count; ++i) {
        const Datum value = count <= few
                                ? heap_getattr(found, numbers[i], description, &row.nulls[i])
                                : slot_getattr(slot, numbers[i], &row.nulls[i]);
        const Form_pg_attribute attribute = TupleDescAttr(description, numbers[i] - 1);
        if (!row.nulls[i])
            row.values[i] = datumCopy(value, attribute->attbyval, attribute->attlen);
    }
}

namespace {

// By a policy that is added with AND to those that show rows.
bool restricts_reading(Relation relation) {
    const ListCell* cell = nullptr;
    if (relation->rd_rsdesc)
        foreach (cell, relation->rd_rsdesc->policies) {
            const auto* policy = static_cast<const RowSecurityPolicy*>(lfirst(cell));
            if (!policy->permissive && (policy->polcmd == '*' || policy->polcmd == ACL_SELECT_CHR))
                return true;
        }
    return false;
}

} // namespace

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
    if (key_number_ != 0 && is_plain_table(relation) && !relation->rd_rel->relforcerowsecurity)
        index_ = find_index(relation, key_number_);
    is_restricted_ = relation->rd_rel->relhassubclass || restricts_reading(relation);
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

bool unique_row::find_by(Datum key, Snapshot visible, Relation relation, found_row& row) const {
    TupleTableSlot* slot = table_slot_create(relation, nullptr);
    const bool is_there = find_row(relation, index_, key_number_, key, visible, slot);
    if (is_there)
        copy_to(row, slot);
    ExecDropSingleTupleTableSlot(slot);
    return is_there;
}

// A row that has got another key meanwhile is not the one.
bool unique_row::lock_by(Datum key, LockTupleMode how, Relation relation, found_row& row) const {
    TupleTableSlot* slot = table_slot_create(relation, nullptr);
    Snapshot visible = GetActiveSnapshot();
    bool is_there = find_row(relation, index_, key_number_, key, visible, slot);
    if (is_there) {
        TM_FailureData failure;
        ItemPointerData place = slot->tts_tid;
        is_there =
            table_tuple_lock(relation, &place, visible, slot, GetCurrentCommandId(true), how,
                             LockWaitBlock, TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure) == TM_Ok;
    }
    is_there = is_there && has_key(slot, key_number_, key);
    if (is_there) {
        remember_place(relation, key_number_, slot);
        copy_to(row, slot);
    }
    ExecDropSingleTupleTableSlot(slot);
    return is_there;
}

namespace {

// Whether there is one to be popped afterwards.
bool push_snapshot(snapshot which) {
    if (which == snapshot::of_query && ActiveSnapshotSet())
        return false;
    CommandCounterIncrement();
    PushActiveSnapshot(which == snapshot::latest ? GetLatestSnapshot() : GetTransactionSnapshot());
    return true;
}

} // namespace

std::optional<found_row> unique_row::find(Datum key, snapshot which, bool of_shown) const {
    const Oid schema = current_installation().schema;
    found_row row{};
    const bool is_there = call([&] {
        Relation relation = open_known(schema, AccessShareLock, unique_index_of);
        if (!relation)
            return false;
        bool found = false;
        if (!of_shown || !is_restricted_) {
            const bool is_pushed = push_snapshot(which);
            found = find_by(key, GetActiveSnapshot(), relation, row);
            if (is_pushed)
                PopActiveSnapshot();
        }
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

void rows_of::visit_by(Datum key, Relation relation, void* with,
                       bool (*one)(void*, const found_row&)) const {
    Relation index = index_open(index_, AccessShareLock);
    TupleTableSlot* slot = table_slot_create(relation, nullptr);
    IndexScanDesc scan = scan_for(relation, index, GetActiveSnapshot(), key);
    bool wants_more = true;
    while (wants_more && index_getnext_slot(scan, ForwardScanDirection, slot)) {
        CHECK_FOR_INTERRUPTS();
        found_row row{};
        copy_to(row, slot);
        wants_more = one(with, row);
    }
    index_endscan(scan);
    ExecDropSingleTupleTableSlot(slot);
    unlock_scanned(index);
}

bool rows_of::visit(Datum key, snapshot which, void* with,
                    bool (*one)(void*, const found_row&)) const {
    const Oid schema = current_installation().schema;
    return call([&] {
        Relation relation = open_known(schema, AccessShareLock, any_index_of);
        if (!relation)
            return false;
        const bool can_be_asked = which != snapshot::of_query || !is_restricted_;
        if (can_be_asked) {
            const bool is_pushed = push_snapshot(which);
            visit_by(key, relation, with, one);
            if (is_pushed)
                PopActiveSnapshot();
        }
        table_close(relation, AccessShareLock);
        return can_be_asked;
    });
}

std::optional<bool> whole_table::look(Oid schema) const {
    Relation relation = open(schema);
    if (!relation)
        return std::nullopt;
    is_known_ = is_watched_;
    std::optional<bool> is_empty;
    const Form_pg_class form = relation->rd_rel;
    if (is_plain_table(relation) && !form->relforcerowsecurity && !form->relhassubclass) {
        CommandCounterIncrement();
        PushActiveSnapshot(GetTransactionSnapshot());
        TupleTableSlot* slot = table_slot_create(relation, nullptr);
        TableScanDesc scan = table_beginscan(relation, GetActiveSnapshot(), 0, nullptr);
        is_empty = !table_scan_getnextslot(scan, ForwardScanDirection, slot);
        table_endscan(scan);
        ExecDropSingleTupleTableSlot(slot);
        PopActiveSnapshot();
    }
    table_close(relation, AccessShareLock);
    return is_empty;
}

std::optional<bool> whole_table::is_empty() const {
    const Oid schema = current_installation().schema;
    return call([&] { return look(schema); });
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
