// Where webhooks may be sent: a host on the internet, by its name and over TLS.
//
// Who may name an address for this server to call could else let it call what only it can reach.
// A name can still resolve to a private address: the sender looks at that when it connects.
#pragma once

#include <string_view>

namespace driplo::core {

/// Why webhooks are not sent to this address, as a sentence; nullptr for one that may be used.
///
/// It is read strictly, and anything that two programs could read differently is refused: ASCII
/// only (names in other letters in Punycode), "https://", at least two labels of letters, digits
/// and inner hyphens, no trailing dot, the last label a word and not a number, nothing before "@",
/// no port but 443, no fragment, no character that RFC 3986 has no place for.
const char* webhook_url_problem(std::string_view url) noexcept;

} // namespace driplo::core
