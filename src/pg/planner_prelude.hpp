// Catalogs, grants, defaults, what a statement assigns and the executor, beside what prelude.hpp
// includes: for the files that read catalogs, that judge columns, and that write rows. Comes first
// in them, so that prelude.hpp removes the macros of these headers too.
#pragma once

extern "C" {
#include "postgres.h"

#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_language.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/bitmapset.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rowsecurity.h"
#include "storage/lmgr.h"
#include "utils/hsearch.h"
#include "utils/typcache.h"
}

#include "pg/prelude.hpp"

// What the executor is asked for in another way from one version to the next.
namespace driplo::pg {

// Whether the transaction has made the table's file, which it may then cut off instead of making
// another one.
inline bool is_file_new(Relation table) {
#if PG_VERSION_NUM >= 160000
    const SubTransactionId made = table->rd_newRelfilelocatorSubid;
#else
    const SubTransactionId made = table->rd_newRelfilenodeSubid;
#endif
    return table->rd_createSubid != InvalidSubTransactionId || made != InvalidSubTransactionId;
}

// Whether no other row has the values of this one in these unique indexes, NIL for all, committed
// or about to be: who is in the middle of writing such a row is waited for.
inline bool has_no_conflict(ResultRelInfo* target, TupleTableSlot* row, EState* state,
                            List* indexes) {
    ItemPointerData other;
#if PG_VERSION_NUM >= 180000
    ItemPointerData nowhere;
    ItemPointerSetInvalid(&nowhere);
    return ExecCheckIndexConstraints(target, row, state, &other, &nowhere, indexes);
#else
    return ExecCheckIndexConstraints(target, row, state, &other, indexes);
#endif
}

// As insert_index_entries(), of a row that is not certain yet.
inline List* insert_uncertain_index_entries(ResultRelInfo* target, TupleTableSlot* row,
                                            EState* state, bool* has_conflict, List* indexes) {
#if PG_VERSION_NUM >= 160000
    return ExecInsertIndexTuples(target, row, state, false, true, has_conflict, indexes, false);
#else
    return ExecInsertIndexTuples(target, row, state, false, true, has_conflict, indexes);
#endif
}

// Of a row that was changed, as insert_index_entries().
inline List* update_index_entries(ResultRelInfo* target, TupleTableSlot* row, EState* state,
                                  bool only_summarizing) {
#if PG_VERSION_NUM >= 160000
    return ExecInsertIndexTuples(target, row, state, true, false, nullptr, NIL, only_summarizing);
#else
    (void)only_summarizing;
    return ExecInsertIndexTuples(target, row, state, true, false, nullptr, NIL);
#endif
}

// After the last row of a statement.
inline void end_index_insertions(ResultRelInfo* target, int index) {
#if PG_VERSION_NUM >= 170000
    index_insert_cleanup(target->ri_IndexRelationDescs[index], target->ri_IndexRelationInfo[index]);
#else
    (void)target;
    (void)index;
#endif
}

// One table, of which these columns are set.
inline void set_range_table(EState* state, Oid relation, Bitmapset* set_columns) {
    RangeTblEntry* entry = makeNode(RangeTblEntry);
    entry->rtekind = RTE_RELATION;
    entry->relid = relation;
    entry->relkind = RELKIND_RELATION;
    entry->rellockmode = RowExclusiveLock;
#if PG_VERSION_NUM >= 160000
    RTEPermissionInfo* rights = makeNode(RTEPermissionInfo);
    rights->relid = relation;
    rights->updatedCols = set_columns;
    entry->perminfoindex = 1;
#if PG_VERSION_NUM >= 180000
    ExecInitRangeTable(state, list_make1(entry), list_make1(rights), bms_make_singleton(1));
#else
    ExecInitRangeTable(state, list_make1(entry), list_make1(rights));
#endif
#else
    entry->updatedCols = set_columns;
    ExecInitRangeTable(state, list_make1(entry));
#endif
}

inline void begin_recheck(EPQState* recheck, EState* state) {
#if PG_VERSION_NUM >= 160000
    EvalPlanQualInit(recheck, state, nullptr, NIL, -1, NIL);
#else
    EvalPlanQualInit(recheck, state, nullptr, NIL, -1);
#endif
}

// False when a trigger wants no change.
inline bool fire_before_update(EState* state, EPQState* recheck, ResultRelInfo* target,
                               ItemPointer place, TupleTableSlot* row) {
    TM_FailureData failure;
#if PG_VERSION_NUM >= 180000
    return ExecBRUpdateTriggers(state, recheck, target, place, nullptr, row, nullptr, &failure,
                                false);
#elif PG_VERSION_NUM >= 160000
    return ExecBRUpdateTriggers(state, recheck, target, place, nullptr, row, nullptr, &failure);
#else
    return ExecBRUpdateTriggers(state, recheck, target, place, nullptr, row, &failure);
#endif
}

inline TM_Result update_row(Relation relation, ItemPointer place, TupleTableSlot* row,
                            EState* state, TM_FailureData* failure, bool* writes_indexes,
                            bool* only_summarizing) {
    LockTupleMode lock;
#if PG_VERSION_NUM >= 160000
    TU_UpdateIndexes which;
    const TM_Result result =
        table_tuple_update(relation, place, row, state->es_output_cid, state->es_snapshot,
                           InvalidSnapshot, true, failure, &lock, &which);
    *writes_indexes = which != TU_None;
    *only_summarizing = which == TU_Summarizing;
#else
    const TM_Result result =
        table_tuple_update(relation, place, row, state->es_output_cid, state->es_snapshot,
                           InvalidSnapshot, true, failure, &lock, writes_indexes);
    *only_summarizing = false;
#endif
    return result;
}

} // namespace driplo::pg
