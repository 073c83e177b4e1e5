#include "pg/planner_prelude.hpp"

#include "pg/insertion.hpp"

#include "pg/catalog.hpp"
#include "pg/known_places.hpp"
#include "pg/random.hpp"

#include <cstring>

namespace driplo::pg {

// What is marked "of the server" runs inside call() and owns nothing.

// What is found out of the columns.
struct insertion::known_columns {
    int numbers[most_columns];
    conversion conversions[most_columns];
    int default_count;
    int* default_numbers;
    ExprState** defaults; // null for a random uuid
    int made_id;          // the place of the id that begins with the time, else -1
    int returned_numbers[most_returned];
    TupleDesc returned;
    List* decisive_indexes; // NIL: all
};

namespace {

// Of the server. Whether a default is one of the two functions that give random uuids. The one of
// uuid-ossp asks the system for each and takes longer than most of what a row costs.
bool is_random_uuid(const Node* value) {
    const auto* call = reinterpret_cast<const FuncExpr*>(value);
    if (!IsA(value, FuncExpr) || call->args != NIL)
        return false;
    if (call->funcid == F_GEN_RANDOM_UUID)
        return true;
    HeapTuple row = SearchSysCache1(PROCOID, ObjectIdGetDatum(call->funcid));
    if (!HeapTupleIsValid(row))
        return false;
    bool is_null = true;
    bool is_it = reinterpret_cast<Form_pg_proc>(GETSTRUCT(row))->prolang == ClanguageId;
    for (const auto& [column, wanted] : {std::pair{Anum_pg_proc_prosrc, "uuid_generate_v4"},
                                         {Anum_pg_proc_probin, "$libdir/uuid-ossp"}}) {
        const Datum found =
            SysCacheGetAttr(PROCOID, row, static_cast<AttrNumber>(column), &is_null);
        is_it = is_it && !is_null && std::strcmp(TextDatumGetCString(found), wanted) == 0;
    }
    ReleaseSysCache(row);
    return is_it;
}

} // namespace

// Of the server. Those that ON CONFLICT (column) means.
List* insertion::decisive_indexes(TupleDesc description) const {
    List* found = NIL;
    const int number = column_number(description, decisive_column_);
    for (int i = 0; i < kept_->index_count; ++i) {
        const IndexInfo* index = kept_->target->ri_IndexRelationInfo[i];
        HeapTuple row = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(kept_->indexes[i]));
        const bool is_at_once =
            HeapTupleIsValid(row) && reinterpret_cast<Form_pg_index>(GETSTRUCT(row))->indimmediate;
        if (HeapTupleIsValid(row))
            ReleaseSysCache(row);
        if (is_at_once && index->ii_Unique && index->ii_NumIndexKeyAttrs == 1 &&
            index->ii_IndexAttrNumbers[0] == number && index->ii_Predicate == NIL)
            found = lappend_oid(found, kept_->indexes[i]);
    }
    return found;
}

// Of the server, in the memory that is kept. Columns that are given, defaults of the others,
// columns that are returned.
void insertion::explain_columns(Relation relation) const {
    MemoryContext before = MemoryContextSwitchTo(memory_);
    auto* known = static_cast<known_columns*>(palloc0(sizeof(known_columns)));
    TupleDesc description = RelationGetDescr(relation);
    const int n = description->natts;
    bool* is_given = static_cast<bool*>(palloc0(n * sizeof(bool)));
    for (std::size_t i = 0; i < column_count_; ++i) {
        known->numbers[i] = column_number(description, columns_[i]);
        if (known->numbers[i] == 0)
            kept_->is_usable = false;
        else
            is_given[known->numbers[i] - 1] = true;
    }
    known->default_numbers = static_cast<int*>(palloc(n * sizeof(int)));
    known->defaults = static_cast<ExprState**>(palloc(n * sizeof(ExprState*)));
    known->made_id = makes_ids_ ? column_number(description, id_column) - 1 : -1;
    for (int i = 0; i < n; ++i) {
        const Form_pg_attribute column = TupleDescAttr(description, i);
        if (column->attisdropped || is_given[i])
            continue;
        if (get_typtype(column->atttypid) == TYPTYPE_DOMAIN)
            kept_->is_usable = false;
        Node* value = build_column_default(relation, i + 1);
        if (!value)
            continue;
        known->default_numbers[known->default_count] = i;
        known->defaults[known->default_count++] =
            is_random_uuid(value)
                ? nullptr
                : ExecInitExpr(expression_planner(reinterpret_cast<Expr*>(value)), nullptr);
    }
    if (decisive_column_) {
        known->decisive_indexes = decisive_indexes(description);
        kept_->is_usable = kept_->is_usable && known->decisive_indexes != NIL;
    }
    known->returned = CreateTemplateTupleDesc(static_cast<int>(returned_count_));
    for (std::size_t i = 0; i < returned_count_; ++i) {
        known->returned_numbers[i] = column_number(description, returned_[i]);
        if (known->returned_numbers[i] == 0)
            kept_->is_usable = false;
        else
            TupleDescCopyEntry(known->returned, static_cast<AttrNumber>(i + 1), description,
                               static_cast<AttrNumber>(known->returned_numbers[i]));
    }
    MemoryContextSwitchTo(before);
    known_ = known;
}

// Of the server.
bool insertion::can_write(Relation relation, const column_values* values, std::size_t n) const {
    if (build(relation, nullptr, 0))
        known_ = nullptr;
    if (kept_->is_usable && !known_)
        explain_columns(relation);
    bool can = is_usable(relation);
    for (std::size_t i = 0; can && i < n; ++i)
        can = find_conversion(*TupleDescAttr(RelationGetDescr(relation), known_->numbers[i] - 1),
                              values[i].layout.type, known_->conversions[i]);
    return can;
}

// Of the server. In the memory of the row.
void insertion::set_row(std::size_t row, const column_values* values, std::size_t n) const {
    TupleTableSlot* slot = kept_->row;
    TupleDesc description = slot->tts_tupleDescriptor;
    ExecClearTuple(slot);
    for (int i = 0; i < description->natts; ++i) {
        slot->tts_values[i] = Datum{0};
        slot->tts_isnull[i] = true;
    }
    for (std::size_t i = 0; i < n; ++i) {
        if (values[i].is_null(row))
            continue;
        const int place = known_->numbers[i] - 1;
        slot->tts_values[place] = converted(values[i].value(row), known_->conversions[i],
                                            *TupleDescAttr(description, place));
        slot->tts_isnull[place] = false;
    }
    ExprContext* context = GetPerTupleExprContext(kept_->state);
    for (int i = 0; i < known_->default_count; ++i) {
        const int place = known_->default_numbers[i];
        if (known_->defaults[i]) {
            slot->tts_values[place] =
                ExecEvalExpr(known_->defaults[i], context, &slot->tts_isnull[place]);
        } else {
            auto* id = static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t)));
            if (place == known_->made_id)
                fill_time_ordered_uuid(id->data);
            else
                fill_random_uuid(id->data);
            slot->tts_values[place] = UUIDPGetDatum(id);
            slot->tts_isnull[place] = false;
        }
    }
    ExecStoreVirtualTuple(slot);
    slot->tts_tableOid = relation_;
}

// Of the server. As ExecInsert() does; false when a BEFORE trigger wants no row.
bool insertion::write_row() const {
    ResultRelInfo* target = kept_->target;
    EState* state = kept_->state;
    Relation relation = target->ri_RelationDesc;
    const TriggerDesc* triggers = target->ri_TrigDesc;
    if (triggers && triggers->trig_insert_before_row &&
        !ExecBRInsertTriggers(state, target, kept_->row))
        return false;
    if (RelationGetDescr(relation)->constr)
        ExecConstraints(target, kept_->row, state);
    if (leaves_out_)
        return write_row_unless_there();
    table_tuple_insert(relation, kept_->row, state->es_output_cid, 0, nullptr);
    remember_place(relation, kept_->id, kept_->row);
    List* unsure = kept_->index_count > 0 ? insert_index_entries(target, kept_->row, state) : NIL;
    queue_insert_triggers(unsure);
    list_free(unsure);
    return true;
}

// Of the server. As ExecInsert() does with ON CONFLICT DO NOTHING; false when there is such a row.
bool insertion::write_row_unless_there() const {
    ResultRelInfo* target = kept_->target;
    EState* state = kept_->state;
    Relation relation = target->ri_RelationDesc;
    for (;;) {
        CHECK_FOR_INTERRUPTS();
        if (!has_no_conflict(target, kept_->row, state, known_->decisive_indexes))
            return false;
        const TransactionId self = GetCurrentTransactionId();
        const uint32 token = SpeculativeInsertionLockAcquire(self);
        table_tuple_insert_speculative(relation, kept_->row, state->es_output_cid, 0, nullptr,
                                       token);
        bool has_conflict = false;
        List* unsure = insert_uncertain_index_entries(target, kept_->row, state, &has_conflict,
                                                      known_->decisive_indexes);
        table_tuple_complete_speculative(relation, kept_->row, token, !has_conflict);
        SpeculativeInsertionLockRelease(self);
        if (!has_conflict)
            queue_insert_triggers(unsure);
        list_free(unsure);
        if (!has_conflict)
            return true;
    }
}

// Of the server.
HeapTuple insertion::returned_row(TupleDesc description) const {
    Datum values[most_returned];
    bool nulls[most_returned];
    for (std::size_t i = 0; i < returned_count_; ++i)
        values[i] = slot_getattr(kept_->row, known_->returned_numbers[i], &nulls[i]);
    return heap_form_tuple(description, values, nulls);
}

// Of the server. Null when the table has to be written by a statement.
SPITupleTable* insertion::write(Oid schema, std::size_t count, const column_values* values,
                                std::size_t n) const {
    Relation relation = open(schema, RowExclusiveLock);
    if (!relation)
        return nullptr;
    if (!can_write(relation, values, n)) {
        table_close(relation, NoLock);
        return nullptr;
    }
    begin(relation, CMD_INSERT);
    auto* result = static_cast<SPITupleTable*>(palloc0(sizeof(SPITupleTable)));
    result->tupdesc = CreateTupleDescCopy(known_->returned);
    result->vals = static_cast<HeapTuple*>(palloc((count + 1) * sizeof(HeapTuple)));
    MemoryContext of_caller = CurrentMemoryContext;
    ExecBSInsertTriggers(kept_->state, kept_->target);
    for (std::size_t row = 0; row < count; ++row) {
        CHECK_FOR_INTERRUPTS();
        ResetPerTupleExprContext(kept_->state);
        MemoryContextSwitchTo(GetPerTupleMemoryContext(kept_->state));
        set_row(row, values, n);
        const bool is_written = write_row();
        MemoryContextSwitchTo(of_caller);
        if (is_written)
            result->vals[result->numvals++] = returned_row(result->tupdesc);
    }
    ExecASInsertTriggers(kept_->state, kept_->target, capture_);
    end(relation);
    return result;
}

// Whether a row without an id gets a random one.
bool insertion::has_random_ids() const {
    const Oid schema = current_installation().schema;
    return call([&] {
        const Oid found = get_relname_relid(name_, schema);
        Relation relation = OidIsValid(found) ? try_table_open(found, AccessShareLock) : nullptr;
        if (!relation)
            return false;
        const int number = column_number(RelationGetDescr(relation), id_column);
        Node* value = number > 0 ? build_column_default(relation, number) : nullptr;
        table_close(relation, NoLock);
        return value && is_random_uuid(value);
    });
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
    if (leaves_out_)
        sql += std::string(" ON CONFLICT ") +
               (decisive_column_ ? std::string("(") + decisive_column_ + ") " : "") +
               "DO NOTHING RETURNING 1";
    for (std::size_t i = 0; i < returned_count_; ++i)
        sql += (i == 0 ? " RETURNING " : ", ") + std::string(returned_[i]);
    return sql;
}

rows insertion::insert_by_statement(const column_values* values, std::size_t n) const {
    std::array<Datum, most_columns + 1> whole{};
    std::array<char, most_columns + 2> nulls{};
    std::array<Oid, most_columns + 1> types{};
    std::uint64_t lists = std::uint64_t{1} << n;
    for (std::size_t i = 0; i < n; ++i) {
        types[i] = values[i].type();
        lists |= std::uint64_t{values[i].is_list} << i;
        whole[i] = values[i].whole();
        nulls[i] = values[i].null_mark();
    }
    if (!statement_.is_current() || lists != lists_) {
        statement_.prepare(statement(values, n).c_str(), static_cast<int>(n), types.data(),
                           planned::once);
        lists_ = lists;
    }
    return statement_.execute(whole.data(), nulls.data(), access::read_write);
}

rows insertion::all_of(std::size_t count, const rows& written) const {
    return leaves_out_ ? written : require_written(written, count, name_);
}

std::optional<rows> insertion::write(std::size_t count, const column_values* values,
                                     std::size_t n) const {
    if (!can_write_now())
        return std::nullopt;
    const Oid schema = current_installation().schema;
    const frame here(*this);
    SPITupleTable* table = call([&] { return write(schema, count, values, n); });
    return table ? std::optional<rows>(all_of(count, {table, table->numvals})) : std::nullopt;
}

rows insertion::insert(std::size_t count, const column_values* values, std::size_t n) const {
    if (count == 0)
        return {nullptr, 0};
    if (const auto written = write(count, values, n))
        return *written;
    if (!makes_ids_ || !has_random_ids())
        return all_of(count, insert_by_statement(values, n));
    const std::vector<uuid> ids = time_ordered_uuids(count);
    std::vector<column_values> with_ids(values, values + n);
    with_ids.push_back(count == 1 ? column_values(ids.front()) : column_values(ids));
    return all_of(count, insert_by_statement(with_ids.data(), n + 1));
}

} // namespace driplo::pg
