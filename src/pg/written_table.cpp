#include "pg/planner_prelude.hpp"

#include "pg/written_table.hpp"

#include "pg/known_places.hpp"
#include "pg/settings.hpp"

#include <cstring>

namespace driplo::pg {

namespace {

bool is_plain_index(Relation index) {
    return !index->rd_index->indisexclusion && index->rd_index->indisvalid &&
           index->rd_index->indisready;
}

bool can_be_written(Relation relation) {
    const Form_pg_class form = relation->rd_rel;
    const TupleConstr* rules = RelationGetDescr(relation)->constr;
    return is_plain_table(relation) && !form->relispartition && !form->relhassubclass &&
           !form->relhasrules && !form->relforcerowsecurity &&
           !(rules && rules->has_generated_stored);
}

} // namespace

// A foreign key of one or two columns to uuids, that is looked for when the row is written.
struct written_table::reference {
    static constexpr int most_columns = 2;

    int trigger; // that would look for it
    int count;   // of columns
    int columns[most_columns];
    Oid table, index;
    int keys[most_columns];
    // The row of these values, since the statement began and with that command number: what a
    // trigger has written in between has a later one.
    bool is_locked;
    CommandId locked_at;
    pg_uuid_t values[most_columns];
};

namespace {

// The column of a primary key that is one uuid; else 0.
int simple_key_of(Relation relation) {
    const Oid id = primary_key_index(relation);
    if (!OidIsValid(id))
        return 0;
    Relation index = index_open(id, AccessShareLock);
    const bool is_simple = index->rd_index->indnkeyatts == 1 && index->rd_opcintype[0] == UUIDOID;
    const int column = is_simple ? index->rd_index->indkey.values[0] : 0;
    index_close(index, AccessShareLock);
    return column;
}

bool is_last_version(TupleTableSlot* row) {
    bool is_copy = false;
    const HeapTupleHeader header = ExecFetchSlotHeapTuple(row, false, &is_copy)->t_data;
    return (header->t_infomask & HEAP_XMAX_INVALID) != 0 ||
           HEAP_XMAX_IS_LOCKED_ONLY(header->t_infomask);
}

// As all are, but for those that say MATCH FULL.
bool is_simple_match(Oid constraint) {
    HeapTuple row = SearchSysCache1(CONSTROID, ObjectIdGetDatum(constraint));
    if (!HeapTupleIsValid(row))
        return false;
    const bool is_simple = reinterpret_cast<Form_pg_constraint>(GETSTRUCT(row))->confmatchtype ==
                           FKCONSTR_MATCH_SIMPLE;
    ReleaseSysCache(row);
    return is_simple;
}

} // namespace

bool written_table::explain_reference(const ForeignKeyCacheInfo& key, reference& found) {
    found.count = key.nkeys;
    found.table = key.confrelid;
    if (key.nkeys > reference::most_columns || key.confrelid == key.conrelid ||
        (key.nkeys > 1 && !is_simple_match(key.conoid)))
        return false;
    for (int i = 0; i < key.nkeys; ++i) {
        if (get_opcode(key.conpfeqop[i]) != F_UUID_EQ)
            return false;
        found.columns[i] = key.conkey[i];
        found.keys[i] = key.confkey[i];
    }
    return true;
}

// Other sessions' commits are not seen under REPEATABLE READ, and SERIALIZABLE keeps records of
// what statements do; replication does not fire the triggers.
bool written_table::can_write_now() const {
    return writing_ == 0 && settings::direct_writes && !IsolationUsesXactSnapshot() &&
           !XactReadOnly && !IsInParallelMode() &&
           SessionReplicationRole == SESSION_REPLICATION_ROLE_ORIGIN;
}

// Of the server from here on.

void written_table::look_at_indexes() const {
    ResultRelInfo* target = kept_->target;
    ExecOpenIndices(target, may_conflict_);
    kept_->index_count = target->ri_NumIndices;
    kept_->indexes = static_cast<Oid*>(palloc((kept_->index_count + 1) * sizeof(Oid)));
    for (int i = 0; i < kept_->index_count; ++i) {
        Relation index = target->ri_IndexRelationDescs[i];
        kept_->indexes[i] = RelationGetRelid(index);
        kept_->is_usable = kept_->is_usable && is_plain_index(index);
        index_close(index, RowExclusiveLock);
    }
}

// Only keys whose triggers come before everybody else's for the row. Triggers fire by their names.
void written_table::look_at_references(Relation relation) const {
    const TriggerDesc* triggers = kept_->target->ri_TrigDesc;
    const int count = triggers ? triggers->numtriggers : 0;
    kept_->references = static_cast<reference*>(palloc0((count + 1) * sizeof(reference)));
    for (int i = 0; i < count; ++i) {
        const Trigger& trigger = triggers->triggers[i];
        if (!TRIGGER_FOR_ROW(trigger.tgtype) || !TRIGGER_FOR_AFTER(trigger.tgtype) ||
            !TRIGGER_FOR_INSERT(trigger.tgtype))
            continue;
        if (!trigger.tgisinternal)
            break;
        if (trigger.tgfoid != F_RI_FKEY_CHECK_INS || trigger.tgdeferrable ||
            trigger.tgenabled != TRIGGER_FIRES_ON_ORIGIN)
            continue;
        ListCell* cell = nullptr;
        foreach (cell, RelationGetFKeyList(relation)) {
            const auto* key = static_cast<const ForeignKeyCacheInfo*>(lfirst(cell));
            reference found{};
            found.trigger = i;
            found.index = trigger.tgconstrindid;
            if (key->conoid == trigger.tgconstraint && explain_reference(*key, found))
                kept_->references[kept_->reference_count++] = found;
        }
    }
}

// Triggers and constraints ask which columns an update sets.
void written_table::explain_update(Relation relation, const char* const* set_columns,
                                   int set_count) const {
    Bitmapset* columns = nullptr;
    for (int i = 0; i < set_count; ++i) {
        const int number = column_number(RelationGetDescr(relation), set_columns[i]);
        if (number == 0)
            kept_->is_usable = false;
        columns = bms_add_member(columns, number - FirstLowInvalidHeapAttributeNumber);
    }
    set_range_table(kept_->state, RelationGetRelid(relation), columns);
    kept_->recheck = static_cast<EPQState*>(palloc0(sizeof(EPQState)));
    begin_recheck(kept_->recheck, kept_->state);
}

bool written_table::build(Relation relation, const char* const* set_columns, int set_count) const {
    if (is_known_ && is_clean_ && kept_)
        return false;
    is_known_ = is_watched_; // before looking, so that a change that comes meanwhile is not lost
    is_clean_ = false;
    if (memory_)
        MemoryContextDelete(memory_);
    memory_ = nullptr;
    kept_ = nullptr;
    memory_ =
        AllocSetContextCreate(TopMemoryContext, "driplo written table", ALLOCSET_DEFAULT_SIZES);
    MemoryContext before = MemoryContextSwitchTo(memory_);
    kept_ = static_cast<kept*>(palloc0(sizeof(kept)));
    kept_->is_usable = can_be_written(relation);
    if (kept_->is_usable) {
        EState* state = kept_->state = CreateExecutorState();
        MemoryContextSwitchTo(state->es_query_cxt);
        if (set_count > 0)
            explain_update(relation, set_columns, set_count);
        ResultRelInfo* target = kept_->target = makeNode(ResultRelInfo);
        InitResultRelInfo(target, relation, set_count > 0 ? 1 : 0, nullptr, 0);
        state->es_opened_result_relations = lappend(state->es_opened_result_relations, target);
        // or what they keep would be in the memory of the first row
        for (int i = 0; target->ri_TrigDesc && i < target->ri_TrigDesc->numtriggers; ++i)
            fmgr_info_cxt(target->ri_TrigDesc->triggers[i].tgfoid, &target->ri_TrigFunctions[i],
                          memory_);
        look_at_indexes();
        look_at_references(relation);
        kept_->id = simple_key_of(relation);
        TupleDesc description = CreateTupleDescCopyConstr(RelationGetDescr(relation));
        kept_->row = MakeTupleTableSlot(description, table_slot_callbacks(relation));
        kept_->before = MakeTupleTableSlot(description, table_slot_callbacks(relation));
    }
    MemoryContextSwitchTo(before);
    is_clean_ = true;
    return true;
}

bool written_table::is_usable(Relation relation) const {
    return kept_->is_usable && relation->rd_rel->relowner == GetUserId();
}

void written_table::begin(Relation relation, CmdType command) const {
    is_clean_ = false;
    // as in front of a statement
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
    EState* state = kept_->state;
    ResultRelInfo* target = kept_->target;
    target->ri_RelationDesc = relation;
    state->es_snapshot = GetActiveSnapshot();
    state->es_output_cid = GetCurrentCommandId(true);
    kept_->has_open_indexes = false;
    kept_->of_statement = CurrentMemoryContext;
    if (command == CMD_INSERT)
        open_indexes();
    for (int i = 0; i < kept_->reference_count; ++i)
        kept_->references[i].is_locked = false;
    AfterTriggerBeginQuery();
    capture_ = MakeTransitionCaptureState(target->ri_TrigDesc, RelationGetRelid(relation), command);
}

void written_table::open_indexes() const {
    ResultRelInfo* target = kept_->target;
    if (kept_->has_open_indexes)
        return;
    for (int i = 0; i < kept_->index_count; ++i) {
        target->ri_IndexRelationDescs[i] = index_open(kept_->indexes[i], RowExclusiveLock);
        // what an index keeps between the rows of a statement
        target->ri_IndexRelationInfo[i]->ii_AmCache = nullptr;
        target->ri_IndexRelationInfo[i]->ii_Context = kept_->of_statement;
    }
    kept_->has_open_indexes = true;
}

void written_table::end(Relation relation) const {
    EState* state = kept_->state;
    ResultRelInfo* target = kept_->target;
    AfterTriggerEndQuery(state);
    capture_ = nullptr;
    for (int i = 0; kept_->has_open_indexes && i < kept_->index_count; ++i) {
        end_index_insertions(target, i);
        index_close(target->ri_IndexRelationDescs[i], RowExclusiveLock);
    }
    // the slots of triggers hold on to the table's description
    ExecResetTupleTable(state->es_tupleTable, true);
    state->es_tupleTable = NIL;
    target->ri_TrigOldSlot = target->ri_TrigNewSlot = nullptr;
    ExecClearTuple(kept_->row);
    ExecClearTuple(kept_->before);
    state->es_snapshot = nullptr;
    PopActiveSnapshot();
    CommandCounterIncrement();
    table_close(relation, NoLock);
    is_clean_ = true;
}

// Whether the row is there, which is locked against being deleted: what the trigger does by a
// statement. A row that has got another key meanwhile is for the trigger to judge.
bool written_table::lock_referenced_row(const reference& of, const Datum* values) const {
    Relation table = try_table_open(of.table, RowShareLock);
    if (!table)
        return false;
    bool is_there = false;
    if (is_plain_table(table)) {
        TupleTableSlot* slot = table_slot_create(table, nullptr);
        bool is_found = false;
        for (int i = 0; i < of.count && !is_found; ++i)
            is_found = find_at_known_place(table, of.keys[i], values[i], GetActiveSnapshot(), slot);
        if (!is_found || !has_keys(of, slot, values))
            is_found = find_by_index(table, of, values, slot);
        is_there = is_found && lock_found_row(table, of, values, slot);
        ExecDropSingleTupleTableSlot(slot);
    }
    table_close(table, NoLock);
    return is_there;
}

bool written_table::find_by_index(Relation table, const reference& of, const Datum* values,
                                  TupleTableSlot* slot) {
    Relation index = index_open(of.index, AccessShareLock);
    // the index may have its columns in another sequence than the key
    int first = 0;
    while (first < of.count && of.keys[first] != index->rd_index->indkey.values[0])
        ++first;
    bool is_found = false;
    if (first < of.count) {
        IndexScanDesc scan = scan_for(table, index, GetActiveSnapshot(), values[first]);
        while (!is_found && index_getnext_slot(scan, ForwardScanDirection, slot))
            is_found = has_keys(of, slot, values);
        index_endscan(scan);
    }
    unlock_scanned(index);
    return is_found;
}

// What this transaction has written, and not deleted or changed again, no other one can delete.
bool written_table::lock_found_row(Relation table, const reference& of, const Datum* values,
                                   TupleTableSlot* slot) const {
    if (is_written_here(slot) && is_last_version(slot))
        return true;
    TM_FailureData failure;
    ItemPointerData place = slot->tts_tid;
    return table_tuple_lock(table, &place, GetActiveSnapshot(), slot, kept_->state->es_output_cid,
                            LockTupleKeyShare, LockWaitBlock, TUPLE_LOCK_FLAG_FIND_LAST_VERSION,
                            &failure) == TM_Ok &&
           has_keys(of, slot, values);
}

bool written_table::has_keys(const reference& of, TupleTableSlot* row, const Datum* values) {
    for (int i = 0; i < of.count; ++i)
        if (!has_key(row, of.keys[i], values[i]))
            return false;
    return true;
}

bool written_table::has_referenced_row(reference& of) const {
    Datum values[reference::most_columns];
    bool is_same = of.is_locked && of.locked_at == GetCurrentCommandId(false);
    for (int i = 0; i < of.count; ++i) {
        bool is_null = true;
        values[i] = slot_getattr(kept_->row, of.columns[i], &is_null);
        if (is_null)
            return true;
        is_same = is_same && std::memcmp(&of.values[i], DatumGetUUIDP(values[i]), UUID_LEN) == 0;
    }
    if (is_same)
        return true;
    of.is_locked = lock_referenced_row(of, values);
    of.locked_at = GetCurrentCommandId(false);
    for (int i = 0; i < of.count; ++i)
        of.values[i] = *DatumGetUUIDP(values[i]);
    return of.is_locked;
}

void written_table::queue_insert_triggers(List* unsure_indexes) const {
    ResultRelInfo* target = kept_->target;
    for (int i = 0; i < kept_->reference_count; ++i) {
        reference& each = kept_->references[i];
        target->ri_TrigDesc->triggers[each.trigger].tgenabled =
            has_referenced_row(each) ? TRIGGER_DISABLED : TRIGGER_FIRES_ON_ORIGIN;
    }
    ExecARInsertTriggers(kept_->state, target, kept_->row, unsure_indexes, capture_);
}

} // namespace driplo::pg
