// Secrets of this database for what its functions hand out and keep.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace driplo {

// Another one for each purpose. Made of the key of the order numbers: a key of its own would be one
// more thing that a backup has to hold and a restore has to bring back. nullopt when that is
// missing.
std::optional<std::string> signing_key(std::string_view purpose);

} // namespace driplo
