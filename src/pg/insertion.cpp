#include "pg/planner_prelude.hpp"

#include "pg/insertion.hpp"

#include "pg/catalog.hpp"
#include "pg/settings.hpp"

namespace driplo::pg {

// What is marked "of the server" runs inside call() and owns nothing.

Datum to_datum(hundredths value) {
    return call([&] { return NumericGetDatum(int64_div_fast_to_numeric(value.number, 2)); });
}

namespace {

// How a value becomes what the column holds, where an assignment would cast it.
enum class conversion { none, shortened_text, rounded_number, label, json };

// Nothing when the column is of another type than a plain one that takes the value.
bool find_conversion(const FormData_pg_attribute& column, Oid given, conversion& found) {
    if (column.attgenerated != '\0' || column.attidentity != '\0')
        return false;
    if (given == TEXTOID && type_is_enum(column.atttypid)) {
        found = conversion::label;
        return true;
    }
    if (given == TEXTOID && column.atttypid == JSONBOID) {
        found = conversion::json;
        return true;
    }
    const bool has_length = column.atttypmod >= 0;
    if (given == TEXTOID && (column.atttypid == VARCHAROID || column.atttypid == TEXTOID)) {
        found = has_length ? conversion::shortened_text : conversion::none;
        return true;
    }
    found = given == NUMERICOID && has_length ? conversion::rounded_number : conversion::none;
    return given == column.atttypid && (found == conversion::rounded_number || !has_length);
}

Datum converted(Datum value, conversion how, const FormData_pg_attribute& column) {
    switch (how) {
    case conversion::shortened_text:
        return DirectFunctionCall3(varchar, value, Int32GetDatum(column.atttypmod),
                                   BoolGetDatum(false));
    case conversion::rounded_number:
        return DirectFunctionCall2(numeric, value, Int32GetDatum(column.atttypmod));
    case conversion::label:
        return DirectFunctionCall2(enum_in, CStringGetDatum(TextDatumGetCString(value)),
                                   ObjectIdGetDatum(column.atttypid));
    case conversion::json:
        return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(value)));
    case conversion::none:
        break;
    }
    return value;
}

bool is_plain_index(Relation index) {
    return index->rd_rel->relam == BTREE_AM_OID && !index->rd_index->indisexclusion &&
           index->rd_index->indisvalid && index->rd_index->indisready;
}

bool is_plain_table(Relation relation) {
    const Form_pg_class form = relation->rd_rel;
    const TupleConstr* rules = RelationGetDescr(relation)->constr;
    return form->relkind == RELKIND_RELATION && form->relam == HEAP_TABLE_AM_OID &&
           !form->relispartition && !form->relhassubclass && !form->relhasrules &&
           !form->relforcerowsecurity && !(rules && rules->has_generated_stored);
}

// Other sessions' commits are not seen under REPEATABLE READ, and SERIALIZABLE keeps records of
// what statements do; replication does not fire the triggers.
bool can_write_now() {
    return settings::direct_writes && !IsolationUsesXactSnapshot() && !XactReadOnly &&
           !IsInParallelMode() && SessionReplicationRole == SESSION_REPLICATION_ROLE_ORIGIN;
}

class frame {
public:
    explicit frame(unsigned& count) : count_(count) { ++count_; }
    ~frame() { --count_; }
    frame(const frame&) = delete;
    frame& operator=(const frame&) = delete;

private:
    unsigned& count_;
};

} // namespace

// What is kept of a table, in a memory context of its own.
struct insertion::kept {
    bool is_usable;
    EState* state;
    ResultRelInfo* target;
    TupleTableSlot* slot;
    int index_count;
    Oid* indexes;
    int numbers[most_columns];
    conversion conversions[most_columns];
    int default_count;
    int* default_numbers;
    ExprState** defaults;
    int returned_numbers[most_returned];
    TupleDesc returned;
};

// Of the server. Columns that are given, defaults of the others, columns that are returned.
void insertion::explain_columns(Relation relation, kept& made) const {
    TupleDesc description = RelationGetDescr(relation);
    const int n = description->natts;
    bool* is_given = static_cast<bool*>(palloc0(n * sizeof(bool)));
    for (std::size_t i = 0; i < column_count_; ++i) {
        made.numbers[i] = column_number(description, columns_[i]);
        if (made.numbers[i] == 0)
            made.is_usable = false;
        else
            is_given[made.numbers[i] - 1] = true;
    }
    made.default_numbers = static_cast<int*>(palloc(n * sizeof(int)));
    made.defaults = static_cast<ExprState**>(palloc(n * sizeof(ExprState*)));
    for (int i = 0; i < n; ++i) {
        const Form_pg_attribute column = TupleDescAttr(description, i);
        if (column->attisdropped || is_given[i])
            continue;
        if (get_typtype(column->atttypid) == TYPTYPE_DOMAIN)
            made.is_usable = false;
        Node* value = build_column_default(relation, i + 1);
        if (!value)
            continue;
        made.default_numbers[made.default_count] = i;
        made.defaults[made.default_count++] =
            ExecInitExpr(expression_planner(reinterpret_cast<Expr*>(value)), nullptr);
    }
    made.returned = CreateTemplateTupleDesc(static_cast<int>(returned_count_));
    for (std::size_t i = 0; i < returned_count_; ++i) {
        made.returned_numbers[i] = column_number(description, returned_[i]);
        if (made.returned_numbers[i] == 0)
            made.is_usable = false;
        else
            TupleDescCopyEntry(made.returned, static_cast<AttrNumber>(i + 1), description,
                               static_cast<AttrNumber>(made.returned_numbers[i]));
    }
}

// Of the server.
void insertion::build(Relation relation) const {
    is_known_ = is_watched_; // before looking, so that a change that comes meanwhile is not lost
    is_clean_ = true;
    if (memory_)
        MemoryContextDelete(memory_);
    memory_ = nullptr;
    memory_ = AllocSetContextCreate(TopMemoryContext, "driplo insertion", ALLOCSET_DEFAULT_SIZES);
    MemoryContext before = MemoryContextSwitchTo(memory_);
    kept_ = static_cast<kept*>(palloc0(sizeof(kept)));
    kept_->is_usable = is_plain_table(relation);
    if (kept_->is_usable) {
        EState* state = kept_->state = CreateExecutorState();
        MemoryContextSwitchTo(state->es_query_cxt);
        ResultRelInfo* target = kept_->target = makeNode(ResultRelInfo);
        InitResultRelInfo(target, relation, 0, nullptr, 0);
        state->es_opened_result_relations = lappend(state->es_opened_result_relations, target);
        // or what they keep would be in the memory of the first row
        for (int i = 0; target->ri_TrigDesc && i < target->ri_TrigDesc->numtriggers; ++i)
            fmgr_info_cxt(target->ri_TrigDesc->triggers[i].tgfoid, &target->ri_TrigFunctions[i],
                          memory_);
        ExecOpenIndices(target, false);
        kept_->index_count = target->ri_NumIndices;
        kept_->indexes = static_cast<Oid*>(palloc((kept_->index_count + 1) * sizeof(Oid)));
        for (int i = 0; i < kept_->index_count; ++i) {
            Relation index = target->ri_IndexRelationDescs[i];
            kept_->indexes[i] = RelationGetRelid(index);
            kept_->is_usable = kept_->is_usable && is_plain_index(index);
            index_close(index, RowExclusiveLock);
        }
        explain_columns(relation, *kept_);
        kept_->slot = MakeTupleTableSlot(CreateTupleDescCopyConstr(RelationGetDescr(relation)),
                                         table_slot_callbacks(relation));
    }
    MemoryContextSwitchTo(before);
}

// Of the server.
bool insertion::can_write(Relation relation) const {
    if (!is_known_ || !is_clean_ || !kept_)
        build(relation);
    return kept_->is_usable && relation->rd_rel->relowner == GetUserId();
}

// Of the server. In the memory of the row.
void insertion::set_row(std::size_t row, const column_values* values, std::size_t n) const {
    TupleTableSlot* slot = kept_->slot;
    TupleDesc description = slot->tts_tupleDescriptor;
    ExecClearTuple(slot);
    for (int i = 0; i < description->natts; ++i) {
        slot->tts_values[i] = Datum{0};
        slot->tts_isnull[i] = true;
    }
    for (std::size_t i = 0; i < n; ++i) {
        if (values[i].is_null(row))
            continue;
        const int place = kept_->numbers[i] - 1;
        slot->tts_values[place] = converted(values[i].value(row), kept_->conversions[i],
                                            *TupleDescAttr(description, place));
        slot->tts_isnull[place] = false;
    }
    ExprContext* context = GetPerTupleExprContext(kept_->state);
    for (int i = 0; i < kept_->default_count; ++i) {
        const int place = kept_->default_numbers[i];
        slot->tts_values[place] =
            ExecEvalExpr(kept_->defaults[i], context, &slot->tts_isnull[place]);
    }
    ExecStoreVirtualTuple(slot);
    slot->tts_tableOid = relation_;
}

// Of the server. As ExecInsert() does; false when a BEFORE trigger wants no row.
bool insertion::write_row(TransitionCaptureState* capture) const {
    ResultRelInfo* target = kept_->target;
    EState* state = kept_->state;
    Relation relation = target->ri_RelationDesc;
    const TriggerDesc* triggers = target->ri_TrigDesc;
    if (triggers && triggers->trig_insert_before_row &&
        !ExecBRInsertTriggers(state, target, kept_->slot))
        return false;
    if (RelationGetDescr(relation)->constr)
        ExecConstraints(target, kept_->slot, state);
    table_tuple_insert(relation, kept_->slot, state->es_output_cid, 0, nullptr);
    List* unsure = kept_->index_count > 0 ? insert_index_entries(target, kept_->slot, state) : NIL;
    ExecARInsertTriggers(state, target, kept_->slot, unsure, capture);
    list_free(unsure);
    return true;
}

// Of the server.
HeapTuple insertion::returned_row(TupleDesc description) const {
    Datum values[most_returned];
    bool nulls[most_returned];
    for (std::size_t i = 0; i < returned_count_; ++i)
        values[i] = slot_getattr(kept_->slot, kept_->returned_numbers[i], &nulls[i]);
    return heap_form_tuple(description, values, nulls);
}

// Of the server. Null when the table has to be written by a statement.
SPITupleTable* insertion::write(Oid schema, std::size_t count, const column_values* values,
                                std::size_t n) const {
    Relation relation = open(schema, RowExclusiveLock);
    if (!relation)
        return nullptr;
    bool can = can_write(relation);
    for (std::size_t i = 0; can && i < n; ++i)
        can = find_conversion(*TupleDescAttr(RelationGetDescr(relation), kept_->numbers[i] - 1),
                              values[i].layout.type, kept_->conversions[i]);
    if (!can) {
        table_close(relation, NoLock);
        return nullptr;
    }
    is_clean_ = false;
    // as in front of a statement
    CommandCounterIncrement();
    PushActiveSnapshot(GetTransactionSnapshot());
    EState* state = kept_->state;
    ResultRelInfo* target = kept_->target;
    target->ri_RelationDesc = relation;
    state->es_snapshot = GetActiveSnapshot();
    state->es_output_cid = GetCurrentCommandId(true);
    for (int i = 0; i < kept_->index_count; ++i)
        target->ri_IndexRelationDescs[i] = index_open(kept_->indexes[i], RowExclusiveLock);

    auto* result = static_cast<SPITupleTable*>(palloc0(sizeof(SPITupleTable)));
    result->tupdesc = CreateTupleDescCopy(kept_->returned);
    result->vals = static_cast<HeapTuple*>(palloc((count + 1) * sizeof(HeapTuple)));
    MemoryContext of_caller = CurrentMemoryContext;
    AfterTriggerBeginQuery();
    TransitionCaptureState* capture =
        MakeTransitionCaptureState(target->ri_TrigDesc, RelationGetRelid(relation), CMD_INSERT);
    ExecBSInsertTriggers(state, target);
    for (std::size_t row = 0; row < count; ++row) {
        CHECK_FOR_INTERRUPTS();
        ResetPerTupleExprContext(state);
        MemoryContextSwitchTo(GetPerTupleMemoryContext(state));
        set_row(row, values, n);
        const bool is_written = write_row(capture);
        MemoryContextSwitchTo(of_caller);
        if (is_written)
            result->vals[result->numvals++] = returned_row(result->tupdesc);
    }
    ExecASInsertTriggers(state, target, capture);
    AfterTriggerEndQuery(state);

    for (int i = 0; i < kept_->index_count; ++i)
        index_close(target->ri_IndexRelationDescs[i], RowExclusiveLock);
    // the slots of triggers hold on to the table's description
    ExecResetTupleTable(state->es_tupleTable, true);
    state->es_tupleTable = NIL;
    target->ri_TrigOldSlot = target->ri_TrigNewSlot = nullptr;
    ExecClearTuple(kept_->slot);
    state->es_snapshot = nullptr;
    PopActiveSnapshot();
    CommandCounterIncrement();
    table_close(relation, NoLock);
    is_clean_ = true;
    return result;
}

std::string insertion::statement(const column_values* values, std::size_t n) const {
    const installation& here = current_installation();
    std::string target, source, lists, names;
    for (std::size_t i = 0; i < n; ++i) {
        const std::string parameter = "$" + std::to_string(i + 1);
        std::string value = parameter;
        if (values[i].is_list) {
            lists += (lists.empty() ? "" : ", ") + parameter;
            names += (names.empty() ? "" : ", ") + std::string(columns_[i]);
            value = std::string("v.") + columns_[i];
        }
        // what a text is not assigned to
        const char* type = call([&]() -> const char* {
            const Oid relation = get_relname_relid(name_, here.schema);
            const AttrNumber number =
                OidIsValid(relation) ? get_attnum(relation, columns_[i]) : InvalidAttrNumber;
            const Oid found = number > 0 ? get_atttype(relation, number) : InvalidOid;
            return found == JSONBOID || (OidIsValid(found) && type_is_enum(found))
                       ? format_type_be_qualified(found)
                       : nullptr;
        });
        if (type)
            value = "CAST(" + value + " AS " + type + ")";
        target += (i == 0 ? "" : ", ") + std::string(columns_[i]);
        source += (i == 0 ? "" : ", ") + value;
    }
    std::string sql = std::string("INSERT INTO ") + here.quoted_schema + "." + name_ + " (" +
                      target + ") SELECT " + source;
    if (!lists.empty())
        sql += " FROM unnest(" + lists + ") AS v (" + names + ")";
    for (std::size_t i = 0; i < returned_count_; ++i)
        sql += (i == 0 ? " RETURNING " : ", ") + std::string(returned_[i]);
    return sql;
}

rows insertion::insert_by_statement(const column_values* values, std::size_t n) const {
    std::array<Datum, most_columns> whole{};
    std::array<char, most_columns + 1> nulls{};
    std::array<Oid, most_columns> types{};
    for (std::size_t i = 0; i < n; ++i) {
        types[i] = values[i].type();
        whole[i] = values[i].whole();
        nulls[i] = values[i].null_mark();
    }
    if (!statement_.is_current())
        statement_.prepare(statement(values, n).c_str(), static_cast<int>(n), types.data(),
                           planned::once);
    return statement_.execute(whole.data(), nulls.data(), access::read_write);
}

rows insertion::insert(std::size_t count, const column_values* values, std::size_t n) const {
    if (count == 0)
        return {nullptr, 0};
    const Oid schema = current_installation().schema;
    if (writing_ == 0 && can_write_now()) {
        const frame here(writing_);
        if (SPITupleTable* table = call([&] { return write(schema, count, values, n); }))
            return require_written({table, table->numvals}, count, name_);
    }
    return require_written(insert_by_statement(values, n), count, name_);
}

} // namespace driplo::pg
