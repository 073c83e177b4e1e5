// What clients may write of a table, by the catalog's own data: the columns that are granted.
//
// A client role may have a command on a whole table and its columns beside it: the one lets the
// statement through, the others say what it may change, and a trigger judges (column_guard.hpp).
#pragma once

#include "pg/prelude.hpp"

namespace driplo::pg {

enum class command { insert, update, remove };

struct column_right {
    // Dropped or generated: no statement gives it a value.
    bool is_unwritten;
    bool may_insert, may_update, may_select;
    // The default is the time of the transaction: the database keeps this column, whatever a
    // statement says.
    bool is_kept_time;
    // The default, NULL without one: a constant, or what has to be evaluated for each row; volatile
    // if that gives another one each time.
    bool is_constant, is_volatile, is_null;
    Datum value;
    Node* expression;
};

struct client_rights {
    bool is_judged[3]; // by command
    bool has_columns[3];
    int count;
    column_right* columns; // by number, from 0
};

// The rights of the current user on the table, if a client role (anon, authenticated) is what gives
// them the command on the whole table; null for everybody else: the owner, superusers, the service,
// and whoever was granted the table in another way. Kept for the session until a grant, a
// membership or the table changes. May raise: for use inside call().
const client_rights* client_rights_on(Relation table, command what);

// The column's default for a new row, in the current memory context. May raise.
Datum default_of(const column_right& column, Oid type, bool* is_null);

// Called once, from _PG_init.
void watch_client_rights();

} // namespace driplo::pg
