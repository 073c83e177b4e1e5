// Where the rows are that this transaction has found, locked or written. Who asks for one of them
// again goes to it, and not through an index to it.
#pragma once

#include "pg/table.hpp"

namespace driplo::pg {

// All of it runs inside call(). A key is the value of a column with a unique index of its own.

// The row that the snapshot sees, in the slot, which is one of the table's.
bool find_row(Relation table, Oid index, int column, Datum key, Snapshot visible,
              TupleTableSlot* slot);

// The same, when it is where it was: false says nothing.
bool find_at_known_place(Relation table, int column, Datum key, Snapshot visible,
                         TupleTableSlot* slot);

// The row in the slot was found or written. Only of uuids.
void remember_place(Relation table, int column, TupleTableSlot* slot);

// Called once, from _PG_init.
void watch_places();

} // namespace driplo::pg
