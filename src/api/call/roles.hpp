// The roles of people: who is a moderator or an admin, and who may take part in the market at all.
#pragma once

#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

// user, moderator or admin; suspended for a suspended profile; nullopt for an unknown or deleted
// user. Whoever asks: who may know it is the caller's to say.
std::optional<std::string> role_of(const pg::uuid& user);

bool is_admin(const pg::uuid& user);

// The same of a user whose row is locked: also what was committed after the statement of the caller
// had begun counts.
bool is_admin_by_now(pg::spi spi, const pg::uuid& user);

// Whether the caller may be told what this user is: everybody about themselves, admins and the
// service about everybody.
bool may_ask_about(const pg::uuid& user);

// Whether policies show the caller what is everybody's.
bool caller_is_admin();

// Whether the policies of an order's or conversation's parts should begin with the part and not
// with all that is the caller's: for an admin, and who has sold a lot.
bool is_busy();

// Error 42501 when an argument names a user other than the caller, unless the service does. For
// PL/pgSQL it is private.acting_for().
void require_own(const std::optional<pg::uuid>& user);

// Error 42501 unless the caller is an admin or the service. `what` follows "only an admin or the
// service may".
void require_admin(const char* what);

// The same for moderators, admins and the service.
void require_staff(const char* what);

// Error 42501 unless the caller is the service: "only the service can" and then `what`. For
// PL/pgSQL it is private.require_service().
void require_service(const char* what);

// The caller, who may sell, buy, message and rate. Error 42501 that says why not.
pg::uuid required_trader();

// The same of a user for whom the service acts. Error P0002 for an unknown or deleted one, 42501
// for a suspended one.
void require_trader(const pg::uuid& user);

} // namespace driplo
