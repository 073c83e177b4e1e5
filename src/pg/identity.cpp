#include "pg/setting_prelude.hpp"

#include "pg/identity.hpp"

#include "core/error.hpp"
#include "pg/catalog.hpp"
#include "pg/settings.hpp"

#include <cctype>
#include <cstring>

namespace driplo::pg {

namespace {

// A claim that outlives its transaction is, behind a pooler, the next client's. A parallel worker
// has the leader's values without how they were set.
bool is_of_this_transaction(const char* name) {
    if (IsParallelWorker())
        throw core::error{
            core::errors::object_not_in_prerequisite_state,
            "claims cannot be read in a parallel query while driplo.require_local_claims is on",
            {},
            "Set max_parallel_workers_per_gather = 0 for the roles of requests."};
    return call([&] { return is_set_locally(name); });
}

const char* setting_as_it_is(const char* name) {
    const char* value = call([&] { return GetConfigOption(name, true, false); });
    if (!value || !*value || (settings::require_local_claims && !is_of_this_transaction(name)))
        return nullptr;
    return value;
}

// Settings from a connection's start packet or ALTER ROLE ... SET were never checked for their
// encoding.
const char* setting(const char* name) {
    const char* value = setting_as_it_is(name);
    if (value)
        call([&] { pg_verifymbstr(value, static_cast<int>(std::strlen(value)), false); });
    return value;
}

// The object of request.jwt.claims, parsed once for each value of the setting.
struct parsed_claims {
    MemoryContext context;
    const char* source;
    Datum json;
    const char* sub;
    const char* role;
    const char* email;
    const char* is_anonymous;
};
parsed_claims parsed{};

const parsed_claims* json_claims() {
    const char* source = setting_as_it_is("request.jwt.claims");
    if (source && parsed.source && std::strcmp(parsed.source, source) == 0)
        return &parsed;
    source = setting("request.jwt.claims");
    parsed.source = nullptr;
    if (parsed.context)
        MemoryContextReset(parsed.context);
    if (!source)
        return nullptr;
    call([&] {
        if (!parsed.context)
            parsed.context =
                AllocSetContextCreate(TopMemoryContext, "driplo claims", ALLOCSET_SMALL_SIZES);
        // Parsed in the caller's short-lived context; only what is asked for again is kept.
        const Datum json = DirectFunctionCall1(jsonb_in, CStringGetDatum(source));
        const char *sub = jsonb_field(json, "sub"), *role = jsonb_field(json, "role"),
                   *email = jsonb_field(json, "email"),
                   *is_anonymous = jsonb_field(json, "is_anonymous");
        MemoryContext caller_context = MemoryContextSwitchTo(parsed.context);
        parsed.json = PointerGetDatum(DatumGetJsonbPCopy(json));
        parsed.sub = sub ? pstrdup(sub) : nullptr;
        parsed.role = role ? pstrdup(role) : nullptr;
        parsed.email = email ? pstrdup(email) : nullptr;
        parsed.is_anonymous = is_anonymous ? pstrdup(is_anonymous) : nullptr;
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

} // namespace

std::optional<std::string> request_header(const char* name) {
    const char* headers = setting("request.headers");
    if (!headers)
        return std::nullopt;
    return json_text(call([&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(headers)); }),
                     name);
}

std::optional<std::string_view> claim_sub() {
    return claim("request.jwt.claim.sub", &parsed_claims::sub);
}
std::optional<std::string_view> claim_role() {
    return claim("request.jwt.claim.role", &parsed_claims::role);
}
std::optional<std::string_view> claim_email() {
    return claim("request.jwt.claim.email", &parsed_claims::email);
}

bool claims_to_be_anonymous() {
    return claim("request.jwt.claim.is_anonymous", &parsed_claims::is_anonymous) == "true";
}

std::optional<Datum> claims() {
    if (const char* single = setting("request.jwt.claim"))
        return call([&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(single)); });
    const parsed_claims* all = json_claims();
    if (!all)
        return std::nullopt;
    return call([&] { return PointerGetDatum(DatumGetJsonbPCopy(all->json)); });
}

// The user of the last claim: most requests ask more than once.
struct last_user {
    bool is_known;
    char text[48];
    uuid user;
};
static last_user last{};

std::optional<uuid> claimed_user() {
    const auto sub = claim_sub();
    if (!sub)
        return std::nullopt;
    const char* text = sub->data(); // claims are C strings
    if (!last.is_known || std::strcmp(last.text, text) != 0) {
        const auto user = from_datum<uuid>(
            call([&] { return DirectFunctionCall1(uuid_in, CStringGetDatum(text)); }));
        if (sub->size() >= sizeof last.text)
            return user;
        std::strcpy(last.text, text);
        last.user = user;
        last.is_known = true;
    }
    return last.user;
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

static bool looks_like_uuid(std::string_view text) {
    if (text.size() != 36)
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool hyphen = i == 8 || i == 13 || i == 18 || i == 23;
        if (hyphen ? text[i] != '-' : !std::isxdigit(static_cast<unsigned char>(text[i])))
            return false;
    }
    return true;
}

std::optional<uuid> actor() {
    if (is_service())
        if (const auto sub = claim_sub(); sub && !looks_like_uuid(*sub))
            return std::nullopt;
    return caller();
}

bool has_session_claims() {
    for (const char* name : {"request.jwt.claim.sub", "request.jwt.claims"}) {
        const char* value = call([&] { return GetConfigOption(name, true, false); });
        if (value && *value && !is_of_this_transaction(name))
            return true;
    }
    return false;
}

std::optional<uuid> caller() {
    const Oid foreign = current_installation().foreign_auth_uid;
    // Supabase's own function does not know the setting.
    if (OidIsValid(foreign) && settings::require_local_claims && has_session_claims())
        return std::nullopt;
    return OidIsValid(foreign) ? foreign_auth_uid(foreign) : claimed_user();
}

bool is_service() {
    return call([] {
        // ANALYZE, autovacuum, REINDEX and REFRESH run other people's functions; the session's role
        // is theirs not.
        if (InSecurityRestrictedOperation())
            return false;
        const Oid role = GetOuterUserId(), service = get_role_oid("service_role", true);
        if (role == service || superuser_arg(role))
            return true;
        // Whatever somebody has granted to them: a request's role is nobody else's.
        if (role == get_role_oid("authenticated", true) || role == get_role_oid("anon", true))
            return false;
        // A role for jobs has the service's rights; one that may only become it (NOINHERIT) has
        // not.
        if (OidIsValid(service) && has_privs_of_role(role, service))
            return true;
        HeapTuple database = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
        if (!HeapTupleIsValid(database))
            return false;
        const Oid owner = reinterpret_cast<Form_pg_database>(GETSTRUCT(database))->datdba;
        ReleaseSysCache(database);
        return role == owner;
    });
}

} // namespace driplo::pg
