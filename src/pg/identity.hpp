// Who is calling: the user that the request's claims name, and whether the session is a service.
#pragma once

#include "pg/value.hpp"

#include <optional>

namespace driplo::pg {

// The claims of the current request, from the settings that PostgREST and Supabase use:
// request.jwt.claim.<name> first, then the JSON object in request.jwt.claims. Text as `->>` gives
// it. The parsed object is kept until the setting changes. With driplo.require_local_claims only
// those that were set for this transaction count. Errors: 22P02 for broken JSON; 55000 in a
// parallel worker while that setting is on.
std::optional<std::string_view> claim_sub();
std::optional<std::string_view> claim_role();
std::optional<std::string_view> claim_email();
// Whether the claim is_anonymous says that the user has not signed up: Supabase's anonymous
// sign-in.
bool claims_to_be_anonymous();
// All claims as jsonb, a Datum in the current memory context.
std::optional<Datum> claims();

// claim_sub() as uuid. Errors: 22P02.
std::optional<uuid> claimed_user();

// Whether claims that name a user were set for longer than this transaction. Errors: 55000 in a
// parallel worker.
bool has_session_claims();

// The caller: auth.uid(). Supabase's own auth.uid() is asked where this library's is not installed.
std::optional<uuid> caller();

// The caller, for the record of who did something. A service may be named by a sub that is no uuid:
// nullopt.
std::optional<uuid> actor();

// True for service_role, roles that inherit its rights, the owner of the database and superusers;
// never for anon and authenticated. What counts is the role that the
// session runs as (SET ROLE), outside any SECURITY DEFINER function. False in code that the server
// runs on behalf of a table's owner: index expressions under ANALYZE, autovacuum or REINDEX.
bool is_service();

// A header of the request as PostgREST has passed it on in request.headers, by its name in lower
// case. Whoever sends the request writes it. Errors: 22P02 for broken JSON.
std::optional<std::string> request_header(const char* name);

} // namespace driplo::pg
