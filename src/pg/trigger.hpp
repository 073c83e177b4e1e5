// A trigger's call: what fired it, and the columns of its rows by name.
#pragma once

#include "pg/value.hpp"

#include <initializer_list>
#include <optional>
#include <string>

namespace driplo::pg {

enum trigger_event : unsigned { on_insert = 1, on_update = 2, on_delete = 4, on_truncate = 8 };
enum class trigger_time { before, after, either };
enum class trigger_level { row, statement };

// The two transition tables of a statement's trigger.
enum class transition { added, removed };

class trigger_call {
public:
    // Errors: 39P01 unless called by a trigger of this time, one of these events, and this level.
    trigger_call(FunctionCallInfo fcinfo, trigger_time time, unsigned events,
                 trigger_level level = trigger_level::row);

    // Makes the trigger's transition tables known by name to the statements of the session.
    void use_transition_tables() const;

    bool is_insert() const;
    bool is_delete() const;
    bool is_update() const;
    bool is_after() const;

    // Of a partition the whole table's.
    const char* table_name() const;

    // The new row's column as text, by its output function; nullopt when NULL or when the table has
    // no such column.
    std::optional<std::string> text(const char* column) const { return text_of(new_row(), column); }
    std::optional<std::string> old_text(const char* column) const {
        return text_of(data_->tg_trigtuple, column);
    }

    // The new row's column of a type that from_datum() knows. Errors: 42703 when the table has no
    // such column, 42804 when it is of another type.
    template <typename T>
    std::optional<T> value(const char* column) const {
        bool is_null = true;
        const Datum datum = typed(new_row(), column, sql_type<T>::oid, &is_null);
        return is_null ? std::nullopt : std::optional<T>(from_datum<T>(datum));
    }

    // The new row's jsonb column; nullopt when NULL, of another type, or not there.
    std::optional<Datum> json(const char* column) const;

    // The first of the columns of variable length that the trigger's arguments name, each with how
    // many bytes it may have, whose new value has more, uncompressed, and more than the old one.
    struct too_large {
        const char* column;
        std::size_t size, most;
    };
    std::optional<too_large> find_too_large(FunctionCallInfo fcinfo) const;

    // Whether the update changes the column, compared as text.
    bool changes(const char* column) const { return text(column) != old_text(column); }

    // The old row's, of an update.
    template <typename T>
    std::optional<T> old_value(const char* column) const {
        bool is_null = true;
        const Datum datum = typed(data_->tg_trigtuple, column, sql_type<T>::oid, &is_null);
        return is_null ? std::nullopt : std::optional<T>(from_datum<T>(datum));
    }

    // Whether the new row's column is NULL, and whether the old one's is. Errors: 42703.
    bool is_null(const char* column) const { return is_null_in(new_row(), column); }
    bool old_is_null(const char* column) const { return is_null_in(data_->tg_trigtuple, column); }

    // The arguments of CREATE TRIGGER.
    int argument_count() const { return data_->tg_trigger->tgnargs; }
    const char* argument(int number) const { return data_->tg_trigger->tgargs[number]; }

    // Whether a foreign key's action on this table is what fires a BEFORE trigger, and no statement
    // of anybody's. For functions with the caller's rights: in a SECURITY DEFINER one it would also
    // be true inside somebody else's foreign key.
    bool is_foreign_key_action() const { return InNoForceRLSOperation() && runs_as_owner(); }

    // Whether every column that the update changes is one of these.
    bool changes_only(std::initializer_list<std::string_view> columns) const;

    // Whether the statement runs with the rights of the table's owner: inside a function of driplo
    // or for a foreign key's action. Always so in a trigger function that is SECURITY DEFINER.
    bool runs_as_owner() const;

    // For BEFORE triggers: change the new row, which result() then hands to the server. The text is
    // read by the column's type. Errors: 42703, 42804.
    void set_text(const char* column, std::string_view value);
    void set_uuid(const char* column, const uuid& value);
    void set_json(const char* column, std::optional<Datum> value);
    void set_transaction_time(const char* column);
    void set_null(const char* column);
    // The old row's value, whatever the update says.
    void keep(const char* column);
    Datum result() const { return PointerGetDatum(new_row_); }

    // Error 23514 in the words of a constraint of that name on the trigger's table.
    [[noreturn]] void violate(const char* constraint, const char* message,
                              const std::string& detail, const char* hint) const;

    // Error 42501 about the whole table, or about one of its columns, which clients find in the
    // error's fields.
    [[noreturn]] void refuse(int column, const std::string& message, const std::string& detail,
                             const std::string& hint) const;

    // Has every session forget what it keeps of the table: this one after the statement, the others
    // once it is committed.
    void announce_change() const;

    // What an AFTER trigger returns: the server does not look at it. And a BEFORE STATEMENT one.
    Datum nothing() const { return static_cast<Datum>(0); }

private:
    friend class transition_rows;
    friend class column_guard;
    HeapTuple new_row() const { return new_row_; }
    void set(int number, Datum value, bool is_null = false);
    TupleDesc description() const { return data_->tg_relation->rd_att; }
    int find(const char* column) const;
    int require(const char* column, Oid type) const;
    core::error missing_column(const char* column) const;
    Datum typed(HeapTuple row, const char* column, Oid type, bool* is_null) const;
    std::optional<std::string> text_of(HeapTuple row, const char* column) const;
    bool is_null_in(HeapTuple row, const char* column) const;
    std::size_t size_in(HeapTuple row, int number) const;

    TriggerData* data_;
    HeapTuple new_row_;
    MemoryContext context_; // the server's, in which a changed row outlives every session of SPI
};

// The rows of a transition table, one after the other, without a statement:
//
//     pg::transition_rows lines(trigger, pg::transition::added);
//     const int listing = lines.require("listing_id", UUIDOID);
//     while (lines.next()) ... lines.value<pg::uuid>(listing) ...
class transition_rows {
public:
    transition_rows(const trigger_call& trigger, transition which);
    ~transition_rows();
    transition_rows(const transition_rows&) = delete;
    transition_rows& operator=(const transition_rows&) = delete;

    // The number of a column. Errors: 42703, 42804.
    int require(const char* column, Oid type) const { return trigger_.require(column, type); }
    int find(const char* column) const { return trigger_.find(column); }

    bool next();

    template <typename T>
    std::optional<T> value(int column) const {
        bool is_null = true;
        const Datum datum = call([&] { return slot_getattr(slot_, column, &is_null); });
        return is_null ? std::nullopt : std::optional<T>(from_datum<T>(datum));
    }
    // The label of an enum.
    std::optional<std::string> label(int column) const;

    // Whether the row differs from the other table's in one of these columns, byte by byte: what is
    // stored out of line and was not written is not read.
    bool differs_in(const transition_rows& other,
                    std::initializer_list<std::string_view> columns) const;

private:
    const trigger_call& trigger_;
    Tuplestorestate* rows_ = nullptr;
    TupleTableSlot* slot_ = nullptr;
    int pointer_ = 0;
};

} // namespace driplo::pg
