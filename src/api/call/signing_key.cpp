#include "api/call/signing_key.hpp"

#include "pg/catalog.hpp"
#include "pg/hmac.hpp"
#include "pg/table.hpp"

namespace driplo {

static const pg::bytea_by_name order_number_secret{"driplo_secrets", "secret", "order_number"};

std::optional<std::string> signing_key(std::string_view purpose) {
    const auto secret = order_number_secret.read(pg::current_installation().schema);
    if (!secret)
        return std::nullopt;
    const auto derived = pg::hmac_sha256(*secret, purpose, {}, {});
    return std::string(derived.begin(), derived.end());
}

} // namespace driplo
