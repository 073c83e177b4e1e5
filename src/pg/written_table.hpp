// A table whose rows are written without a statement, where starting one would cost more than the
// rows: what the server's executor needs for them, kept for the session and made anew when the
// table has changed, or a function.
//
// Rows so written are the server's own work: defaults, triggers of every kind, foreign keys, CHECK
// constraints, indexes, transition tables. Where that does not apply they are written by a
// statement, with the same rows and errors: a table that is not a plain one any more (partitions,
// rules, FORCE ROW LEVEL SECURITY, generated columns, exclusion constraints), one that is being
// written further out, REPEATABLE READ and SERIALIZABLE, session_replication_role, a role that does
// not own the table, driplo.direct_writes = off.
#pragma once

#include "pg/table.hpp"

namespace driplo::pg {

class written_table : protected watched_table {
protected:
    constexpr explicit written_table(const char* name, bool may_conflict = false)
        : watched_table(name), may_conflict_(may_conflict) {}

    // The number of frames that are in the middle of writing: only the outermost writes.
    class frame {
    public:
        explicit frame(const written_table& table) : count_(table.writing_) { ++count_; }
        ~frame() { --count_; }
        frame(const frame&) = delete;
        frame& operator=(const frame&) = delete;

    private:
        unsigned& count_;
    };
    bool can_write_now() const;

    // What follows runs inside call() and owns nothing.

    struct reference;
    struct kept {
        bool is_usable;
        EState* state;
        ResultRelInfo* target;
        TupleTableSlot* row;    // that is written
        TupleTableSlot* before; // as it was
        EPQState* recheck;
        int index_count;
        Oid* indexes;
        bool has_open_indexes;
        MemoryContext of_statement;
        int id; // the column of the primary key; 0 when it has another form
        int reference_count;
        reference* references;
    };

    // Looks at the table, in the memory that is kept, unless that was done and nothing has changed
    // since; true when it was not. The columns are those that an update sets.
    bool build(Relation relation, const char* const* set_columns, int set_count) const;
    // Whether rows of it can be written.
    bool is_usable(Relation relation) const;

    // Around the rows, as a statement does, with triggers for the statement in between.
    void begin(Relation relation, CmdType command) const;
    void end(Relation relation) const;

    // For entries in them, which most updates do not make.
    void open_indexes() const;

    // After a row was inserted: AFTER triggers. Those that look for what a foreign key refers to
    // are left out where it was found and locked here, as they would have.
    void queue_insert_triggers(List* unsure_indexes) const;

    mutable kept* kept_ = nullptr;
    mutable MemoryContext memory_ = nullptr;
    mutable TransitionCaptureState* capture_ = nullptr;

private:
    const bool may_conflict_; // rows may be there already

    void look_at_indexes() const;
    void look_at_references(Relation relation) const;
    void explain_update(Relation relation, const char* const* set_columns, int set_count) const;
    bool has_referenced_row(reference& of) const;
    bool lock_referenced_row(const reference& of, const Datum* values) const;
    static bool explain_reference(const ForeignKeyCacheInfo& key, reference& found);
    bool lock_found_row(Relation table, const reference& of, const Datum* values,
                        TupleTableSlot* slot) const;
    static bool find_by_index(Relation table, const reference& of, const Datum* values,
                              TupleTableSlot* slot);
    static bool has_keys(const reference& of, TupleTableSlot* row, const Datum* values);

    mutable bool is_clean_ = true; // no error came out of the middle of writing
    mutable unsigned writing_ = 0;
};

} // namespace driplo::pg
