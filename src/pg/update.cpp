#include "pg/planner_prelude.hpp"

#include "pg/update.hpp"

#include "pg/catalog.hpp"

namespace driplo::pg {

struct update::known_columns {
    int key;
    Oid index;
    int numbers[changed_row::most_columns];
    std::int32_t lengths[changed_row::most_columns];
};

// Everything but the last function is of the server: it runs inside call() and owns nothing.

bool changed_row::is_text(int column, std::string_view text) const {
    if (nulls_[column])
        return false;
    const varlena* value =
        pg_detoast_datum_packed(reinterpret_cast<varlena*>(DatumGetPointer(values_[column])));
    return std::string_view(VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)) == text;
}

void changed_row::set_text(int column, const char* text) {
    put(column, DirectFunctionCall3(varchar, CStringGetTextDatum(text),
                                    Int32GetDatum(lengths_[column]), BoolGetDatum(false)));
}

void update::explain_columns(Relation relation) const {
    auto* known =
        static_cast<known_columns*>(MemoryContextAllocZero(memory_, sizeof(known_columns)));
    TupleDesc description = RelationGetDescr(relation);
    known->key = column_number(description, key_);
    known->index = known->key == 0 ? InvalidOid : unique_index_of(relation, known->key);
    kept_->is_usable = kept_->is_usable && OidIsValid(known->index);
    for (int i = 0; i < column_count_; ++i) {
        known->numbers[i] = column_number(description, columns_[i].name);
        if (known->numbers[i] == 0) {
            kept_->is_usable = false;
            continue;
        }
        const Form_pg_attribute column = TupleDescAttr(description, known->numbers[i] - 1);
        known->lengths[i] = column->atttypmod;
        if (column->atttypid != columns_[i].type)
            kept_->is_usable = false;
    }
    known_ = known;
}

bool update::can_write(Relation relation) const {
    const char* names[changed_row::most_columns];
    for (int i = 0; i < column_count_; ++i)
        names[i] = columns_[i].name;
    if (build(relation, names, column_count_))
        known_ = nullptr;
    if (kept_->is_usable && !known_)
        explain_columns(relation);
    return is_usable(relation);
}

// As it is when the lock is had. One that has got another key meanwhile is not the one.
bool update::lock_row(Datum key) const {
    Relation relation = kept_->target->ri_RelationDesc;
    EState* state = kept_->state;
    Relation index = index_open(known_->index, AccessShareLock);
    IndexScanDesc scan = scan_for(relation, index, state->es_snapshot, key);
    bool is_there = index_getnext_slot(scan, ForwardScanDirection, kept_->before);
    if (is_there) {
        TM_FailureData failure;
        ItemPointerData place = kept_->before->tts_tid;
        is_there = table_tuple_lock(relation, &place, state->es_snapshot, kept_->before,
                                    state->es_output_cid, LockTupleNoKeyExclusive, LockWaitBlock,
                                    TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure) == TM_Ok;
        is_there =
            is_there && (!failure.traversed || has_key(index, kept_->before, known_->key, key));
    }
    index_endscan(scan);
    index_close(index, NoLock);
    return is_there;
}

// In the memory of the row.
bool update::set_row(std::size_t i, changer how) const {
    TupleTableSlot *slot = kept_->row, *before = kept_->before;
    slot_getallattrs(before);
    ExecClearTuple(slot);
    for (int n = 0; n < slot->tts_tupleDescriptor->natts; ++n) {
        slot->tts_values[n] = before->tts_values[n];
        slot->tts_isnull[n] = before->tts_isnull[n];
    }
    changed_row row;
    for (int n = 0; n < column_count_; ++n) {
        row.lengths_[n] = known_->lengths[n];
        row.values_[n] = slot->tts_values[known_->numbers[n] - 1];
        row.nulls_[n] = slot->tts_isnull[known_->numbers[n] - 1];
    }
    if (!how.change(how.with, i, row))
        return false;
    for (int n = 0; n < column_count_; ++n) {
        slot->tts_values[known_->numbers[n] - 1] = row.values_[n];
        slot->tts_isnull[known_->numbers[n] - 1] = row.nulls_[n];
    }
    ExecStoreVirtualTuple(slot);
    slot->tts_tableOid = relation_;
    ExecMaterializeSlot(slot);
    return true;
}

// As ExecUpdate() does; false when a BEFORE trigger wants no change.
bool update::write_row() const {
    ResultRelInfo* target = kept_->target;
    EState* state = kept_->state;
    Relation relation = target->ri_RelationDesc;
    ItemPointerData place = kept_->before->tts_tid;
    const TriggerDesc* triggers = target->ri_TrigDesc;
    if (triggers && triggers->trig_update_before_row &&
        !fire_before_update(state, kept_->recheck, target, &place, kept_->row))
        return false;
    kept_->row->tts_tableOid = relation_;
    if (RelationGetDescr(relation)->constr)
        ExecConstraints(target, kept_->row, state);
    TM_FailureData failure;
    bool writes_indexes = false, only_summarizing = false;
    const TM_Result result = update_row(relation, &place, kept_->row, state, &failure,
                                        &writes_indexes, &only_summarizing);
    if (result != TM_Ok)
        ereport(ERROR, (errcode(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION),
                        errmsg("tuple to be updated was already modified by an operation triggered "
                               "by the current command"),
                        errhint("Consider using an AFTER trigger instead of a BEFORE trigger to "
                                "propagate changes to other rows.")));
    List* unsure = writes_indexes && kept_->index_count > 0
                       ? update_index_entries(target, kept_->row, state, only_summarizing)
                       : NIL;
    ExecARUpdateTriggers(state, target, nullptr, nullptr, &place, nullptr, kept_->row, unsure,
                         capture_, false);
    list_free(unsure);
    return true;
}

// Negative when the table has to be written by a statement.
std::int64_t update::write(Oid schema, const Datum* keys, std::size_t count, changer how) const {
    Relation relation = open(schema, RowExclusiveLock);
    if (!relation)
        return -1;
    if (!can_write(relation)) {
        table_close(relation, NoLock);
        return -1;
    }
    CheckCmdReplicaIdentity(relation, CMD_UPDATE);
    begin(relation, CMD_UPDATE);
    std::int64_t written = 0;
    MemoryContext of_caller = CurrentMemoryContext;
    ExecBSUpdateTriggers(kept_->state, kept_->target);
    for (std::size_t row = 0; row < count; ++row) {
        CHECK_FOR_INTERRUPTS();
        ResetPerTupleExprContext(kept_->state);
        MemoryContextSwitchTo(GetPerTupleMemoryContext(kept_->state));
        if (lock_row(keys[row]) && set_row(row, how) && write_row())
            ++written;
        ExecClearTuple(kept_->before);
        MemoryContextSwitchTo(of_caller);
    }
    ExecASUpdateTriggers(kept_->state, kept_->target, capture_);
    end(relation);
    return written;
}

std::optional<std::uint64_t> update::write(const std::vector<Datum>& keys, changer how) const {
    if (!can_write_now())
        return std::nullopt;
    const Oid schema = current_installation().schema;
    const frame here(*this);
    const std::int64_t written = call([&] { return write(schema, keys.data(), keys.size(), how); });
    return written < 0 ? std::nullopt : std::optional<std::uint64_t>(written);
}

} // namespace driplo::pg
