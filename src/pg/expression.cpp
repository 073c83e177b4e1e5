#include "pg/parser_prelude.hpp"

#include "pg/expression.hpp"

namespace driplo::pg {

namespace {

Node* parsed(const char* expression) {
    List* const statements = raw_parser(expression, RAW_PARSE_PLPGSQL_EXPR);
    const auto* select = castNode(SelectStmt, linitial_node(RawStmt, statements)->stmt);
    return linitial_node(ResTarget, select->targetList)->val;
}

// The expression as ALTER TABLE and CREATE POLICY leave it in the catalog.
Node* resolved(Relation relation, const char* expression, const char* column) {
    ParseState* const state = make_parsestate(nullptr);
    state->p_sourcetext = expression;
    ParseNamespaceItem* const item =
        addRangeTableEntryForRelation(state, relation, AccessShareLock, nullptr, false, false);
    addNSItemToQuery(state, item, false, true, true);
    Node* node = transformExpr(state, parsed(expression), EXPR_KIND_POLICY);
    const AttrNumber number = column ? get_attnum(RelationGetRelid(relation), column) : 0;
    if (number > 0) {
        const FormData_pg_attribute* attribute =
            TupleDescAttr(RelationGetDescr(relation), number - 1);
        node = coerce_to_target_type(state, node, exprType(node), attribute->atttypid,
                                     attribute->atttypmod, COERCION_ASSIGNMENT,
                                     COERCE_IMPLICIT_CAST, -1);
    } else {
        node = coerce_to_boolean(state, node, "POLICY");
    }
    assign_expr_collations(state, node);
    free_parsestate(state);
    return node;
}

// Each of the two rows is a level of its own, as of a query and its sub-query: so they can be
// printed.
Node* resolved_condition(Relation relation, const char* condition) {
    ParseState* level = nullptr;
    for (const char* const row : {"new", "old"}) {
        level = make_parsestate(level);
        level->p_sourcetext = condition;
        ParseNamespaceItem* const item = addRangeTableEntryForRelation(
            level, relation, AccessShareLock, makeAlias(row, NIL), false, false);
        addNSItemToQuery(level, item, false, true, true);
    }
    Node* const node =
        coerce_to_boolean(level, transformExpr(level, parsed(condition), EXPR_KIND_POLICY), "WHEN");
    assign_expr_collations(level, node);
    return node;
}

} // namespace

Datum printed_condition(Oid relation, std::string_view condition) {
    return call([relation, condition] {
        const Relation table = table_open(relation, AccessShareLock);
        Node* const node = resolved_condition(table, pnstrdup(condition.data(), condition.size()));
        List* const rows =
            list_concat(deparse_context_for("old", relation), deparse_context_for("new", relation));
        const Datum printed = CStringGetTextDatum(deparse_expression(node, rows, true, false));
        table_close(table, AccessShareLock);
        return printed;
    });
}

Datum printed_expression(Oid relation, std::string_view expression,
                         std::optional<std::string_view> column) {
    return call([relation, expression, column] {
        const char* const name = column ? pnstrdup(column->data(), column->size()) : nullptr;
        const Relation table = table_open(relation, AccessShareLock);
        Node* const node = resolved(table, pnstrdup(expression.data(), expression.size()), name);
        const Datum printed = DirectFunctionCall2(
            pg_get_expr, CStringGetTextDatum(nodeToString(node)), ObjectIdGetDatum(relation));
        table_close(table, AccessShareLock);
        return printed;
    });
}

} // namespace driplo::pg
