#include "pg/trigger.hpp"

#include "pg/entry_point.hpp"

#include "core/format.hpp"
#include "pg/table.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace driplo::pg {

namespace {

bool fired_by(TriggerEvent event, unsigned events) {
    return ((events & on_insert) && TRIGGER_FIRED_BY_INSERT(event)) ||
           ((events & on_update) && TRIGGER_FIRED_BY_UPDATE(event)) ||
           ((events & on_delete) && TRIGGER_FIRED_BY_DELETE(event)) ||
           ((events & on_truncate) && TRIGGER_FIRED_BY_TRUNCATE(event));
}

// the name "text" is a member of the class below
char* c_string(Datum value) {
    return TextDatumGetCString(value);
}

std::string event_names(unsigned events) {
    std::string names;
    for (const auto& [event, name] : {std::pair{on_insert, "INSERT"},
                                      {on_update, "UPDATE"},
                                      {on_delete, "DELETE"},
                                      {on_truncate, "TRUNCATE"}})
        if (events & event)
            names += (names.empty() ? "" : " or ") + std::string(name);
    return names;
}

} // namespace

trigger_call::trigger_call(FunctionCallInfo fcinfo, trigger_time time, unsigned events,
                           trigger_level level)
    : data_(CALLED_AS_TRIGGER(fcinfo) ? reinterpret_cast<TriggerData*>(fcinfo->context) : nullptr),
      new_row_(nullptr), context_(CurrentMemoryContext) {
    if (!data_)
        throw core::error{core::errors::trigger_protocol_violated,
                          "trigger functions can only be called as triggers"};
    const TriggerEvent event = data_->tg_event;
    const bool right_time = time == trigger_time::before
                                ? TRIGGER_FIRED_BEFORE(event)
                                : TRIGGER_FIRED_AFTER(event) ||
                                      (time == trigger_time::either && TRIGGER_FIRED_BEFORE(event));
    const bool right_level =
        (level == trigger_level::row) == static_cast<bool>(TRIGGER_FIRED_FOR_ROW(event));
    if (!right_level || !right_time || !fired_by(event, events))
        throw core::error{core::errors::trigger_protocol_violated,
                          core::format("function of trigger \"{}\" was not fired as expected",
                                       data_->tg_trigger->tgname),
                          core::format("The function must be fired FOR EACH {}, {} {}.",
                                       level == trigger_level::row ? "ROW" : "STATEMENT",
                                       time == trigger_time::before  ? "BEFORE"
                                       : time == trigger_time::after ? "AFTER"
                                                                     : "BEFORE or AFTER",
                                       event_names(events))};
    if (level == trigger_level::row)
        new_row_ = TRIGGER_FIRED_BY_UPDATE(event) ? data_->tg_newtuple : data_->tg_trigtuple;
}

void trigger_call::announce_change() const {
    call([&] { CacheInvalidateRelcache(data_->tg_relation); });
}

void trigger_call::use_transition_tables() const {
    call([&] {
        const int code = SPI_register_trigger_data(data_);
        if (code < 0)
            elog(ERROR, "could not use the transition tables: %s", SPI_result_code_string(code));
    });
}

bool trigger_call::is_insert() const {
    return TRIGGER_FIRED_BY_INSERT(data_->tg_event);
}

bool trigger_call::is_update() const {
    return TRIGGER_FIRED_BY_UPDATE(data_->tg_event);
}

bool trigger_call::is_delete() const {
    return TRIGGER_FIRED_BY_DELETE(data_->tg_event);
}

bool trigger_call::is_after() const {
    return TRIGGER_FIRED_AFTER(data_->tg_event);
}

const char* trigger_call::table_name() const {
    const Relation relation = data_->tg_relation;
    if (!relation->rd_rel->relispartition)
        return RelationGetRelationName(relation);
    return call([&] { return get_rel_name(whole_of(relation)); });
}

int trigger_call::find(const char* column) const {
    return call([&] { return SPI_fnumber(description(), column); });
}

core::error trigger_call::missing_column(const char* column) const {
    return core::error{
        core::errors::undefined_column,
        core::format("table \"{}\" has no column \"{}\"",
                     RelationGetRelationName(data_->tg_relation), column),
        core::format("Trigger \"{}\" requires this column.", data_->tg_trigger->tgname)};
}

int trigger_call::require(const char* column, Oid type) const {
    const int number = find(column);
    if (number <= 0)
        throw missing_column(column);
    if (TupleDescAttr(description(), number - 1)->atttypid != type) {
        const char* expected = call([&] { return format_type_be(type); });
        throw core::error{
            core::errors::datatype_mismatch,
            core::format("column \"{}\" of table \"{}\" is not of type {}", column,
                         RelationGetRelationName(data_->tg_relation), expected),
            core::format("Trigger \"{}\" requires this column.", data_->tg_trigger->tgname)};
    }
    return number;
}

Datum trigger_call::typed(HeapTuple row, const char* column, Oid type, bool* is_null) const {
    const int number = require(column, type);
    return call([&] { return SPI_getbinval(row, description(), number, is_null); });
}

std::optional<std::string> trigger_call::text_of(HeapTuple row, const char* column) const {
    const int number = find(column);
    if (number <= 0)
        return std::nullopt;
    const char* value = call([&]() -> const char* {
        const Oid type = TupleDescAttr(description(), number - 1)->atttypid;
        if (type != TEXTOID && type != VARCHAROID)
            return SPI_getvalue(row, description(), number);
        bool is_null = true;
        const Datum found = SPI_getbinval(row, description(), number, &is_null);
        return is_null ? nullptr : c_string(found);
    });
    if (!value)
        return std::nullopt;
    return value;
}

bool trigger_call::is_null_in(HeapTuple row, const char* column) const {
    const int number = find(column);
    if (number <= 0)
        throw missing_column(column);
    return heap_attisnull(row, number, description());
}

std::size_t trigger_call::size_in(HeapTuple row, int number) const {
    bool is_null = true;
    const Datum value = SPI_getbinval(row, description(), number, &is_null);
    return is_null ? std::size_t{0} : toast_raw_datum_size(value) - VARHDRSZ;
}

namespace {

// What the arguments say, kept for the rows of a statement, or for as long as the table stays as it
// is.
struct size_limits {
    static constexpr int most = 24;
    bool is_known;
    int count;
    struct {
        int argument, number;
        std::size_t most;
    } each[most];
};

} // namespace

std::optional<trigger_call::too_large> trigger_call::find_too_large(FunctionCallInfo fcinfo) const {
    auto& limits = kept_for_statement<size_limits>(fcinfo);
    if (!limits.is_known) {
        if (argument_count() > 2 * size_limits::most)
            throw core::error{
                core::errors::trigger_protocol_violated,
                core::format("trigger \"{}\" has too many arguments", data_->tg_trigger->tgname)};
        for (int i = 0; i + 1 < argument_count(); i += 2) {
            const int number = find(argument(i));
            if (number > 0 && TupleDescAttr(description(), number - 1)->attlen == -1)
                limits.each[limits.count++] = {i, number,
                                               std::strtoul(argument(i + 1), nullptr, 10)};
        }
        limits.is_known = true;
    }
    return call([&]() -> std::optional<too_large> {
        const int columns = description()->natts;
        auto* values = static_cast<Datum*>(palloc(columns * sizeof(Datum)));
        auto* nulls = static_cast<bool*>(palloc(columns * sizeof(bool)));
        heap_deform_tuple(new_row(), description(), values, nulls);
        for (int i = 0; i < limits.count; ++i) {
            const auto& limit = limits.each[i];
            if (nulls[limit.number - 1])
                continue;
            const std::size_t size = toast_raw_datum_size(values[limit.number - 1]) - VARHDRSZ;
            if (size > limit.most &&
                !(is_update() && size <= size_in(data_->tg_trigtuple, limit.number)))
                return too_large{argument(limit.argument), size, limit.most};
        }
        pfree(values);
        pfree(nulls);
        return std::nullopt;
    });
}

std::optional<Datum> trigger_call::json(const char* column) const {
    const int number = find(column);
    if (number <= 0 || TupleDescAttr(description(), number - 1)->atttypid != JSONBOID)
        return std::nullopt;
    bool is_null = true;
    const Datum value =
        call([&] { return SPI_getbinval(new_row(), description(), number, &is_null); });
    return is_null ? std::nullopt : std::optional<Datum>(value);
}

bool trigger_call::changes_only(std::initializer_list<std::string_view> columns) const {
    for (int number = 1; number <= description()->natts; ++number) {
        const Form_pg_attribute attribute = TupleDescAttr(description(), number - 1);
        if (attribute->attisdropped ||
            std::find(columns.begin(), columns.end(), NameStr(attribute->attname)) != columns.end())
            continue;
        // Bytes first: what was not written is the same Datum, and a long text need not be read.
        const bool same = call([&] {
            bool was_null = true, is_null = true;
            const Datum before =
                SPI_getbinval(data_->tg_trigtuple, description(), number, &was_null);
            const Datum after = SPI_getbinval(new_row(), description(), number, &is_null);
            if (was_null || is_null)
                return was_null == is_null;
            return datumIsEqual(before, after, attribute->attbyval, attribute->attlen) ||
                   std::strcmp(SPI_getvalue(data_->tg_trigtuple, description(), number),
                               SPI_getvalue(new_row(), description(), number)) == 0;
        });
        if (!same)
            return false;
    }
    return true;
}

bool trigger_call::runs_as_owner() const {
    return GetUserId() == data_->tg_relation->rd_rel->relowner;
}

void trigger_call::set(int number, Datum value, bool is_null) {
    call([&] {
        MemoryContext inside = MemoryContextSwitchTo(context_);
        new_row_ = heap_modify_tuple_by_cols(new_row_, description(), 1, &number, &value, &is_null);
        MemoryContextSwitchTo(inside);
    });
}

void trigger_call::set_text(const char* column, std::string_view value) {
    const int number = find(column);
    if (number <= 0)
        throw missing_column(column);
    const std::string text(value);
    const char* input_text = text.c_str();
    const Form_pg_attribute attribute = TupleDescAttr(description(), number - 1);
    set(number, call([&] {
            Oid input = InvalidOid, parameter = InvalidOid;
            getTypeInputInfo(attribute->atttypid, &input, &parameter);
            return OidInputFunctionCall(input, const_cast<char*>(input_text), parameter,
                                        attribute->atttypmod);
        }));
}

void trigger_call::set_uuid(const char* column, const uuid& value) {
    set(require(column, UUIDOID), to_datum(value));
}

void trigger_call::set_json(const char* column, std::optional<Datum> value) {
    set(require(column, JSONBOID), value.value_or(Datum{0}), !value);
}

// Where a column of fixed length stands in a row; null when it is NULL or not stored.
static char* place_in(HeapTuple row, TupleDesc description, int number) {
    HeapTupleHeader header = row->t_data;
    const bool has_nulls = HeapTupleHasNulls(row);
    if (number > HeapTupleHeaderGetNatts(header) ||
        (has_nulls && att_isnull(number - 1, header->t_bits)))
        return nullptr;
    char* data = reinterpret_cast<char*>(header) + header->t_hoff;
    std::size_t at = 0;
    for (int i = 0;; ++i) {
        if (has_nulls && att_isnull(i, header->t_bits))
            continue;
        const Form_pg_attribute attribute = TupleDescAttr(description, i);
        at = att_align_pointer(at, attribute->attalign, attribute->attlen, data + at);
        if (i == number - 1)
            return data + at;
        at = att_addlength_pointer(at, attribute->attlen, data + at);
    }
}

// A copy of the row with other bytes in one place: taking it apart and putting it together again
// takes several times as long, and every update of most tables comes through here.
void trigger_call::set_transaction_time(const char* column) {
    const int number = require(column, TIMESTAMPTZOID);
    const TimestampTz now = GetCurrentTransactionStartTimestamp();
    if (!place_in(new_row_, description(), number)) {
        set(number, TimestampTzGetDatum(now));
        return;
    }
    call([&] {
        MemoryContext inside = MemoryContextSwitchTo(context_);
        new_row_ = heap_copytuple(new_row_);
        MemoryContextSwitchTo(inside);
    });
    std::memcpy(place_in(new_row_, description(), number), &now, sizeof now);
}

void trigger_call::set_null(const char* column) {
    const int number = find(column);
    if (number <= 0)
        throw missing_column(column);
    set(number, static_cast<Datum>(0), true);
}

void trigger_call::keep(const char* column) {
    const int number = find(column);
    if (number <= 0)
        throw missing_column(column);
    bool is_null = true;
    const Datum before =
        call([&] { return SPI_getbinval(data_->tg_trigtuple, description(), number, &is_null); });
    set(number, before, is_null);
}

void trigger_call::violate(const char* constraint, const char* message, const std::string& detail,
                           const char* hint) const {
    const char* details = detail.c_str();
    call([&] {
        ereport(ERROR, (errcode(ERRCODE_CHECK_VIOLATION), errmsg_internal("%s", message),
                        errdetail_internal("%s", details), errhint("%s", hint),
                        errtableconstraint(data_->tg_relation, constraint)));
    });
    pg_unreachable();
}

void trigger_call::refuse(int column, const std::string& message, const std::string& detail,
                          const std::string& hint) const {
    const char *messages = message.c_str(), *details = detail.c_str(), *hints = hint.c_str();
    call([&] {
        ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE), errmsg_internal("%s", messages),
                        errdetail_internal("%s", details), errhint("%s", hints),
                        column > 0 ? errtablecol(data_->tg_relation, column)
                                   : errtable(data_->tg_relation)));
    });
    pg_unreachable();
}

transition_rows::transition_rows(const trigger_call& trigger, transition which)
    : trigger_(trigger),
      rows_(which == transition::added ? trigger.data_->tg_newtable : trigger.data_->tg_oldtable) {
    if (!rows_)
        return;
    call([&] {
        pointer_ = tuplestore_alloc_read_pointer(rows_, EXEC_FLAG_REWIND);
        tuplestore_select_read_pointer(rows_, pointer_);
        tuplestore_rescan(rows_);
        slot_ = MakeSingleTupleTableSlot(trigger_.description(), &TTSOpsMinimalTuple);
    });
}

transition_rows::~transition_rows() {
    if (slot_)
        ExecDropSingleTupleTableSlot(slot_);
}

bool transition_rows::next() {
    check_for_interrupts();
    // Other readers of the same rows have pointers of their own.
    return rows_ && call([&] {
               tuplestore_select_read_pointer(rows_, pointer_);
               return tuplestore_gettupleslot(rows_, true, false, slot_);
           });
}

bool transition_rows::differs_in(const transition_rows& other,
                                 std::initializer_list<std::string_view> columns) const {
    call([&] {
        slot_getallattrs(slot_);
        slot_getallattrs(other.slot_);
    });
    TupleDesc description = trigger_.description();
    for (int i = 0; i < description->natts; ++i) {
        const FormData_pg_attribute& column = *TupleDescAttr(description, i);
        const bool is_same =
            slot_->tts_isnull[i] == other.slot_->tts_isnull[i] &&
            (slot_->tts_isnull[i] || datumIsEqual(slot_->tts_values[i], other.slot_->tts_values[i],
                                                  column.attbyval, column.attlen));
        if (!is_same && !column.attisdropped &&
            std::find(columns.begin(), columns.end(), NameStr(column.attname)) != columns.end())
            return true;
    }
    return false;
}

std::optional<std::string> transition_rows::label(int column) const {
    bool is_null = true;
    const char* name = call([&]() -> const char* {
        const Datum value = slot_getattr(slot_, column, &is_null);
        return is_null ? nullptr : DatumGetCString(DirectFunctionCall1(enum_out, value));
    });
    return name ? std::optional<std::string>(name) : std::nullopt;
}

} // namespace driplo::pg
