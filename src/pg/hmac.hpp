// Keyed hashes, by the server's own implementation.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace driplo::pg {

// HMAC-SHA-256 of the parts one after the other.
std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view first,
                                         std::string_view second, std::string_view third);

} // namespace driplo::pg
