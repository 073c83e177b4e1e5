#include "pg/planner_prelude.hpp"

#include "pg/column_guard.hpp"

#include "core/format.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"

#include <vector>

namespace driplo::pg {

namespace {

// What an INSERT sent for columns that got their default instead.
struct sent_row {
    Oid relation;
    MemoryContext context;
    HeapTuple row;
    bool* replaced; // by column, from 0
};
sent_row sent{};

void forget_sent() {
    if (!OidIsValid(sent.relation))
        return;
    sent.relation = InvalidOid;
    MemoryContextReset(sent.context);
}

void keep_sent(Oid relation, HeapTuple row, const bool* replaced, int count) {
    if (!sent.context)
        sent.context =
            AllocSetContextCreate(TopMemoryContext, "driplo sent row", ALLOCSET_SMALL_SIZES);
    MemoryContext before = MemoryContextSwitchTo(sent.context);
    sent.row = heap_copytuple(row);
    sent.replaced = static_cast<bool*>(palloc(sizeof(bool) * static_cast<Size>(count)));
    std::memcpy(sent.replaced, replaced, sizeof(bool) * static_cast<Size>(count));
    MemoryContextSwitchTo(before);
    sent.relation = relation;
}

// Parameters of the statement that looks for the row.
struct key_values {
    std::vector<Oid> types;
    std::vector<Datum> values;
};

constexpr int most_keys = 16, most_key_columns = 8;
struct unique_keys {
    int count;
    struct {
        int count;
        int columns[most_key_columns];
    } keys[most_keys];
};

// The keys that an INSERT can meet a row by, of columns that the client may read: of ordinary
// columns, for all rows, and without an operator of anybody's own.
unique_keys keys_of(Relation table, const client_rights& rights, const bool* nulls) {
    unique_keys found{};
    List* indexes = RelationGetIndexList(table);
    ListCell* cell = nullptr;
    foreach (cell, indexes) {
        if (found.count == most_keys)
            break;
        Relation index = index_open(lfirst_oid(cell), AccessShareLock);
        const Form_pg_index form = index->rd_index;
        bool is_usable = form->indisunique && form->indimmediate && form->indisvalid &&
                         form->indnkeyatts <= most_key_columns &&
                         RelationGetIndexPredicate(index) == NIL &&
                         RelationGetIndexExpressions(index) == NIL;
        auto& key = found.keys[found.count];
        key.count = form->indnkeyatts;
        for (int i = 0; is_usable && i < form->indnkeyatts; ++i) {
            const int number = form->indkey.values[i];
            const Oid type = TupleDescAttr(RelationGetDescr(table), number - 1)->atttypid;
            is_usable = !nulls[number - 1] && rights.columns[number - 1].may_select &&
                        (type < FirstNormalObjectId || type_is_enum(type));
            key.columns[i] = number;
        }
        if (is_usable)
            ++found.count;
        index_close(index, AccessShareLock);
    }
    list_free(indexes);
    return found;
}

bool is_time(TupleDesc description, int column) {
    const Oid type = TupleDescAttr(description, column - 1)->atttypid;
    return type == TIMESTAMPTZOID || type == TIMESTAMPOID;
}

bool fires(const Trigger& trigger, const char* name, const char* function) {
    return std::strcmp(trigger.tgname, name) == 0 && !trigger.tgqual &&
           std::strcmp(get_func_name(trigger.tgfoid), function) == 0 &&
           (trigger.tgenabled == TRIGGER_FIRES_ALWAYS ||
            (trigger.tgenabled == TRIGGER_FIRES_ON_ORIGIN &&
             SessionReplicationRole != SESSION_REPLICATION_ROLE_REPLICA));
}

} // namespace

bool has_guards(Oid schema, const char* table) {
    return call([&] {
        const Oid id = get_relname_relid(table, schema);
        Relation relation = OidIsValid(id) ? table_open(id, AccessShareLock) : nullptr;
        bool judges_rows = false, judges_commands = false;
        const TriggerDesc* triggers = relation ? relation->trigdesc : nullptr;
        for (int i = 0; triggers && i < triggers->numtriggers; ++i) {
            const Trigger& trigger = triggers->triggers[i];
            judges_rows = judges_rows || fires(trigger, "!guard_columns", "guard_columns");
            judges_commands =
                judges_commands || fires(trigger, "!guard_commands", "guard_commands");
        }
        if (relation)
            table_close(relation, NoLock);
        return judges_rows && judges_commands;
    });
}

column_guard::column_guard(trigger_call& trigger, command what)
    : trigger_(trigger), what_(what), rights_(nullptr) {
    // Before anything that costs: all that driplo's own functions write comes through here.
    if (trigger.runs_as_owner())
        return;
    rights_ = call([&] { return client_rights_on(trigger_.data_->tg_relation, what_); });
}

bool column_guard::is_kept(int column) const {
    if (rights_->columns[column - 1].is_kept_time)
        return true;
    for (int i = 1; i < trigger_.argument_count(); ++i)
        if (std::strcmp(trigger_.argument(i), name(column)) == 0)
            return true;
    return false;
}

const char* column_guard::name(int column) const {
    return NameStr(TupleDescAttr(description(), column - 1)->attname);
}

int column_guard::assigned_beyond_grants() const {
    const Bitmapset* assigned = trigger_.data_->tg_updatedcols;
    int member = -1;
    while ((member = bms_next_member(assigned, member)) >= 0) {
        const int number = member + FirstLowInvalidHeapAttributeNumber;
        if (number > 0 && !rights_->columns[number - 1].is_unwritten &&
            !rights_->columns[number - 1].may_update)
            return number;
    }
    return 0;
}

bool column_guard::has_children() const {
    const Relation table = trigger_.data_->tg_relation;
    // The mark stays when the last child has gone; of partitions the triggers are the table's own.
    return table->rd_rel->relkind == RELKIND_RELATION && table->rd_rel->relhassubclass &&
           call([&] { return find_inheritance_children(RelationGetRelid(table), NoLock) != NIL; });
}

void column_guard::begin_statement() const {
    forget_sent();
}

column_guard::likeness column_guard::compare(int column, Datum left, bool left_null, Datum right,
                                             bool right_null) const {
    if (left_null || right_null)
        return left_null == right_null ? likeness::same : likeness::other;
    const Form_pg_attribute attribute = TupleDescAttr(description(), column - 1);
    if (datumIsEqual(left, right, attribute->attbyval, attribute->attlen) ||
        datum_image_eq(left, right, attribute->attbyval, attribute->attlen))
        return likeness::same;
    // What a client may have made of one another: times without their microseconds, 1.0 and 1.00.
    if (is_time(description(), column)) {
        constexpr Timestamp millisecond = 1000;
        const Timestamp sent_time = DatumGetTimestamp(left), kept_time = DatumGetTimestamp(right);
        return !TIMESTAMP_NOT_FINITE(sent_time) && !TIMESTAMP_NOT_FINITE(kept_time) &&
                       sent_time % millisecond == 0 && sent_time <= kept_time &&
                       kept_time < sent_time + millisecond
                   ? likeness::equal
                   : likeness::other;
    }
    TypeCacheEntry* type = lookup_type_cache(attribute->atttypid, TYPECACHE_EQ_OPR_FINFO);
    return OidIsValid(type->eq_opr_finfo.fn_oid) &&
                   DatumGetBool(
                       FunctionCall2Coll(&type->eq_opr_finfo, attribute->attcollation, left, right))
               ? likeness::equal
               : likeness::other;
}

// In the server's memory, where a changed row outlives every session of SPI.
HeapTuple column_guard::with(HeapTuple row, const Datum* values, const bool* nulls,
                             const bool* replaced) const {
    MemoryContext before = MemoryContextSwitchTo(trigger_.context_);
    HeapTuple changed = heap_modify_tuple(row, description(), const_cast<Datum*>(values),
                                          const_cast<bool*>(nulls), const_cast<bool*>(replaced));
    MemoryContextSwitchTo(before);
    return changed;
}

// Whether the INSERT meets a row that is there already. Asked with the client's own rights: of a
// row that the client cannot see it must not be known that there is one.
bool column_guard::is_there(const Datum* values, const bool* nulls) const {
    Relation table = trigger_.data_->tg_relation;
    const unique_keys found = call([&] { return keys_of(table, *rights_, nulls); });
    if (found.count == 0)
        return false;
    const session spi;
    std::string sql = core::format(
        "SELECT FROM {}{} AS there WHERE ", table->rd_rel->relispartition ? "" : "ONLY ", call([&] {
            const Oid whole = whole_of(table);
            return quote_qualified_identifier(get_namespace_name(get_rel_namespace(whole)),
                                              get_rel_name(whole));
        }));
    key_values parameters;
    for (int i = 0; i < found.count; ++i) {
        sql += i == 0 ? "(" : " OR (";
        for (int j = 0; j < found.keys[i].count; ++j) {
            const int number = found.keys[i].columns[j];
            const char* column = call([&] { return quote_identifier(name(number)); });
            parameters.types.push_back(TupleDescAttr(description(), number - 1)->atttypid);
            parameters.values.push_back(values[number - 1]);
            sql += core::format("{}there.{} OPERATOR(pg_catalog.=) ${}", j == 0 ? "" : " AND ",
                                column, parameters.types.size());
        }
        sql += ")";
    }
    const char* text = sql.c_str();
    Oid* types = parameters.types.data();
    Datum* arguments = parameters.values.data();
    const int count = static_cast<int>(parameters.types.size());
    return call([&] {
        const int code = SPI_execute_with_args(text, count, types, arguments, nullptr, false, 1);
        if (code < 0)
            elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
        return SPI_processed > 0;
    });
}

int column_guard::judge_insert() {
    struct judgement {
        int refused;
        bool is_changed;
        Datum *values, *defaults;
        bool *nulls, *default_nulls, *replaced, *withheld;
    } row{};
    HeapTuple original = trigger_.new_row();
    const bool is_for_update = !has_columns();
    call([&] {
        forget_sent();
        const Bitmapset* key =
            RelationGetIndexAttrBitmap(trigger_.data_->tg_relation, INDEX_ATTR_BITMAP_PRIMARY_KEY);
        const auto count = static_cast<Size>(description()->natts);
        row.values = static_cast<Datum*>(palloc(2 * count * sizeof(Datum)));
        row.defaults = row.values + count;
        row.nulls = static_cast<bool*>(palloc0(4 * count * sizeof(bool)));
        row.default_nulls = row.nulls + count;
        row.replaced = row.default_nulls + count;
        row.withheld = row.replaced + count;
        heap_deform_tuple(original, description(), row.values, row.nulls);
        for (int i = 0; i < description()->natts; ++i) {
            const column_right& column = rights_->columns[i];
            if (column.is_unwritten || column.may_insert ||
                (is_for_update && (column.may_update ||
                                   bms_is_member(i + 1 - FirstLowInvalidHeapAttributeNumber, key))))
                continue;
            row.defaults[i] = default_of(column, TupleDescAttr(description(), i)->atttypid,
                                         &row.default_nulls[i]);
            const likeness is =
                compare(i + 1, row.values[i], row.nulls[i], row.defaults[i], row.default_nulls[i]);
            row.replaced[i] = is != likeness::same;
            row.is_changed = row.is_changed || row.replaced[i];
            // A default that is another one each time cannot be told from what was sent.
            row.withheld[i] = is == likeness::other && !is_kept(i + 1) && !column.is_volatile;
            if (row.withheld[i] && row.refused == 0)
                row.refused = i + 1;
        }
    });
    if (row.refused != 0 || is_for_update) {
        if (!is_there(row.values, row.nulls))
            return is_for_update ? no_row : row.refused;
        call([&] {
            keep_sent(RelationGetRelid(trigger_.data_->tg_relation), original, row.withheld,
                      description()->natts);
        });
    }
    if (row.is_changed)
        trigger_.new_row_ =
            call([&] { return with(original, row.defaults, row.default_nulls, row.replaced); });
    return 0;
}

int column_guard::judge_update() {
    const bool is_told = trigger_.argument_count() > 0 && *trigger_.argument(0) != '\0';
    struct judgement {
        int refused;
        bool is_changed;
        Datum* values;
        bool *nulls, *replaced;
    } row{};
    HeapTuple original = trigger_.new_row();
    call([&] {
        const auto count = static_cast<Size>(description()->natts);
        const bool is_upsert = OidIsValid(sent.relation) &&
                               sent.relation == RelationGetRelid(trigger_.data_->tg_relation);
        const Bitmapset* assigned = trigger_.data_->tg_updatedcols;
        int member = -1;
        while ((member = bms_next_member(assigned, member)) >= 0) {
            const int number = member + FirstLowInvalidHeapAttributeNumber;
            if (number <= 0)
                continue;
            const column_right& column = rights_->columns[number - 1];
            const bool was_withheld = is_upsert && sent.replaced[number - 1];
            if (column.is_unwritten || (column.may_update && !was_withheld))
                continue;
            if (!row.values) {
                row.values = static_cast<Datum*>(palloc0(count * sizeof(Datum)));
                row.nulls = static_cast<bool*>(palloc0(2 * count * sizeof(bool)));
                row.replaced = row.nulls + count;
            }
            bool is_null = true, was_null = true, default_null = true;
            Datum value = heap_getattr(original, number, description(), &is_null);
            const Datum old =
                heap_getattr(trigger_.data_->tg_trigtuple, number, description(), &was_null);
            bool is_other = false;
            if (was_withheld) {
                const Datum given = default_of(
                    column, TupleDescAttr(description(), number - 1)->atttypid, &default_null);
                // A trigger may have given the new row a time, as guard_listing() does.
                if ((!column.may_update && is_time(description(), number)) ||
                    compare(number, value, is_null, given, default_null) == likeness::same) {
                    value = heap_getattr(sent.row, number, description(), &is_null);
                    is_other = true;
                }
            }
            if (!column.may_update) {
                const likeness is = compare(number, value, is_null, old, was_null);
                if (!is_kept(number) &&
                    (is == likeness::other || !(column.may_select || is_told))) {
                    row.refused = number;
                    return;
                }
                is_other = is_other || is != likeness::same;
                value = old;
                is_null = was_null;
            }
            if (is_other) {
                row.values[number - 1] = value;
                row.nulls[number - 1] = is_null;
                row.replaced[number - 1] = true;
                row.is_changed = true;
            }
        }
    });
    if (row.refused == 0 && row.is_changed)
        trigger_.new_row_ =
            call([&] { return with(original, row.values, row.nulls, row.replaced); });
    return row.refused;
}

} // namespace driplo::pg
