#include "pg/support_prelude.hpp"

#include "pg/planner_support.hpp"

#include <cstring>

namespace driplo::pg {

// All of this is of the server: it runs inside call() and owns nothing.
namespace {

constexpr Oid uuid_at_least = 2977; // uuid >= uuid, in the catalog of each server
constexpr double estimated_list = 10;

const indexable_function* find_function(Oid id, const indexable_function* functions,
                                        std::size_t count) {
    const char* name = get_func_name(id);
    for (std::size_t i = 0; name && i < count; ++i)
        if (std::strcmp(functions[i].name, name) == 0)
            return &functions[i];
    return nullptr;
}

// Found whoever plans: the schema of the policies' functions is open to nobody, who may yet call
// them.
Expr* call_of_value(Oid function, const indexable_function& known, List* arguments) {
    const Oid types[1] = {TEXTOID};
    const int n = list_length(arguments);
    if (n > 1)
        return nullptr;
    const Oid id = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum(known.value),
                                   PointerGetDatum(buildoidvector(types, n)),
                                   ObjectIdGetDatum(get_func_namespace(function)));
    return OidIsValid(id)
               ? reinterpret_cast<Expr*>(makeFuncExpr(id, get_func_rettype(id), arguments,
                                                      InvalidOid, InvalidOid, COERCE_EXPLICIT_CALL))
               : nullptr;
}

// Whether the query has a condition that leaves one value of the column. More of them to look for
// would only take time.
bool is_fixed(const SupportRequestIndexCondition& request, Oid equal) {
    const ListCell* cell = nullptr;
    foreach (cell, request.index->rel->baserestrictinfo) {
        const auto* condition =
            reinterpret_cast<const OpExpr*>(lfirst_node(RestrictInfo, cell)->clause);
        if (!IsA(condition, OpExpr) || condition->opno != equal)
            continue;
        for (int side = 0; side < 2; ++side)
            if (match_index_to_operand(static_cast<Node*>(list_nth(condition->args, side)),
                                       request.indexcol, request.index))
                return true;
    }
    return false;
}

List* index_condition(SupportRequestIndexCondition& request, const indexable_function& known) {
    const List* arguments = reinterpret_cast<const FuncExpr*>(request.node)->args;
    if (!IsA(request.node, FuncExpr) || request.indexarg != 0 ||
        request.index->relam != BTREE_AM_OID)
        return NIL;
    const Oid compared = get_opfamily_member(
        request.opfamily, UUIDOID, UUIDOID,
        known.how == comparison::at_least ? BTGreaterEqualStrategyNumber : BTEqualStrategyNumber);
    Expr* value = call_of_value(request.funcid, known, list_copy_tail(arguments, 1));
    if (!OidIsValid(compared) || !value ||
        !is_pseudo_constant_for_index(request.root, reinterpret_cast<Node*>(value), request.index))
        return NIL;
    auto* column = static_cast<Expr*>(linitial(arguments));
    request.lossy = false;
    if (known.how != comparison::at_least && is_fixed(request, compared))
        return NIL;
    if (known.how != comparison::any_of)
        return list_make1(
            make_opclause(compared, BOOLOID, false, column, value, InvalidOid, InvalidOid));
    auto* condition = makeNode(ScalarArrayOpExpr);
    condition->opno = compared;
    condition->opfuncid = get_opcode(compared);
    condition->useOr = true;
    condition->args = list_make2(column, value);
    condition->location = -1;
    return list_make1(condition);
}

// As of a value that is not known: a plan is kept, and used for other callers too. Only who has a
// role is asked for, as most have none.
bool estimate(SupportRequestSelectivity& request, const indexable_function& known) {
    if (request.is_join)
        return false;
    if (known.how == comparison::at_least) {
        Expr* value = call_of_value(request.funcid, known, list_copy_tail(request.args, 1));
        if (!value)
            return false;
        request.selectivity = restriction_selectivity(request.root, uuid_at_least,
                                                      list_make2(linitial(request.args), value),
                                                      InvalidOid, request.varRelid);
        return true;
    }
    VariableStatData column;
    examine_variable(request.root, static_cast<Node*>(linitial(request.args)), request.varRelid,
                     &column);
    bool is_default = false;
    const double distinct = get_variable_numdistinct(&column, &is_default);
    ReleaseVariableStats(column);
    request.selectivity = (known.how == comparison::any_of ? estimated_list : 1) / distinct;
    CLAMP_PROBABILITY(request.selectivity);
    return true;
}

void* answer(Node* request, const indexable_function* functions, std::size_t count) {
    if (IsA(request, SupportRequestIndexCondition)) {
        auto& asked = *reinterpret_cast<SupportRequestIndexCondition*>(request);
        const indexable_function* known = find_function(asked.funcid, functions, count);
        return known ? index_condition(asked, *known) : nullptr;
    }
    if (IsA(request, SupportRequestSelectivity)) {
        auto& asked = *reinterpret_cast<SupportRequestSelectivity*>(request);
        const indexable_function* known = find_function(asked.funcid, functions, count);
        return known && estimate(asked, *known) ? request : nullptr;
    }
    return nullptr;
}

} // namespace

Datum kept_array(FunctionCallInfo fcinfo, Datum array) {
    return call([&] {
        const auto* found =
            static_cast<const varlena*>(static_cast<const void*>(DatumGetPointer(array)));
        void* copy = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, VARSIZE(found));
        std::memcpy(copy, found, VARSIZE(found));
        return PointerGetDatum(copy);
    });
}

Datum answer_planner(Datum request, const indexable_function* functions, std::size_t count) {
    return call([&] {
        return PointerGetDatum(
            answer(reinterpret_cast<Node*>(DatumGetPointer(request)), functions, count));
    });
}

} // namespace driplo::pg
