#include "pg/planner_prelude.hpp"

#include "pg/update.hpp"

#include "pg/catalog.hpp"
#include "pg/known_places.hpp"

namespace driplo::pg {

struct update::known_columns {
    int key;
    Oid index;
    int numbers[changed_row::most_columns];
    std::int32_t lengths[changed_row::most_columns];
    // Triggers of foreign keys to and from the table, and the columns of all these keys.
    int key_trigger_count, key_column_count;
    int *key_triggers, *key_columns;
    bool* is_of_referrer; // of the table that has the key
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

// Of these only who changes a key has something to ask.
void update::look_at_keys(Relation relation, known_columns& known) const {
    MemoryContext before = MemoryContextSwitchTo(memory_);
    const TriggerDesc* triggers = kept_->target->ri_TrigDesc;
    const int count = triggers ? triggers->numtriggers : 0;
    known.key_triggers = static_cast<int*>(palloc((count + 1) * sizeof(int)));
    known.is_of_referrer = static_cast<bool*>(palloc((count + 1) * sizeof(bool)));
    for (int i = 0; i < count; ++i) {
        const Trigger& trigger = triggers->triggers[i];
        const int type = RI_FKey_trigger_type(trigger.tgfoid);
        if (type == RI_TRIGGER_NONE || !TRIGGER_FOR_UPDATE(trigger.tgtype) ||
            trigger.tgenabled != TRIGGER_FIRES_ON_ORIGIN)
            continue;
        known.is_of_referrer[known.key_trigger_count] = type == RI_TRIGGER_FK;
        known.key_triggers[known.key_trigger_count++] = i;
    }
    Bitmapset* columns = RelationGetIndexAttrBitmap(relation, INDEX_ATTR_BITMAP_KEY);
    ListCell* cell = nullptr;
    foreach (cell, RelationGetFKeyList(relation)) {
        const auto* key = static_cast<const ForeignKeyCacheInfo*>(lfirst(cell));
        for (int i = 0; i < key->nkeys; ++i)
            columns = bms_add_member(columns, key->conkey[i] - FirstLowInvalidHeapAttributeNumber);
    }
    known.key_columns = static_cast<int*>(palloc((bms_num_members(columns) + 1) * sizeof(int)));
    for (int next = -1; (next = bms_next_member(columns, next)) >= 0;)
        known.key_columns[known.key_column_count++] = next + FirstLowInvalidHeapAttributeNumber;
    MemoryContextSwitchTo(before);
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
    if (kept_->is_usable)
        look_at_keys(relation, *known);
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
    bool is_there =
        find_row(relation, known_->index, known_->key, key, state->es_snapshot, kept_->before);
    if (is_there) {
        TM_FailureData failure;
        ItemPointerData place = kept_->before->tts_tid;
        is_there = table_tuple_lock(relation, &place, state->es_snapshot, kept_->before,
                                    state->es_output_cid, LockTupleNoKeyExclusive, LockWaitBlock,
                                    TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure) == TM_Ok;
        is_there = is_there && (!failure.traversed || has_key(kept_->before, known_->key, key));
    }
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

bool update::keeps_keys() const {
    for (int i = 0; i < known_->key_column_count; ++i) {
        const int number = known_->key_columns[i];
        const Form_pg_attribute column = TupleDescAttr(kept_->row->tts_tupleDescriptor, number - 1);
        bool is_null = true, was_null = true;
        const Datum value = slot_getattr(kept_->row, number, &is_null),
                    old = slot_getattr(kept_->before, number, &was_null);
        if (is_null != was_null ||
            (!is_null && !datum_image_eq(old, value, column->attbyval, column->attlen)))
            return false;
    }
    return true;
}

// As the server finds out trigger by trigger. One of the table that has the key fires also for a
// row that this transaction has written, whose insertion may not have been looked at yet.
void update::queue_update_triggers(const ItemPointerData& place, List* unsure) const {
    ResultRelInfo* target = kept_->target;
    const bool is_kept = keeps_keys(), is_own = is_written_here(kept_->before);
    for (int i = 0; i < known_->key_trigger_count; ++i)
        target->ri_TrigDesc->triggers[known_->key_triggers[i]].tgenabled =
            is_kept && !(is_own && known_->is_of_referrer[i]) ? TRIGGER_DISABLED
                                                              : TRIGGER_FIRES_ON_ORIGIN;
    ItemPointerData of_old = place;
    ExecARUpdateTriggers(kept_->state, target, nullptr, nullptr, &of_old, nullptr, kept_->row,
                         unsure, capture_, false);
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
    remember_place(relation, known_->key, kept_->row);
    if (writes_indexes)
        open_indexes();
    List* unsure = writes_indexes && kept_->index_count > 0
                       ? update_index_entries(target, kept_->row, state, only_summarizing)
                       : NIL;
    queue_update_triggers(place, unsure);
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
