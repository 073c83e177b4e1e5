#include "api/cart/means.hpp"

#include "api/orders/effects.hpp"
#include "api/orders/state_lists.hpp"
#include "core/format.hpp"
#include "core/order_state.hpp"
#include "pg/json.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"

namespace driplo {

namespace {

// Only one's own: an address or card of somebody else's is as unknown as one that is not there.
// Locked, so that what is found here is there when the orders name it. What the buyer holds unpaid
// is counted under the cart's lock: of two checkouts at once the second counts the first one's.
constexpr pg::part means{"means", R"(
    SELECT
        a.country_code::text,
        {address_copy},
        {knows_billing},
        {knows_card},
        unpaid.orders,
        unpaid.pieces
    FROM {s}.shipping_addresses a
    CROSS JOIN LATERAL (
        SELECT pg_catalog.count(DISTINCT o.id), COALESCE(pg_catalog.sum(i.quantity), 0)
        FROM {s}.orders o
        LEFT JOIN {s}.order_items i ON i.order_id = o.id
        WHERE o.buyer_id = $1 AND o.status IN ({unpaid_order_states})
    ) AS unpaid (orders, pieces)
    WHERE a.id = $2 AND a.user_id = $1
    FOR KEY SHARE OF a)"};
const pg::plan find_all_means{R"(
    WITH billing AS (
        SELECT FROM {s}.shipping_addresses
        WHERE id = $3 AND user_id = $1
        FOR KEY SHARE
    ),
    card AS (SELECT FROM {s}.payment_methods WHERE id = $4 AND user_id = $1 FOR KEY SHARE)
    {means})",
                              {address_copy,
                               unpaid_order_states,
                               {"knows_billing", "$3 IS NULL OR EXISTS (SELECT FROM billing)"},
                               {"knows_card", "$4 IS NULL OR EXISTS (SELECT FROM card)"},
                               means},
                              pg::planned::once};
const pg::plan find_address{
    "{means}",
    {address_copy, unpaid_order_states, {"knows_billing", "true"}, {"knows_card", "true"}, means},
    pg::planned::once};

// An address alone, which most orders name, is read by its index.
const pg::unique_row address{"shipping_addresses",
                             "id",
                             {{"user_id", UUIDOID},
                              {"country_code", VARCHAROID},
                              {"name", VARCHAROID},
                              {"phone", VARCHAROID},
                              {"address_line1", VARCHAROID},
                              {"address_line2", VARCHAROID},
                              {"city", VARCHAROID},
                              {"state_province", VARCHAROID},
                              {"postal_code", VARCHAROID}}};
namespace address_column {
enum { user, country, name, phone, line1, line2, city, state, postal_code };
}
const pg::rows_of orders_of{"orders", "buyer_id", {{"id", UUIDOID}, {"status", pg::any_enum}}};
namespace order_column {
enum { id, status };
}
const pg::rows_of pieces_of{"order_items", "order_id", {{"quantity", INT4OID}}};

// As {address_copy}.
Datum copy_of(const pg::found_row& row) {
    const auto text = [&](int column) { return row.value<std::string_view>(column); };
    return pg::json_datum({{"name", text(address_column::name)},
                           {"phone", text(address_column::phone)},
                           {"address_line1", text(address_column::line1)},
                           {"address_line2", text(address_column::line2)},
                           {"city", text(address_column::city)},
                           {"state_province", text(address_column::state)},
                           {"postal_code", text(address_column::postal_code)},
                           {"country_code", text(address_column::country)}});
}

// False for a buyer of many orders, whose unpaid ones have an index of their own.
bool count_unpaid(checkout_request& r) {
    constexpr std::size_t most = 64;
    std::vector<pg::found_row> orders;
    orders.reserve(most); // nothing is allocated while the index is read
    bool are_few = true;
    if (!orders_of.each(r.wanted.buyer,
                        [&](const pg::found_row& order) {
                            are_few = orders.size() < most;
                            if (are_few)
                                orders.push_back(order);
                            return are_few;
                        }) ||
        !are_few)
        return false;
    for (const pg::found_row& order : orders) {
        const auto state = core::find_order_state(order.label(order_column::status).value_or(""));
        if (!state || !core::is_unpaid(*state))
            continue;
        ++r.unpaid_orders;
        const bool was_asked = pieces_of.each(
            *order.value<pg::uuid>(order_column::id), [&](const pg::found_row& line) {
                r.unpaid_pieces += line.value<std::int32_t>(0).value_or(0);
                return true;
            });
        if (!was_asked)
            return false;
    }
    return true;
}

bool find_plainly(checkout_request& r) {
    if (!r.wanted.shipping_address)
        return false;
    const auto row = address.lock(*r.wanted.shipping_address, pg::row_lock::key_share);
    if (!row || row->value<pg::uuid>(address_column::user) != r.wanted.buyer)
        return false;
    r.unpaid_orders = r.unpaid_pieces = 0;
    if (!count_unpaid(r))
        return false;
    r.wanted.country = row->value<std::string>(address_column::country);
    r.address_copy = copy_of(*row);
    return true;
}

} // namespace

void find_means(checkout_request& r) {
    if (!r.billing_address && !r.payment_method && find_plainly(r))
        return;
    enum { country = 1, address, knows_billing, knows_card, unpaid_orders, unpaid_pieces };
    const pg::rows found = r.billing_address || r.payment_method
                               ? find_all_means.run(r.wanted.buyer, r.wanted.shipping_address,
                                                    r.billing_address, r.payment_method)
                               : find_address.run(r.wanted.buyer, r.wanted.shipping_address);
    r.wanted.country = found.value<std::string>(country);
    r.address_copy = found.json(address);
    r.unpaid_orders = found.value<std::int64_t>(unpaid_orders).value_or(0);
    r.unpaid_pieces = found.value<std::int64_t>(unpaid_pieces).value_or(0);
    const char* missing = nullptr;
    if (found.empty())
        missing = "shipping address";
    else if (!found.value<bool>(knows_billing).value_or(false))
        missing = "billing address";
    else if (!found.value<bool>(knows_card).value_or(false))
        missing = "payment method";
    if (missing)
        throw core::error{core::errors::no_data_found,
                          core::format("{} not found", missing),
                          {},
                          "Use an address and a payment method that belong to the buyer."};
}

} // namespace driplo
