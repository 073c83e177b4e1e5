// Reading a row without a statement, where a statement would cost more than the work. No right on
// the table is asked for and no policy: who calls this says in front of it what its caller may
// know.
#pragma once

#include "pg/value.hpp"

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace driplo::pg {

// The table that a partition is one of, by whose name everybody knows it and on which the grants
// are; of any other relation itself. May raise.
Oid whole_of(Relation relation);

// Whether its rows are in it, as the server keeps them: neither in partitions, nor elsewhere as
// those of a foreign table, of a view, and of one that Citus has distributed. May raise.
bool is_plain_table(Relation relation);

// The number of a column, from 1; 0 when there is none of that name.
int column_number(TupleDesc description, const char* name);

// An index of a relation whose first column is that one, of type uuid or text; a unique one of that
// column alone, or any. 0 when there is none. May raise, as the next one: for use inside call().
Oid unique_index_of(Relation relation, int column);
Oid any_index_of(Relation relation, int column);

// A scan of an index for the rows whose first column equals the value, a uuid or a text by the type
// of the column.
IndexScanDesc scan_for(Relation relation, Relation index, Snapshot visible, Datum value);

// When the scan has ended. The lock on the table keeps the index from being dropped; and no more
// than sixteen relations that a transaction locks are its own business (up to PostgreSQL 17), for
// all others it waits at the table of locks that all sessions share. So tables that are only looked
// at are unlocked, too, as the server does with its catalogs; not those of unique_row, whose rows
// are found again where they were (pg/known_places.hpp).
inline void unlock_scanned(Relation index) {
    index_close(index, AccessShareLock);
}

// Whether this transaction has written the row in the slot: no other one sees it.
bool is_written_here(TupleTableSlot* row);

// Whether a uuid or text column of the row is that value.
bool has_key(TupleTableSlot* row, int column, Datum value);

// A table of driplo's and what was found out about it, until the server says that it has changed.
class watched_table {
public:
    // Called when a relation, or with InvalidOid any, has changed.
    void forget(Oid relation) const {
        if (!OidIsValid(relation) || relation == relation_)
            is_known_ = false;
    }

protected:
    constexpr explicit watched_table(const char* name) : name_(name) {}

    // Opened and locked, with is_known_ telling whether what was kept still holds; null when there
    // is none. May raise: for use inside call().
    Relation open(Oid schema, LOCKMODE lock = AccessShareLock) const;

    const char* name_;
    mutable Oid schema_ = InvalidOid, relation_ = InvalidOid;
    mutable bool is_known_ = false, is_watched_ = false;
};

// The bytea `column` of the row of `table` whose primary key, one column of type text, is `key`:
// what is committed, or written by this transaction. It is kept until the server says that the
// table has changed, so a trigger of the table must say so of its rows:
// trigger_call::announce_change().
class bytea_by_name : watched_table {
public:
    constexpr bytea_by_name(const char* table, const char* column, const char* key)
        : watched_table(table), column_(column), key_(key) {}

    // Valid until the next call. Errors: 42P01, 42703, 42804 when the table is not as driplo made
    // it.
    std::optional<std::string_view> read(Oid schema) const;

private:
    void look(Oid schema) const;
    varlena* search(Relation relation) const;

    const char* column_;
    const char* key_;
    mutable varlena* kept_ = nullptr;
};

// What unique_row finds: the columns by their number, from 0.
struct found_row {
    static constexpr int most_columns = 16;
    Datum values[most_columns];
    bool nulls[most_columns];
    bool is_own; // written by this transaction: no other one sees it

    bool is_null(int column) const { return nulls[column]; }
    template <typename T>
    std::optional<T> value(int column) const {
        return nulls[column] ? std::nullopt : std::optional<T>(from_datum<T>(values[column]));
    }
    // The label of an enum; nullopt when NULL.
    std::optional<std::string> label(int column) const;
    // Whether a point in time is NULL or later than the transaction's.
    bool is_ahead(int column) const;
};

// Copies columns of these numbers, from 1. May raise, for use inside call().
void copy_columns(TupleTableSlot* slot, const int* numbers, int count, found_row& row);

enum class snapshot {
    of_query, // what the calling query sees, for STABLE functions
    fresh,    // what a new statement would see, for VOLATILE ones
    latest    // what is committed by now, also where statements keep the transaction's snapshot
};

// REPEATABLE READ and SERIALIZABLE: what others commit meanwhile is not seen, a lock or not.
bool keeps_its_snapshot();

// As SELECT ... FOR.
enum class row_lock { key_share, no_key_update, update };

inline constexpr Oid any_enum = InvalidOid;

// Columns of the rows of one of driplo's tables that have a value, a uuid or a text, in a column
// with an index. A short cut and no answer: there is nothing to find in a table that somebody has
// altered, partitioned or distributed. Who finds nothing asks by a statement.
class indexed_table : protected watched_table {
public:
    struct column {
        const char* name = nullptr;
        Oid type = any_enum;
    };

protected:
    constexpr indexed_table(const char* table, const char* key,
                            std::initializer_list<column> columns)
        : watched_table(table), key_(key) {
        for (const column& each : columns)
            columns_[count_++] = each;
    }

    // What follows runs inside call().

    // The table when it can be asked, by an index that `find_index` knows; else null.
    Relation open_known(Oid schema, LOCKMODE lock, Oid (*find_index)(Relation, int)) const;
    void copy_to(found_row& row, TupleTableSlot* slot) const {
        copy_columns(slot, numbers_, count_, row);
    }

    const char* key_;
    column columns_[found_row::most_columns]{};
    int count_ = 0;
    mutable int numbers_[found_row::most_columns]{};
    mutable int key_number_ = 0;
    mutable Oid index_ = InvalidOid; // invalid: there is nothing to find
    // a RESTRICTIVE policy says what of it is shown, or children have some of its rows
    mutable bool is_restricted_ = false;

private:
    void look_up(Relation relation, Oid (*find_index)(Relation, int)) const;
};

// A row by a column with a unique index of its own:
//
//     const pg::unique_row profile{"profiles", "id", {{"role", pg::any_enum}, ...}};
//     if (const auto row = profile.find(user, pg::snapshot::of_query)) ...
class unique_row : indexed_table {
public:
    using column = indexed_table::column;

    constexpr unique_row(const char* table, const char* key, std::initializer_list<column> columns)
        : indexed_table(table, key, columns) {}

    std::optional<found_row> find(const uuid& key, snapshot which) const {
        return find(to_datum(key), which);
    }
    std::optional<found_row> find(std::string_view key, snapshot which) const {
        return find(to_datum(key), which);
    }

    // As the calling query sees it; nothing also when somebody has restricted by a policy what is
    // shown of the table.
    std::optional<found_row> find_shown(const uuid& key) const {
        return find(to_datum(key), snapshot::of_query, true);
    }

    // Whether the index was asked, with a fresh snapshot, and has no such row.
    bool lacks(const uuid& key) const;

    // The row as it is when the lock is had. Nothing also under REPEATABLE READ, and in a read-only
    // transaction.
    std::optional<found_row> lock(const uuid& key, row_lock how) const;

private:
    std::optional<found_row> find(Datum key, snapshot which, bool of_shown = false) const;
    bool find_by(Datum key, Snapshot visible, Relation relation, found_row& row) const;
    bool lock_by(Datum key, LockTupleMode how, Relation relation, found_row& row) const;
};

// The rows of a key, with any index that begins with it:
//
//     const pg::rows_of lines{"cart_items", "cart_id", {{"listing_id", UUIDOID}}};
class rows_of : indexed_table {
public:
    constexpr rows_of(const char* table, const char* key, std::initializer_list<column> columns)
        : indexed_table(table, key, columns) {}

    // Calls one(row) inside call() for each row that a new statement would see, until it returns
    // false. False when the table cannot be asked.
    template <typename Visit>
    bool each(const uuid& key, Visit&& one) const {
        return visit(key, snapshot::fresh, one);
    }

    // The same of what the calling query sees, for STABLE functions that a policy calls. False also
    // when somebody has restricted by a policy what is shown of the table.
    template <typename Visit>
    bool each_shown(const uuid& key, Visit&& one) const {
        return visit(key, snapshot::of_query, one);
    }

    // Whether there is such a row; nothing when the table cannot be asked.
    std::optional<bool> has_any(const uuid& key) const {
        bool found = false;
        const bool was_asked = each(key, [&](const found_row&) {
            found = true;
            return false;
        });
        return was_asked ? std::optional<bool>(found) : std::nullopt;
    }

private:
    template <typename Visit>
    bool visit(const uuid& key, snapshot which, Visit& one) const {
        static_assert(std::is_trivially_destructible_v<Visit>);
        return visit(to_datum(key), which, &one, [](void* with, const found_row& row) {
            return (*static_cast<Visit*>(with))(row);
        });
    }
    bool visit(Datum key, snapshot which, void* with,
               bool (*one)(void* with, const found_row& row)) const;
    void visit_by(Datum key, Relation relation, void* with,
                  bool (*one)(void* with, const found_row& row)) const;
};

// A table that mostly has no rows.
class whole_table : watched_table {
public:
    constexpr explicit whole_table(const char* name) : watched_table(name) {}

    // Whether it has a row that a new statement would see; nothing when it cannot be asked.
    std::optional<bool> is_empty() const;

private:
    std::optional<bool> look(Oid schema) const;
};

// Called once, from _PG_init.
void watch_tables();

} // namespace driplo::pg
