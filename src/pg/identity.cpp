#include "pg/identity.hpp"

#include "pg/catalog.hpp"

#include <cstring>

namespace driplo::pg {

namespace {

// Settings from a connection's start packet or ALTER ROLE ... SET were never checked for their encoding.
const char* setting(const char* name) {
    return call([&]() -> const char* {
        const char* value = GetConfigOption(name, true, false);
        if (!value || !*value)
            return nullptr;
        pg_verifymbstr(value, static_cast<int>(std::strlen(value)), false);
        return value;
    });
}

// The object of request.jwt.claims, parsed once for each value of the setting.
struct parsed_claims {
    MemoryContext context;
    const char* source;
    Datum json;
    const char* sub;
    const char* role;
    const char* email;
};
parsed_claims parsed{};

const parsed_claims* json_claims() {
    const char* source = setting("request.jwt.claims");
    if (!source)
        return nullptr;
    if (parsed.source && std::strcmp(parsed.source, source) == 0)
        return &parsed;
    parsed.source = nullptr;
    call([&] {
        if (!parsed.context)
            parsed.context =
                AllocSetContextCreate(TopMemoryContext, "driplo claims", ALLOCSET_SMALL_SIZES);
        MemoryContextReset(parsed.context);
        MemoryContext caller_context = MemoryContextSwitchTo(parsed.context);
        parsed.json = DirectFunctionCall1(jsonb_in, CStringGetDatum(source));
        parsed.sub = jsonb_field(parsed.json, "sub");
        parsed.role = jsonb_field(parsed.json, "role");
        parsed.email = jsonb_field(parsed.json, "email");
        parsed.source = pstrdup(source);
        MemoryContextSwitchTo(caller_context);
    });
    return &parsed;
}

std::optional<std::string_view> claim(const char* single, const char* parsed_claims::*member) {
    if (const char* value = setting(single))
        return value;
    const parsed_claims* all = json_claims();
    if (!all || !(all->*member))
        return std::nullopt;
    return all->*member;
}

}  // namespace

std::optional<std::string_view> claim_sub() { return claim("request.jwt.claim.sub", &parsed_claims::sub); }
std::optional<std::string_view> claim_role() { return claim("request.jwt.claim.role", &parsed_claims::role); }
std::optional<std::string_view> claim_email() { return claim("request.jwt.claim.email", &parsed_claims::email); }

std::optional<Datum> claims() {
    if (const char* single = setting("request.jwt.claim"))
        return call([&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(single)); });
    const parsed_claims* all = json_claims();
    if (!all)
        return std::nullopt;
    return call([&] { return PointerGetDatum(DatumGetJsonbPCopy(all->json)); });
}

std::optional<uuid> claimed_user() {
    const auto sub = claim_sub();
    if (!sub)
        return std::nullopt;
    const char* text = sub->data();  // claims are C strings
    return from_datum<uuid>(call([&] { return DirectFunctionCall1(uuid_in, CStringGetDatum(text)); }));
}

// Called by its OID, because driplo_owner needs no right on somebody else's schema auth that way.
static std::optional<uuid> foreign_auth_uid(Oid function) {
    bool is_null = true;
    const Datum user = call([&] {
        FmgrInfo info;
        fmgr_info(function, &info);
        LOCAL_FCINFO(fcinfo, 0);
        InitFunctionCallInfoData(*fcinfo, &info, 0, InvalidOid, nullptr, nullptr);
        const Datum value = FunctionCallInvoke(fcinfo);
        is_null = fcinfo->isnull;
        return value;
    });
    return is_null ? std::nullopt : std::optional<uuid>(from_datum<uuid>(user));
}

std::optional<uuid> caller() {
    const Oid foreign = current_installation().foreign_auth_uid;
    return OidIsValid(foreign) ? foreign_auth_uid(foreign) : claimed_user();
}

bool is_service() {
    return call([] {
        const Oid role = GetOuterUserId();
        if (superuser_arg(role) || role == get_role_oid("service_role", true))
            return true;
        HeapTuple database = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
        if (!HeapTupleIsValid(database))
            return false;
        const Oid owner = reinterpret_cast<Form_pg_database>(GETSTRUCT(database))->datdba;
        ReleaseSysCache(database);
        return role == owner;
    });
}

}  // namespace driplo::pg
