// Reading a row without a statement, where a statement would cost more than the work. No right on
// the table is asked for and no policy: who calls this says in front of it what its caller may
// know.
#pragma once

#include "pg/value.hpp"

#include <initializer_list>
#include <optional>
#include <string>

namespace driplo::pg {

// The number of a column, from 1; 0 when there is none of that name.
int column_number(TupleDesc description, const char* name);

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

// The bytea `column` of the row of `table` whose primary key, one column of type text, is `key`.
// Where the row was found is kept, and the next look begins there; what stands there is read each
// time.
class bytea_by_name : watched_table {
public:
    constexpr bytea_by_name(const char* table, const char* column, const char* key)
        : watched_table(table), column_(column), key_(key) {}

    // As it is committed now; valid as long as the current memory context. Errors: 42P01, 42703,
    // 42804 when the table is not as driplo made it.
    std::optional<std::string_view> read(Oid schema) const;

private:
    varlena* look(Oid schema) const;
    varlena* search(Relation relation) const;
    varlena* look_where_it_was(Relation relation) const;

    const char* column_;
    const char* key_;
    mutable int number_ = 0;
    mutable ItemPointerData place_{};
};

// What unique_row finds: the columns by their number, from 0.
struct found_row {
    static constexpr int most_columns = 4;
    Datum values[most_columns];
    bool nulls[most_columns];

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

enum class snapshot {
    of_query, // what the calling query sees, for STABLE functions
    fresh,    // what a new statement would see, for VOLATILE ones
    latest    // what is committed by now, also where statements keep the transaction's snapshot
};

// REPEATABLE READ and SERIALIZABLE: what others commit meanwhile is not seen, a lock or not.
bool keeps_its_snapshot();

// A row of one of driplo's tables by its uuid in a column with a unique index of its own:
//
//     const pg::unique_row profile{"profiles", "id", {{"role", pg::any_enum}, ...}};
//     if (const auto row = profile.find(user, pg::snapshot::of_query)) ...
//
// It is a short cut and no answer: there is nothing to find in a table that somebody has altered,
// partitioned or distributed. Who finds nothing asks by a statement.
inline constexpr Oid any_enum = InvalidOid;
class unique_row : watched_table {
public:
    struct column {
        const char* name = nullptr;
        Oid type = any_enum;
    };

    constexpr unique_row(const char* table, const char* key, std::initializer_list<column> columns)
        : watched_table(table), key_(key) {
        for (const column& each : columns)
            columns_[count_++] = each;
    }

    std::optional<found_row> find(const uuid& key, snapshot which) const;

    // Whether the index was asked, with a fresh snapshot, and has no such row.
    bool lacks(const uuid& key) const;

private:
    bool find_by(const uuid& key, Snapshot visible, Relation relation, found_row& row) const;
    void look_up(Relation relation) const;
    Oid unique_index(Relation relation) const;

    const char* key_;
    column columns_[found_row::most_columns]{};
    int count_ = 0;
    mutable int numbers_[found_row::most_columns]{};
    mutable Oid index_ = InvalidOid; // invalid: there is nothing to find
};

// Called once, from _PG_init.
void watch_tables();

} // namespace driplo::pg
