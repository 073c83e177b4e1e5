// Everything of the server that driplo uses, in one place.
//
// The only file that includes PostgreSQL headers or asks for PG_VERSION_NUM. The server's headers
// define macros that collide with the standard library and {fmt}; they are removed here, before
// any C++ header is read.
#pragma once

extern "C" {
#include "postgres.h"

#include "access/detoast.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/partition.h"
#include "catalog/pg_am.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_database.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "common/hmac.h"
#include "common/sha2.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "tsearch/ts_type.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"
#include "utils/uuid.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif
}

#if PG_VERSION_NUM < 150000
#error "driplo needs PostgreSQL 15 or newer"
#endif

#undef sprintf
#undef snprintf
#undef vsnprintf
#undef printf
#undef fprintf
#undef vprintf
#undef vfprintf
#undef vsprintf
#undef strerror
#undef strerror_r
#undef Min
#undef Max
#undef Abs
#undef _
#undef gettext
#undef dgettext
#undef ngettext
#undef dngettext

namespace driplo::pg {

inline IndexScanDesc begin_index_scan(Relation table, Relation index, Snapshot visible, int keys) {
#if PG_VERSION_NUM >= 180000
    return index_beginscan(table, index, visible, nullptr, keys, 0);
#else
    return index_beginscan(table, index, visible, keys, 0);
#endif
}

inline Oid primary_key_index(Relation relation) {
#if PG_VERSION_NUM >= 180000
    return RelationGetPrimaryKeyIndex(relation, false);
#else
    return RelationGetPrimaryKeyIndex(relation);
#endif
}

// Of a row that was written. Those of unique indexes that are checked at the end of the transaction
// and may have found another row.
inline List* insert_index_entries(ResultRelInfo* target, TupleTableSlot* row, EState* state) {
#if PG_VERSION_NUM >= 160000
    return ExecInsertIndexTuples(target, row, state, false, false, nullptr, NIL, false);
#else
    return ExecInsertIndexTuples(target, row, state, false, false, nullptr, NIL);
#endif
}

} // namespace driplo::pg
