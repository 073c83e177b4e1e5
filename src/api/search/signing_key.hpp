// A secret of this database for what search hands out and keeps.
#pragma once

#include <optional>
#include <string>

namespace driplo {

// Made of the key of the order numbers: a key of its own would be one more thing that a backup has
// to hold and a restore has to bring back. nullopt when that is missing.
std::optional<std::string> signing_key();

} // namespace driplo
