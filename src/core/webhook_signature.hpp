// The header with which Stripe signs what it delivers: "t=1700000000,v1=5257a8...,v0=...".
// https://docs.stripe.com/webhooks (verify manually)
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace driplo::core {

using sha256_digest = std::array<std::uint8_t, 32>;

struct webhook_signature {
    std::int64_t timestamp;          ///< seconds since 1970, as written into the signed text
    std::string_view timestamp_text; ///< the same as it stands in the header
    std::vector<sha256_digest> v1;   ///< several while a secret is being replaced
};

/// nullopt for a header without a time or without a readable signature of the scheme v1. The view
/// points into the header.
std::optional<webhook_signature> parse_webhook_signature(std::string_view header);

/// Takes the same time whatever the first difference is.
bool equal_in_constant_time(const sha256_digest& a, const sha256_digest& b) noexcept;

} // namespace driplo::core
