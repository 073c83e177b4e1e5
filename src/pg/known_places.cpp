#include "pg/planner_prelude.hpp"

#include "pg/known_places.hpp"
#include "pg/transaction.hpp"

#include <cstring>

namespace driplo::pg {

namespace {

// A place is looked at before it is believed: another row may stand there by now, or another
// version of the row. So all that has to hold is that there is such a page, which it is while the
// table is locked and has its file.
struct place {
    Oid table; // none: nothing is known
    Oid file;
    int column;
    pg_uuid_t key;
    ItemPointerData at;
};

constexpr std::size_t place_count = 64; // a power of two; an order has some twenty
place places[place_count];
bool is_any_known = false;

void forget_places() {
    if (is_any_known)
        for (place& each : places)
            each.table = InvalidOid;
    is_any_known = false;
}

place& place_for(Oid table, const pg_uuid_t& key) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, key.data, sizeof bits);
    return places[(bits ^ table) % place_count];
}

bool is_uuid(Relation table, int column) {
    return TupleDescAttr(RelationGetDescr(table), column - 1)->atttypid == UUIDOID;
}

} // namespace

void watch_places() {
    // with a subtransaction its locks end
    watch_transaction([](std::uint32_t) { forget_places(); }, forget_places);
}

void remember_place(Relation table, int column, TupleTableSlot* slot) {
    if (column <= 0 || !is_uuid(table, column) || is_file_new(table))
        return;
    bool is_null = true;
    const Datum key = slot_getattr(slot, column, &is_null);
    if (is_null)
        return;
    const pg_uuid_t& id = *DatumGetUUIDP(key);
    place_for(RelationGetRelid(table), id) = {RelationGetRelid(table), table->rd_rel->relfilenode,
                                              column, id, slot->tts_tid};
    is_any_known = true;
}

bool find_at_known_place(Relation table, int column, Datum key, Snapshot visible,
                         TupleTableSlot* slot) {
    if (!is_any_known || !is_uuid(table, column))
        return false;
    place& known = place_for(RelationGetRelid(table), *DatumGetUUIDP(key));
    if (known.table != RelationGetRelid(table) || known.column != column ||
        known.file != table->rd_rel->relfilenode || is_file_new(table) ||
        std::memcmp(&known.key, DatumGetUUIDP(key), UUID_LEN) != 0)
        return false;
    ItemPointerData at = known.at;
    if (table_tuple_fetch_row_version(table, &at, visible, slot) && has_key(slot, column, key))
        return true;
    ExecClearTuple(slot);
    return false;
}

bool find_row(Relation table, Oid index_id, int column, Datum key, Snapshot visible,
              TupleTableSlot* slot) {
    if (find_at_known_place(table, column, key, visible, slot))
        return true;
    Relation index = index_open(index_id, AccessShareLock);
    IndexScanDesc scan = scan_for(table, index, visible, key);
    const bool is_there = index_getnext_slot(scan, ForwardScanDirection, slot);
    index_endscan(scan);
    unlock_scanned(index);
    if (is_there)
        remember_place(table, column, slot);
    return is_there;
}

} // namespace driplo::pg
