// Column rights in words: what a client's statement may write of a table, and what to do instead.
#include "pg/column_guard.hpp"
#include "pg/catalog.hpp"
#include "pg/entry_point.hpp"
#include "pg/rights.hpp"

#include "core/format.hpp"

#include <string_view>

namespace driplo {

namespace {

const pg::plan find_hint{"SELECT private.write_hint($1, $2, $3)"};

const char* privilege_of(pg::command what) {
    return what == pg::command::insert   ? "INSERT"
           : what == pg::command::update ? "UPDATE"
                                         : "DELETE";
}

// Of a command as a whole, or of a column in it; the words stand beside the rights (rights.sql).
std::string hint_for(const pg::trigger_call& trigger, const char* privilege,
                     std::optional<std::string> column) {
    const pg::owner_scope as_owner;
    return pg::in_session([&] {
        return find_hint.run(std::string(trigger.table_name()), std::string(privilege), column)
            .value<std::string>()
            .value_or("");
    });
}

[[noreturn]] void refuse_column(const pg::trigger_call& trigger, const pg::column_guard& guard,
                                const char* privilege, int column) {
    const std::string name = guard.name(column);
    const bool is_insert = std::string_view(privilege) == "INSERT";
    trigger.refuse(column,
                   core::format("permission denied for column \"{}\" of table \"{}\"", name,
                                trigger.table_name()),
                   is_insert ? "An INSERT can only set this column to its default."
                             : "An UPDATE can only set this column to the value that it has.",
                   hint_for(trigger, privilege, name));
}

[[noreturn]] void refuse_command(const pg::trigger_call& trigger, pg::command what) {
    trigger.refuse(0, core::format("permission denied for table {}", trigger.table_name()),
                   core::format("Clients cannot {} this table directly.",
                                what == pg::command::insert   ? "insert rows into"
                                : what == pg::command::update ? "update rows of"
                                                              : "delete rows from"),
                   hint_for(trigger, privilege_of(what), std::nullopt));
}

pg::command command_of(const pg::trigger_call& trigger) {
    return trigger.is_insert()   ? pg::command::insert
           : trigger.is_delete() ? pg::command::remove
                                 : pg::command::update;
}

} // namespace

// guard_columns(): BEFORE INSERT OR UPDATE, for each row, before all other triggers
DRIPLO_FUNCTION(driplo_guard_columns) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    pg::column_guard guard(row, command_of(row));
    if (!guard.judges())
        return row.result();
    const int refused = row.is_insert() ? guard.judge_insert() : guard.judge_update();
    if (refused == pg::column_guard::no_row)
        refuse_command(row, pg::command::insert);
    if (refused != 0)
        refuse_column(row, guard, row.is_insert() ? "INSERT" : "UPDATE", refused);
    return row.result();
}

// guard_commands(): BEFORE, for each statement; the arguments are the commands that no client has
DRIPLO_FUNCTION(driplo_guard_commands) {
    pg::trigger_call statement(fcinfo, pg::trigger_time::before,
                               pg::on_insert | pg::on_update | pg::on_delete,
                               pg::trigger_level::statement);
    const pg::command what = command_of(statement);
    const pg::column_guard guard(statement, what);
    if (!guard.judges())
        return statement.nothing();
    guard.begin_statement();
    const std::string_view privilege = privilege_of(what);
    bool is_refused = false;
    for (int i = 0; i < statement.argument_count(); ++i)
        is_refused = is_refused || statement.argument(i) == privilege;
    // A column that the shop has granted is the client's; all others are as they were.
    if (is_refused && (what == pg::command::remove || !guard.has_columns()))
        refuse_command(statement, what);
    // Rows of a child table meet the triggers of that table, and not those of this one.
    if (what == pg::command::update && (is_refused || guard.has_children()))
        if (const int column = guard.assigned_beyond_grants(); column != 0)
            refuse_column(statement, guard, "UPDATE", column);
    return statement.nothing();
}

// require_guard(table_name text) -> boolean
DRIPLO_FUNCTION(driplo_require_guard) {
    const std::string name = pg::argument<std::string>(fcinfo, 0).value_or("");
    if (!pg::has_guards(pg::current_installation().schema, name.c_str()))
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          core::format("guard of table \"{}\" is missing or disabled", name),
                          "Without it, column privileges would not be checked.",
                          "As a superuser, run SELECT driplo_migrate()."};
    return pg::to_datum(true);
}

} // namespace driplo
