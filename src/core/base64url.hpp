// Bytes as text that needs no escaping in an address: RFC 4648, section 5, without padding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace driplo::core {

std::string base64url(std::string_view bytes);

/// nullopt for what base64url() does not write.
std::optional<std::string> from_base64url(std::string_view text);

} // namespace driplo::core
