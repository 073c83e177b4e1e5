// Names and tokens that nobody can guess, and the link in an e-mail that needs no sign-in.
#include "api/call/signing_key.hpp"
#include "core/error.hpp"
#include "pg/entry_point.hpp"
#include "pg/hmac.hpp"
#include "pg/rights.hpp"

#include <fmt/format.h>

namespace driplo {

namespace {

const pg::plan unsubscribe{"SELECT private.unsubscribe_by($1)"};

std::string hexadecimal(const std::array<std::uint8_t, 32>& digest) {
    std::string text;
    for (const auto byte : digest)
        fmt::format_to(std::back_inserter(text), "{:02x}", byte);
    return text;
}

} // namespace

// private.sealed(purpose text, value text) -> text
DRIPLO_FUNCTION(driplo_sealed) {
    const auto purpose = pg::required<std::string_view>(fcinfo, 0, "purpose");
    const auto value = pg::required<std::string_view>(fcinfo, 1, "value");
    const auto key = signing_key("notifications");
    if (!key)
        throw core::error{
            core::errors::object_not_in_prerequisite_state, "order number key is missing",
            "Table driplo_secrets has no row \"order_number\".", "Restore the row from a backup."};
    // no purpose has a colon in its name
    return pg::to_datum(hexadecimal(pg::hmac_sha256(*key, purpose, ":", value)));
}

// unsubscribe(token text) -> text
DRIPLO_FUNCTION(driplo_unsubscribe) {
    const auto token = pg::argument<std::string_view>(fcinfo, 0);
    if (!token)
        return pg::null_result(fcinfo);
    const pg::owner_scope as_owner;
    const auto type = pg::in_session([&] { return unsubscribe.run(*token).value<std::string>(); });
    return type ? pg::to_datum(*type) : pg::null_result(fcinfo);
}

} // namespace driplo
