// What is the caller's, for the policies of what hangs on it: the lines of an order, the messages
// of a conversation. A policy that asks by a sub-select starts the executor for each statement.
#include "api/call/roles.hpp"

#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/planner_support.hpp"
#include "pg/table.hpp"

#include <algorithm>
#include <iterator>

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

const pg::plan find_own_order{R"(
    SELECT EXISTS (SELECT FROM {s}.orders WHERE id = $1 AND $2 IN (buyer_id, seller_id)))",
                              pg::access::read_only};
const pg::unique_row cart{"shopping_carts", "id", {{"user_id", UUIDOID}}};
const pg::plan find_own_cart{
    "SELECT EXISTS (SELECT FROM {s}.shopping_carts WHERE id = $1 AND user_id = $2)",
    pg::access::read_only};

bool is_party(const pg::found_row& row, const pg::uuid& caller) {
    return row.value<pg::uuid>(0) == caller || row.value<pg::uuid>(1) == caller;
}

// What was answered last in a statement: rows of one order mostly follow one another.
struct last_answer {
    bool is_known, is_yes;
    decltype(pg::uuid::bytes) id;
    int looks;
    bool is_busy;
};

// After so many looks it pays to ask whether the caller is one whom the policy asks about each row
// in another way.
constexpr int many_looks = 16;

enum class busy_callers { asked_here, asked_beside };

// Whether it is a row in which the caller is named, by its ID; a statement is run as the caller,
// whose policies are asked.
Datum is_own(FunctionCallInfo fcinfo, const pg::unique_row& place, const pg::plan& as_statement,
             busy_callers busy,
             bool (*is_named)(const pg::found_row& row, const pg::uuid& caller)) {
    const auto id = *pg::argument<pg::uuid>(fcinfo, 0);
    auto& last = pg::kept_for_statement<last_answer>(fcinfo);
    if (last.is_known && last.id == id.bytes)
        return pg::to_datum(last.is_yes);
    last.is_known = false;
    if (busy == busy_callers::asked_beside && ++last.looks == many_looks)
        last.is_busy = is_busy();
    const auto caller = pg::caller();
    if (!caller || last.is_busy)
        return pg::to_datum(false);
    if (const auto row = place.find_shown(id))
        last.is_yes = is_named(*row, *caller);
    else
        last.is_yes = pg::in_session(
            [&] { return as_statement.run(id, *caller).value<bool>().value_or(false); });
    last.id = id.bytes;
    last.is_known = true;
    return pg::to_datum(last.is_yes);
}

struct known_caller {
    bool is_known, is_there;
    decltype(pg::uuid::bytes) id;
};

const known_caller& caller_of(FunctionCallInfo fcinfo) {
    auto& known = pg::kept_for_statement<known_caller>(fcinfo);
    if (!known.is_known) {
        const auto caller = pg::caller();
        known.is_there = caller.has_value();
        known.id = caller.value_or(pg::uuid{}).bytes;
        known.is_known = true;
    }
    return known;
}

// What an index finds of those for which these say yes. own_orders() and own_conversations() are
// empty for a busy caller, of whom a policy asks in another way beside.
constexpr pg::indexable_function indexable[] = {
    {"is_caller", "caller_id", pg::comparison::equal},
    {"is_shown_to", "ids_from", pg::comparison::at_least},
    {"is_own_order", "own_orders", pg::comparison::any_of},
    {"is_own_conversation", "own_conversations", pg::comparison::any_of},
    {"is_own_cart", "own_carts", pg::comparison::any_of},
};

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

Datum of_all(std::initializer_list<const pg::rows_of*> places, const pg::plan& as_statement) {
    return is_busy() ? pg::gathered_uuids{}.array() : ids_of(places, as_statement);
}

struct known_ids {
    bool is_known;
    Datum ids;
};

// In a join an index is asked for each row of the other side.
template <typename Find>
Datum once(FunctionCallInfo fcinfo, const Find& find) {
    auto& known = pg::kept_for_statement<known_ids>(fcinfo);
    if (!known.is_known) {
        known.ids = pg::kept_array(fcinfo, find());
        known.is_known = true;
    }
    return known.ids;
}

} // namespace

// private.index_conditions(request internal) -> internal
DRIPLO_FUNCTION(driplo_index_conditions) {
    return pg::answer_planner(PG_GETARG_DATUM(0), indexable, std::size(indexable));
}

// private.caller_id() -> uuid
DRIPLO_FUNCTION(driplo_caller_id) {
    const known_caller& caller = caller_of(fcinfo);
    return caller.is_there ? pg::result(pg::uuid{caller.id}) : pg::null_result(fcinfo);
}

// private.is_caller(user_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_is_caller) {
    const known_caller& caller = caller_of(fcinfo);
    return pg::to_datum(caller.is_there && pg::argument<pg::uuid>(fcinfo, 0)->bytes == caller.id);
}

// private.is_own_order(order_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_is_own_order) {
    return is_own(fcinfo, order, find_own_order, busy_callers::asked_beside, is_party);
}

// private.is_own_conversation(conversation_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_is_own_conversation) {
    return is_own(fcinfo, conversation, find_conversation, busy_callers::asked_beside, is_party);
}

// private.is_own_cart(cart_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_is_own_cart) {
    return is_own(fcinfo, cart, find_own_cart, busy_callers::asked_here,
                  [](const pg::found_row& row, const pg::uuid& caller) {
                      return row.value<pg::uuid>(0) == caller;
                  });
}

// private.own_orders() -> uuid[]
DRIPLO_FUNCTION(driplo_own_orders) {
    return once(fcinfo, [] { return of_all({&purchases, &sales}, find_orders); });
}

// private.own_sales() -> uuid[]
DRIPLO_FUNCTION(driplo_own_sales) {
    return once(fcinfo, [] { return of_all({&sales}, find_sales); });
}

// private.own_conversations() -> uuid[]
DRIPLO_FUNCTION(driplo_own_conversations) {
    return once(fcinfo, [] { return of_all({&asked, &answered}, find_conversations); });
}

// private.own_carts() -> uuid[]
DRIPLO_FUNCTION(driplo_own_carts) {
    return once(fcinfo, [] { return ids_of({&carts}, find_carts); });
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
