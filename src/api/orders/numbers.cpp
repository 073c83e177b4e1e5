#include "api/orders/numbers.hpp"

#include "core/order_number.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/clock.hpp"
#include "pg/sequence.hpp"
#include "pg/table.hpp"

namespace driplo {

// Read each time: a copy kept in the session could be one that was rolled back or restored over
// since, and with another key numbers would repeat.
static const pg::bytea_by_name order_number_secret{"driplo_secrets", "secret", "order_number"};

static core::order_number_key order_number_key(Oid schema) {
    const auto secret = order_number_secret.read(schema);
    if (!secret)
        throw core::error{
            core::errors::object_not_in_prerequisite_state, "order number key is missing",
            "Table driplo_secrets has no row \"order_number\".",
            "Restore the row from a backup; another key would produce duplicate order numbers."};
    return core::make_order_number_key(*secret);
}

std::string next_number(std::string_view prefix) {
    const Oid schema = pg::current_installation().schema;
    const core::order_number_key key = order_number_key(schema);
    const std::int64_t value = pg::next_value(schema, "order_number_seq");
    return core::order_number(static_cast<std::uint64_t>(value), key, pg::transaction_unix_time(),
                              prefix);
}

} // namespace driplo
