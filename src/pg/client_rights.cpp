#include "pg/planner_prelude.hpp"

#include "pg/client_rights.hpp"

#include "pg/table.hpp"

namespace driplo::pg {

// All of this runs inside call(): it owns nothing.

namespace {

struct rights_key {
    Oid relation;
    Oid role;
};

struct rights_entry {
    rights_key key;
    bool is_valid, is_filled;
    Oid whole; // what the grants are on
    MemoryContext context;
    client_rights rights;
};

HTAB* entries = nullptr;

void forget(Oid relation) {
    if (!entries)
        return;
    HASH_SEQ_STATUS scan;
    hash_seq_init(&scan, entries);
    while (auto* entry = static_cast<rights_entry*>(hash_seq_search(&scan)))
        if (!OidIsValid(relation) || entry->key.relation == relation || entry->whole == relation)
            entry->is_valid = false;
}

void forget_relation(Datum, Oid relation) {
    forget(relation);
}

// The cache's id is an int up to 18 and an enum afterwards.
template <typename CacheId>
void forget_roles(Datum, CacheId, uint32) {
    forget(InvalidOid);
}

bool reaches(Oid role, Oid grantee) {
    return grantee == ACL_ID_PUBLIC || has_privs_of_role(role, grantee);
}

bool is_client_role(Oid role) {
    return OidIsValid(role) &&
           (role == get_role_oid("authenticated", true) || role == get_role_oid("anon", true));
}

constexpr AclMode modes[] = {ACL_INSERT, ACL_UPDATE, ACL_DELETE};

// By whom the role has each command on the whole table.
void read_table(Oid relation, Oid role, client_rights& rights) {
    HeapTuple found = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
    if (!HeapTupleIsValid(found))
        elog(ERROR, "cache lookup failed for relation %u", relation);
    bool is_null = true;
    const Datum list = SysCacheGetAttr(RELOID, found, Anum_pg_class_relacl, &is_null);
    AclMode by_client = 0, by_others = 0;
    if (!is_null) {
        const Acl* acl = DatumGetAclP(list);
        for (int i = 0; i < ACL_NUM(acl); ++i) {
            const AclItem& item = ACL_DAT(acl)[i];
            if (is_client_role(item.ai_grantee) && reaches(role, item.ai_grantee))
                by_client |= ACLITEM_GET_PRIVS(item);
            else if (reaches(role, item.ai_grantee))
                by_others |= ACLITEM_GET_PRIVS(item);
        }
    }
    ReleaseSysCache(found);
    if (has_privs_of_role(role, ROLE_PG_WRITE_ALL_DATA))
        by_others |= ACL_INSERT | ACL_UPDATE | ACL_DELETE;
    if (superuser_arg(role))
        by_client = 0;
    for (int i = 0; i < 3; ++i)
        rights.is_judged[i] = (by_client & ~by_others & modes[i]) != 0;
}

void read_grants(Oid relation, int number, Oid role, column_right& column) {
    HeapTuple found = SearchSysCache2(ATTNUM, ObjectIdGetDatum(relation), Int16GetDatum(number));
    if (!HeapTupleIsValid(found))
        elog(ERROR, "cache lookup failed for attribute %d of relation %u", number, relation);
    bool is_null = true;
    const Datum list = SysCacheGetAttr(ATTNUM, found, Anum_pg_attribute_attacl, &is_null);
    AclMode granted = 0;
    if (!is_null) {
        const Acl* acl = DatumGetAclP(list);
        for (int i = 0; i < ACL_NUM(acl); ++i)
            if (reaches(role, ACL_DAT(acl)[i].ai_grantee))
                granted |= ACLITEM_GET_PRIVS(ACL_DAT(acl)[i]);
    }
    ReleaseSysCache(found);
    column.may_insert = (granted & ACL_INSERT) != 0;
    column.may_update = (granted & ACL_UPDATE) != 0;
    column.may_select =
        (granted & ACL_SELECT) != 0 || pg_class_aclcheck(relation, role, ACL_SELECT) == ACLCHECK_OK;
}

bool is_transaction_time(const Node* expression) {
    if (IsA(expression, FuncExpr))
        return reinterpret_cast<const FuncExpr*>(expression)->funcid == F_NOW;
    return IsA(expression, SQLValueFunction) &&
           reinterpret_cast<const SQLValueFunction*>(expression)->op == SVFOP_CURRENT_TIMESTAMP;
}

void read_default(Relation table, int number, MemoryContext kept, column_right& column) {
    const Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(table), number - 1);
    Node* expression = build_column_default(table, number);
    if (expression)
        expression = eval_const_expressions(nullptr, expression);
    column.is_constant = !expression || IsA(expression, Const);
    column.is_null = true;
    MemoryContext before = MemoryContextSwitchTo(kept);
    if (expression && column.is_constant) {
        const auto* constant = castNode(Const, expression);
        column.is_null = constant->constisnull;
        if (!column.is_null)
            column.value = datumCopy(constant->constvalue, attribute->attbyval, attribute->attlen);
    } else if (expression) {
        column.expression = static_cast<Node*>(copyObjectImpl(expression));
        column.is_kept_time =
            attribute->atttypid == TIMESTAMPTZOID && is_transaction_time(expression);
        column.is_volatile = contain_volatile_functions(expression);
    }
    MemoryContextSwitchTo(before);
}

void fill(rights_entry* entry, Relation table) {
    // Who is being judged by the old one goes on with it.
    if (entry->context)
        MemoryContextSetParent(entry->context, TopTransactionContext);
    entry->context = nullptr;
    entry->is_filled = false;
    entry->is_valid = true; // an invalidation that arrives while we look must not be lost
    entry->context =
        AllocSetContextCreate(TopMemoryContext, "driplo client rights", ALLOCSET_SMALL_SIZES);
    client_rights& rights = entry->rights;
    rights = client_rights{};
    entry->whole = whole_of(table);
    read_table(entry->whole, entry->key.role, rights);
    if (rights.is_judged[0] || rights.is_judged[1] || rights.is_judged[2]) {
        TupleDesc description = RelationGetDescr(table);
        rights.columns = static_cast<column_right*>(MemoryContextAllocZero(
            entry->context, sizeof(column_right) * static_cast<Size>(description->natts)));
        for (int i = 0; i < description->natts; ++i) {
            const Form_pg_attribute attribute = TupleDescAttr(description, i);
            column_right& column = rights.columns[i];
            column.is_unwritten = attribute->attisdropped || attribute->attgenerated != '\0';
            if (column.is_unwritten)
                continue;
            const AttrNumber number = entry->whole == entry->key.relation
                                          ? static_cast<AttrNumber>(i + 1)
                                          : get_attnum(entry->whole, NameStr(attribute->attname));
            read_grants(entry->whole, number, entry->key.role, column);
            read_default(table, i + 1, entry->context, column);
            rights.has_columns[static_cast<int>(command::insert)] |= column.may_insert;
            rights.has_columns[static_cast<int>(command::update)] |= column.may_update;
        }
        rights.count = description->natts;
    }
    entry->is_filled = true;
}

} // namespace

const client_rights* client_rights_on(Relation table, command what) {
    const Oid role = GetUserId();
    if (role == table->rd_rel->relowner)
        return nullptr;
    if (!entries) {
        HASHCTL layout{};
        layout.keysize = sizeof(rights_key);
        layout.entrysize = sizeof(rights_entry);
        entries = hash_create("driplo client rights", 64, &layout, HASH_ELEM | HASH_BLOBS);
    }
    const rights_key key{RelationGetRelid(table), role};
    bool is_known = false;
    auto* entry = static_cast<rights_entry*>(hash_search(entries, &key, HASH_ENTER, &is_known));
    if (!is_known) {
        *entry = rights_entry{};
        entry->key = key;
    }
    if (!entry->is_valid || !entry->is_filled)
        fill(entry, table);
    return entry->rights.is_judged[static_cast<int>(what)] ? &entry->rights : nullptr;
}

Datum default_of(const column_right& column, Oid type, bool* is_null) {
    *is_null = column.is_null;
    if (column.is_constant)
        return column.value;
    *is_null = false;
    if (column.is_kept_time)
        return TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
    EState* state = CreateExecutorState();
    auto* expression = static_cast<Expr*>(copyObjectImpl(column.expression));
    const Datum value = ExecEvalExprSwitchContext(ExecPrepareExpr(expression, state),
                                                  GetPerTupleExprContext(state), is_null);
    int16 length = 0;
    bool by_value = false;
    get_typlenbyval(type, &length, &by_value);
    const Datum copy = *is_null ? Datum{0} : datumCopy(value, by_value, length);
    FreeExecutorState(state);
    return copy;
}

void watch_client_rights() {
    CacheRegisterRelcacheCallback(forget_relation, Datum{0});
    CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, forget_roles, Datum{0});
    CacheRegisterSyscacheCallback(AUTHOID, forget_roles, Datum{0});
}

} // namespace driplo::pg
