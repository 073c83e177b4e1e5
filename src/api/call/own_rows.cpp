// What is the caller's, for the policies of what hangs on it: the lines of an order, the messages
// of a conversation. A policy that asks by a sub-select starts the executor for each statement.
#include "api/call/roles.hpp"

#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/table.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::rows_of purchases{"orders", "buyer_id", {{"id", UUIDOID}}};
const pg::rows_of sales{"orders", "seller_id", {{"id", UUIDOID}}};
const pg::plan find_orders{
    "SELECT ARRAY(SELECT id FROM {s}.orders WHERE $1 IN (buyer_id, seller_id))",
    pg::access::read_only};

const pg::plan find_sales{"SELECT ARRAY(SELECT id FROM {s}.orders WHERE seller_id = $1)",
                          pg::access::read_only};

const pg::rows_of asked{"conversations", "buyer_id", {{"id", UUIDOID}}};
const pg::rows_of answered{"conversations", "seller_id", {{"id", UUIDOID}}};
const pg::plan find_conversations{
    "SELECT ARRAY(SELECT id FROM {s}.conversations WHERE $1 IN (buyer_id, seller_id))",
    pg::access::read_only};

const pg::rows_of carts{"shopping_carts", "user_id", {{"id", UUIDOID}}};
const pg::plan find_carts{"SELECT ARRAY(SELECT id FROM {s}.shopping_carts WHERE user_id = $1)",
                          pg::access::read_only};

// Each by its ID, with the two of whom one has to be the caller.
const pg::unique_row order{"orders", "id", {{"buyer_id", UUIDOID}, {"seller_id", UUIDOID}}};
namespace order_column {
enum { buyer, seller };
}
const pg::plan find_order{"SELECT EXISTS (SELECT FROM {s}.orders WHERE id = $1)",
                          pg::access::read_only};
const pg::plan find_sale{
    "SELECT EXISTS (SELECT FROM {s}.orders WHERE id = $1 AND (seller_id = $2 OR $3))",
    pg::access::read_only};
const pg::unique_row conversation{
    "conversations", "id", {{"buyer_id", UUIDOID}, {"seller_id", UUIDOID}}};
const pg::plan find_conversation{R"(
    SELECT EXISTS (SELECT FROM {s}.conversations WHERE id = $1 AND $2 IN (buyer_id, seller_id)))",
                                 pg::access::read_only};

bool is_party(const pg::found_row& row, const pg::uuid& caller) {
    return row.value<pg::uuid>(0) == caller || row.value<pg::uuid>(1) == caller;
}

Datum ids_of(std::initializer_list<const pg::rows_of*> places, const pg::plan& as_statement) {
    const auto caller = pg::caller();
    pg::gathered_uuids ids;
    if (!caller)
        return ids.array();
    auto add = [&](const pg::found_row& row) {
        ids.add(row.values[0]);
        return true;
    };
    if (std::all_of(places.begin(), places.end(),
                    [&](const pg::rows_of* rows) { return rows->each_shown(*caller, add); }))
        return ids.array();
    // as the caller, whose policies are asked
    return pg::to_datum(
        pg::in_session([&] { return *as_statement.run(*caller).value<std::vector<pg::uuid>>(); }));
}

} // namespace

// private.own_orders() -> uuid[]
DRIPLO_FUNCTION(driplo_own_orders) {
    return is_busy() ? pg::gathered_uuids{}.array() : ids_of({&purchases, &sales}, find_orders);
}

// private.own_sales() -> uuid[]
DRIPLO_FUNCTION(driplo_own_sales) {
    return is_busy() ? pg::gathered_uuids{}.array() : ids_of({&sales}, find_sales);
}

// private.own_conversations() -> uuid[]
DRIPLO_FUNCTION(driplo_own_conversations) {
    return is_busy() ? pg::gathered_uuids{}.array()
                     : ids_of({&asked, &answered}, find_conversations);
}

// private.own_carts() -> uuid[]
DRIPLO_FUNCTION(driplo_own_carts) {
    return ids_of({&carts}, find_carts);
}

// private.sees_order(order_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_sees_order) {
    const auto id = *pg::argument<pg::uuid>(fcinfo, 0);
    const auto caller = pg::caller();
    if (!caller)
        return pg::to_datum(false);
    if (const auto row = order.find_shown(id))
        return pg::to_datum(is_party(*row, *caller) || caller_is_admin());
    return pg::to_datum(
        pg::in_session([&] { return find_order.run(id).value<bool>().value_or(false); }));
}

// private.sees_sale(order_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_sees_sale) {
    const auto id = *pg::argument<pg::uuid>(fcinfo, 0);
    const auto caller = pg::caller();
    if (!caller)
        return pg::to_datum(false);
    const bool sees_all = caller_is_admin();
    if (const auto row = order.find_shown(id))
        return pg::to_datum(sees_all || row->value<pg::uuid>(order_column::seller) == caller);
    return pg::to_datum(pg::in_session(
        [&] { return find_sale.run(id, *caller, sees_all).value<bool>().value_or(false); }));
}

// private.sees_conversation(conversation_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_sees_conversation) {
    const auto id = *pg::argument<pg::uuid>(fcinfo, 0);
    const auto caller = pg::caller();
    if (!caller)
        return pg::to_datum(false);
    if (const auto row = conversation.find_shown(id))
        return pg::to_datum(is_party(*row, *caller));
    return pg::to_datum(pg::in_session(
        [&] { return find_conversation.run(id, *caller).value<bool>().value_or(false); }));
}

} // namespace driplo
