#include "pg/planner_prelude.hpp"

#include "pg/written_table.hpp"

#include "pg/settings.hpp"

#include <cstring>

namespace driplo::pg {

namespace {

bool is_plain_index(Relation index) {
    return !index->rd_index->indisexclusion && index->rd_index->indisvalid &&
           index->rd_index->indisready;
}

bool is_plain_table(Relation relation) {
    const Form_pg_class form = relation->rd_rel;
    const TupleConstr* rules = RelationGetDescr(relation)->constr;
    return form->relkind == RELKIND_RELATION && form->relam == HEAP_TABLE_AM_OID &&
           !form->relispartition && !form->relhassubclass && !form->relhasrules &&
           !form->relforcerowsecurity && !(rules && rules->has_generated_stored);
}

} // namespace

// A foreign key of one column to a uuid, that is looked for when the row is written.
struct written_table::reference {
    int trigger; // that would look for it
    int column;
    Oid table, index;
    int key;
    bool is_locked; // the row of this value, since the statement began
    pg_uuid_t value;
};

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
    ExecOpenIndices(target, false);
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
            if (key->conoid == trigger.tgconstraint && key->nkeys == 1 &&
                key->confrelid != RelationGetRelid(relation) &&
                get_opcode(key->conpfeqop[0]) == F_UUID_EQ)
                kept_->references[kept_->reference_count++] = {i,
                                                               key->conkey[0],
                                                               key->confrelid,
                                                               trigger.tgconstrindid,
                                                               key->confkey[0],
                                                               false,
                                                               {}};
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
    kept_->is_usable = is_plain_table(relation);
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
    for (int i = 0; i < kept_->index_count; ++i) {
        target->ri_IndexRelationDescs[i] = index_open(kept_->indexes[i], RowExclusiveLock);
        // what an index keeps between the rows of a statement
        target->ri_IndexRelationInfo[i]->ii_AmCache = nullptr;
        target->ri_IndexRelationInfo[i]->ii_Context = CurrentMemoryContext;
    }
    for (int i = 0; i < kept_->reference_count; ++i)
        kept_->references[i].is_locked = false;
    AfterTriggerBeginQuery();
    capture_ = MakeTransitionCaptureState(target->ri_TrigDesc, RelationGetRelid(relation), command);
}

void written_table::end(Relation relation) const {
    EState* state = kept_->state;
    ResultRelInfo* target = kept_->target;
    AfterTriggerEndQuery(state);
    capture_ = nullptr;
    for (int i = 0; i < kept_->index_count; ++i) {
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
bool written_table::lock_referenced_row(const reference& of, Datum value) const {
    Relation table = try_table_open(of.table, RowShareLock);
    if (!table)
        return false;
    bool is_there = false;
    if (table->rd_rel->relkind == RELKIND_RELATION && table->rd_rel->relam == HEAP_TABLE_AM_OID) {
        Relation index = index_open(of.index, AccessShareLock);
        TupleTableSlot* slot = table_slot_create(table, nullptr);
        Snapshot visible = GetActiveSnapshot();
        IndexScanDesc scan = scan_for(table, index, visible, value);
        if (index_getnext_slot(scan, ForwardScanDirection, slot)) {
            TM_FailureData failure;
            ItemPointerData place = slot->tts_tid;
            is_there = table_tuple_lock(table, &place, visible, slot, kept_->state->es_output_cid,
                                        LockTupleKeyShare, LockWaitBlock,
                                        TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure) == TM_Ok;
            is_there = is_there && has_key(index, slot, of.key, value);
        }
        index_endscan(scan);
        ExecDropSingleTupleTableSlot(slot);
        index_close(index, NoLock);
    }
    table_close(table, NoLock);
    return is_there;
}

bool written_table::has_referenced_row(reference& of) const {
    bool is_null = true;
    const Datum value = slot_getattr(kept_->row, of.column, &is_null);
    if (is_null)
        return true;
    const pg_uuid_t* key = DatumGetUUIDP(value);
    if (of.is_locked && std::memcmp(&of.value, key, UUID_LEN) == 0)
        return true;
    of.is_locked = lock_referenced_row(of, value);
    of.value = *key;
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
