#include "pg/trigger.hpp"

#include <fmt/format.h>

namespace driplo::pg {

namespace {

constexpr core::error_code undefined_column{"42703", "undefined_column", ""};
constexpr core::error_code datatype_mismatch{"42804", "datatype_mismatch", ""};

bool fired_by(TriggerEvent event, unsigned events) {
    return ((events & on_insert) && TRIGGER_FIRED_BY_INSERT(event)) ||
           ((events & on_update) && TRIGGER_FIRED_BY_UPDATE(event)) ||
           ((events & on_delete) && TRIGGER_FIRED_BY_DELETE(event));
}

std::string event_names(unsigned events) {
    std::string names;
    for (const auto& [event, name] : {std::pair{on_insert, "INSERT"}, {on_update, "UPDATE"}, {on_delete, "DELETE"}})
        if (events & event)
            names += (names.empty() ? "" : " or ") + std::string(name);
    return names;
}

}  // namespace

trigger_call::trigger_call(FunctionCallInfo fcinfo, trigger_time time, unsigned events, trigger_level level)
    : data_(CALLED_AS_TRIGGER(fcinfo) ? reinterpret_cast<TriggerData*>(fcinfo->context) : nullptr) {
    if (!data_)
        throw core::error{core::errors::trigger_protocol_violated,
                          "a trigger function can only be called by a trigger"};
    const TriggerEvent event = data_->tg_event;
    const bool right_time =
        time == trigger_time::before ? TRIGGER_FIRED_BEFORE(event) : TRIGGER_FIRED_AFTER(event);
    const bool right_level = (level == trigger_level::row) == static_cast<bool>(TRIGGER_FIRED_FOR_ROW(event));
    if (!right_level || !right_time || !fired_by(event, events))
        throw core::error{
            core::errors::trigger_protocol_violated,
            fmt::format("trigger \"{}\" fires its function in a way that it is not made for",
                        data_->tg_trigger->tgname),
            fmt::format("It has to be a FOR EACH {} trigger that fires {} {}.",
                        level == trigger_level::row ? "ROW" : "STATEMENT", time == trigger_time::before ? "BEFORE" : "AFTER", event_names(events))};
}

void trigger_call::use_transition_tables() const {
    call([&] {
        const int code = SPI_register_trigger_data(data_);
        if (code < 0)
            elog(ERROR, "could not use the transition tables: %s", SPI_result_code_string(code));
    });
}

bool trigger_call::is_update() const { return TRIGGER_FIRED_BY_UPDATE(data_->tg_event); }

HeapTuple trigger_call::new_row() const {
    return is_update() ? data_->tg_newtuple : data_->tg_trigtuple;
}

int trigger_call::find(const char* column) const {
    return call([&] { return SPI_fnumber(description(), column); });
}

int trigger_call::require(const char* column, Oid type) const {
    const int number = find(column);
    if (number <= 0)
        throw core::error{undefined_column,
                          fmt::format("table \"{}\" has no column \"{}\"",
                                      RelationGetRelationName(data_->tg_relation), column),
                          fmt::format("The trigger \"{}\" needs it.", data_->tg_trigger->tgname)};
    if (TupleDescAttr(description(), number - 1)->atttypid != type) {
        const char* expected = call([&] { return format_type_be(type); });
        throw core::error{datatype_mismatch,
                          fmt::format("column \"{}\" of table \"{}\" is not of type {}", column,
                                      RelationGetRelationName(data_->tg_relation), expected),
                          fmt::format("The trigger \"{}\" needs it.", data_->tg_trigger->tgname)};
    }
    return number;
}

Datum trigger_call::typed(const char* column, Oid type, bool* is_null) const {
    const int number = require(column, type);
    return call([&] { return SPI_getbinval(new_row(), description(), number, is_null); });
}

std::optional<std::string> trigger_call::text_of(HeapTuple row, const char* column) const {
    const int number = find(column);
    if (number <= 0)
        return std::nullopt;
    const char* value = call([&] { return SPI_getvalue(row, description(), number); });
    if (!value)
        return std::nullopt;
    return value;
}

std::optional<Datum> trigger_call::json(const char* column) const {
    const int number = find(column);
    if (number <= 0 || TupleDescAttr(description(), number - 1)->atttypid != JSONBOID)
        return std::nullopt;
    bool is_null = true;
    const Datum value = call([&] { return SPI_getbinval(new_row(), description(), number, &is_null); });
    return is_null ? std::nullopt : std::optional<Datum>(value);
}

Datum trigger_call::with_transaction_time(const char* column) const {
    int number = require(column, TIMESTAMPTZOID);
    return call([&] {
        Datum now = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
        bool is_null = false;
        return PointerGetDatum(
            heap_modify_tuple_by_cols(new_row(), description(), 1, &number, &now, &is_null));
    });
}

}  // namespace driplo::pg
