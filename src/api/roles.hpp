// The roles of people.
#pragma once

#include "pg/value.hpp"

namespace driplo {

// Whether the user is an admin whose profile is not deleted. Needs a session.
bool is_admin(const pg::uuid& user);

} // namespace driplo
