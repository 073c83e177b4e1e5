// auth.uid(), auth.role(), auth.email(), auth.jwt(): what the request's claims say, as on Supabase.
#include "pg/identity.hpp"
#include "pg/settings.hpp"

namespace driplo {

namespace {

Datum text_or_null(FunctionCallInfo fcinfo, std::optional<std::string_view> value) {
    return value ? pg::to_datum(*value) : pg::null_result(fcinfo);
}

} // namespace

DRIPLO_FUNCTION(driplo_auth_uid) {
    const auto user = pg::claimed_user();
    return user ? pg::result(*user) : pg::null_result(fcinfo);
}

DRIPLO_FUNCTION(driplo_auth_role) {
    return text_or_null(fcinfo, pg::claim_role());
}

DRIPLO_FUNCTION(driplo_auth_email) {
    return text_or_null(fcinfo, pg::claim_email());
}

DRIPLO_FUNCTION(driplo_auth_jwt) {
    const auto claims = pg::claims();
    return claims ? *claims : pg::null_result(fcinfo);
}

// private.caller() -> uuid: auth.uid() for functions that run as driplo_owner, who may have no
// right on schema auth
DRIPLO_FUNCTION(driplo_caller) {
    const auto user = pg::caller();
    return user ? pg::result(*user) : pg::null_result(fcinfo);
}

// private.trusts_session_claims() -> boolean
DRIPLO_FUNCTION(driplo_trusts_session_claims) {
    return BoolGetDatum(!pg::settings::require_local_claims && pg::has_session_claims());
}

// private.is_service()
DRIPLO_FUNCTION(driplo_is_service) {
    return pg::to_datum(pg::is_service());
}

} // namespace driplo
