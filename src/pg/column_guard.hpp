// Judges the row that a client's statement writes: columns that are not the client's keep their
// default or the value that they have.
//
// An INSERT may name a column that is not granted with its default, an UPDATE with the value that
// the row has. Times that the database keeps count as not sent, because object mappers send their
// own clock, and what they knew before the database set the time. An upsert's INSERT is judged
// before the server knows of the row that is there: such a row gets the defaults too, and what was
// sent for them is kept aside for the UPDATE that follows. So no row that is inserted ever has
// another value, whatever other sessions and triggers do meanwhile.
#pragma once

#include "pg/client_rights.hpp"
#include "pg/trigger.hpp"

#include <string>

namespace driplo::pg {

// Whether both guards of the table (private.guards()) fire for what this session writes.
bool has_guards(Oid schema, const char* table);

class column_guard {
public:
    column_guard(trigger_call& trigger, command what);

    // Whether the current user is a client: if not, nothing else here may be called.
    bool judges() const { return rights_ != nullptr; }

    // Whether any column is granted for the INSERT or UPDATE, and whether clients may read this
    // one.
    bool has_columns() const { return rights_->has_columns[static_cast<int>(what_)]; }
    bool may_read(int column) const { return rights_->columns[column - 1].may_select; }
    const char* name(int column) const;

    // Of a statement: the first column that it assigns and that is not granted; 0 for none.
    int assigned_beyond_grants() const;
    // Whether the rows may be those of child tables, whose triggers are others.
    bool has_children() const;
    // What an earlier statement sent is not of this one.
    void begin_statement() const;

    // Of a row: the first column with a value that it may not have, or 0 and the row as it may be
    // written. Where clients insert no row they may still name one that is there, for the UPDATE of
    // an upsert; `no_row` is the answer to any other. The trigger's first argument, unless empty,
    // is by what the client knows also what it cannot read, and so may confirm it; the others are
    // columns that the database keeps.
    static constexpr int no_row = -1;
    int judge_insert();
    int judge_update();

private:
    enum class likeness { same, equal, other };
    likeness compare(int column, Datum left, bool left_null, Datum right, bool right_null) const;
    bool is_kept(int column) const;
    bool is_there(const Datum* values, const bool* nulls) const;
    TupleDesc description() const { return trigger_.description(); }
    HeapTuple with(HeapTuple row, const Datum* values, const bool* nulls,
                   const bool* replaced) const;

    trigger_call& trigger_;
    command what_;
    const client_rights* rights_;
};

} // namespace driplo::pg
