// What goes on by itself when nobody says anything.
#pragma once

#include "pg/session.hpp"
#include "pg/value.hpp"

#include <string>
#include <vector>

namespace driplo {

// Those of these rows whose time for something is still over: asked under their lock.
std::vector<pg::uuid> still_overdue(pg::spi spi, const std::string& what,
                                    const std::vector<pg::uuid>& among);

} // namespace driplo
