#include "pg/planner_prelude.hpp"

#include "pg/removal.hpp"

#include "pg/catalog.hpp"
#include "pg/known_places.hpp"

namespace driplo::pg {

struct removal::known_columns {
    int key;
    Oid index;
    int numbers[found_row::most_columns];
};

// Everything but the last function is of the server: it runs inside call() and owns nothing.

void removal::explain_columns(Relation relation) const {
    auto* known =
        static_cast<known_columns*>(MemoryContextAllocZero(memory_, sizeof(known_columns)));
    TupleDesc description = RelationGetDescr(relation);
    known->key = column_number(description, key_);
    known->index = known->key == 0 ? InvalidOid : unique_index_of(relation, known->key);
    kept_->is_usable = kept_->is_usable && OidIsValid(known->index);
    for (int i = 0; i < column_count_; ++i) {
        const int number = known->numbers[i] = column_number(description, columns_[i].name);
        if (number == 0 || TupleDescAttr(description, number - 1)->atttypid != columns_[i].type)
            kept_->is_usable = false;
    }
    const TriggerDesc* triggers = kept_->is_usable ? kept_->target->ri_TrigDesc : nullptr;
    if (triggers && triggers->trig_delete_before_row)
        kept_->is_usable = false; // it may want the row to stay
    known_ = known;
}

bool removal::can_remove(Relation relation) const {
    if (build(relation, nullptr, 0))
        known_ = nullptr;
    if (kept_->is_usable && !known_)
        explain_columns(relation);
    return is_usable(relation);
}

// As ExecDelete() does. Of a row that was changed meanwhile what stands there now is deleted,
// unless it has another key.
std::optional<found_row> removal::remove_row(Datum key, std::size_t i, looker how,
                                             MemoryContext of_caller) const {
    Relation relation = kept_->target->ri_RelationDesc;
    EState* state = kept_->state;
    if (!find_row(relation, known_->index, known_->key, key, state->es_snapshot, kept_->before))
        return std::nullopt;
    ItemPointerData place = kept_->before->tts_tid;
    found_row row{};
    for (;;) {
        MemoryContext of_row = MemoryContextSwitchTo(of_caller);
        copy_columns(kept_->before, known_->numbers, column_count_, row);
        MemoryContextSwitchTo(of_row);
        if (!how.look(how.with, i, row))
            return std::nullopt;
        TM_FailureData failure;
        TM_Result result =
            table_tuple_delete(relation, &place, state->es_output_cid, state->es_snapshot,
                               InvalidSnapshot, true, &failure, false);
        if (result == TM_Ok)
            break;
        if (result == TM_Updated)
            result = table_tuple_lock(relation, &place, state->es_snapshot, kept_->before,
                                      state->es_output_cid, LockTupleExclusive, LockWaitBlock,
                                      TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
        bool is_null = true;
        if (result != TM_Ok ||
            !DatumGetBool(DirectFunctionCall2(
                uuid_eq, slot_getattr(kept_->before, known_->key, &is_null), key)))
            return std::nullopt;
    }
    ExecARDeleteTriggers(state, kept_->target, &place, nullptr, capture_, false);
    return row;
}

// False when a statement has to do it.
bool removal::remove(Oid schema, const Datum* keys, std::size_t count, looker how,
                     std::optional<found_row>* removed) const {
    Relation relation = open(schema, RowExclusiveLock);
    if (!relation)
        return false;
    if (!can_remove(relation)) {
        table_close(relation, NoLock);
        return false;
    }
    CheckCmdReplicaIdentity(relation, CMD_DELETE);
    begin(relation, CMD_DELETE);
    MemoryContext of_caller = CurrentMemoryContext;
    ExecBSDeleteTriggers(kept_->state, kept_->target);
    for (std::size_t row = 0; row < count; ++row) {
        CHECK_FOR_INTERRUPTS();
        ResetPerTupleExprContext(kept_->state);
        MemoryContextSwitchTo(GetPerTupleMemoryContext(kept_->state));
        removed[row] = remove_row(keys[row], row, how, of_caller);
        ExecClearTuple(kept_->before);
        MemoryContextSwitchTo(of_caller);
    }
    ExecASDeleteTriggers(kept_->state, kept_->target, capture_);
    end(relation);
    return true;
}

std::optional<removal::removed_rows> removal::remove(const std::vector<Datum>& keys,
                                                     looker how) const {
    if (!can_write_now())
        return std::nullopt;
    const Oid schema = current_installation().schema;
    const frame here(*this);
    removed_rows removed(keys.size());
    const bool was_done =
        call([&] { return remove(schema, keys.data(), keys.size(), how, removed.data()); });
    return was_done ? std::optional(std::move(removed)) : std::nullopt;
}

} // namespace driplo::pg
