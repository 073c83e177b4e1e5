#include "api/orders/numbers.hpp"

#include "core/order_number.hpp"
#include "pg/boundary.hpp"
#include "pg/catalog.hpp"
#include "pg/clock.hpp"
#include "pg/entry_point.hpp"
#include "pg/rights.hpp"
#include "pg/sequence.hpp"
#include "pg/table.hpp"
#include "pg/trigger.hpp"

namespace driplo {

static const pg::bytea_by_name order_number_secret{"driplo_secrets", "secret", "order_number"};
// Of a database that was made by TEMPLATE: the other key is the template's, and signs.
static const pg::bytea_by_name copy_secret{"driplo_secrets", "secret", "copy_order_number"};

static const pg::unique_row secrets{"driplo_secrets", "name", {{"database", OIDOID}}};
static const pg::plan use_own_key{"SELECT private.use_own_order_key()"};

static bool is_of_this_database() {
    auto row = secrets.find("copy_order_number", pg::snapshot::latest);
    if (!row)
        row = secrets.find("order_number", pg::snapshot::latest);
    return row && !row->is_own && row->value<Datum>(0) == ObjectIdGetDatum(MyDatabaseId);
}

// Asked until the key is seen, as committed, to be this database's.
static void have_own_key() {
    static bool is_own = false;
    if (is_own || (is_own = is_of_this_database()))
        return;
    const pg::owner_scope as_owner;
    is_own = pg::in_session([] { return use_own_key.run().value<bool>().value_or(false); });
}

static core::order_number_key order_number_key(Oid schema) {
    auto secret = copy_secret.read(schema);
    if (!secret)
        secret = order_number_secret.read(schema);
    if (!secret)
        throw core::error{
            core::errors::object_not_in_prerequisite_state, "order number key is missing",
            "Table driplo_secrets has no row \"order_number\".",
            "Restore the row from a backup; another key would produce duplicate order numbers."};
    return core::make_order_number_key(*secret);
}

std::string next_number(std::string_view prefix) {
    const Oid schema = pg::current_installation().schema;
    have_own_key();
    const core::order_number_key key = order_number_key(schema);
    const std::int64_t value = pg::next_value(schema, "order_number_seq");
    return core::order_number(static_cast<std::uint64_t>(value), key, pg::transaction_unix_time(),
                              prefix);
}

// private.announce_secrets() -> trigger
DRIPLO_FUNCTION(driplo_announce_secrets) {
    const pg::trigger_call t{fcinfo, pg::trigger_time::after,
                             pg::on_insert | pg::on_update | pg::on_delete | pg::on_truncate,
                             pg::trigger_level::statement};
    t.announce_change();
    return t.nothing();
}

} // namespace driplo
