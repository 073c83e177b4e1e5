// Lines of orders: what they say of what was bought, the stock that they take, that they add up,
// and where the parcel goes.
#include "api/call/call_context.hpp"
#include "api/catalog/listing_image.hpp"
#include "api/catalog/sellable.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/row.hpp"
#include "core/format.hpp"
#include "pg/insertion.hpp"
#include "pg/numeric.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/trigger.hpp"
#include "pg/update.hpp"

#include <algorithm>
#include <iterator>
#include <map>

namespace driplo {

namespace {

using ids = std::vector<pg::uuid>;

struct line {
    std::optional<pg::uuid> order, listing, variant;
    std::int64_t quantity;
};

std::vector<line> read_lines(const pg::trigger_call& trigger) {
    std::vector<line> lines;
    pg::transition_rows added(trigger, pg::transition::added);
    const int order = added.require("order_id", UUIDOID),
              listing = added.require("listing_id", UUIDOID),
              variant = added.require("variant_id", UUIDOID),
              quantity = added.require("quantity", INT4OID);
    while (added.next())
        lines.push_back({added.value<pg::uuid>(order), added.value<pg::uuid>(listing),
                         added.value<pg::uuid>(variant),
                         added.value<std::int32_t>(quantity).value_or(0)});
    return lines;
}

// Each id once, in the order in which rows are locked.
ids distinct(const std::vector<line>& lines, std::optional<pg::uuid> line::*id) {
    ids found;
    for (const line& each : lines)
        if (each.*id)
            found.push_back(*(each.*id));
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

// Stock is taken for all lines of a statement at once, under locks in the order of the ids: two
// orders with the same listings wait for each other instead of deadlocking. What is read is what
// stands there when the lock is had.
const pg::plan lock_listings{R"(
    SELECT id, seller_id, currency::text, status::text, quantity
    FROM {s}.listings
    WHERE id = ANY ($1)
    ORDER BY id
    FOR NO KEY UPDATE)",
                             pg::planned::once};
const pg::plan lock_variants{R"(
    SELECT id, quantity
    FROM {s}.product_variants
    WHERE id = ANY ($1)
    ORDER BY id
    FOR NO KEY UPDATE)",
                             pg::planned::once};
// And whether any of the listings of lines without a variant has variants.
const pg::plan find_orders{R"(
    SELECT
        id,
        seller_id,
        currency::text,
        status::text,
        EXISTS (SELECT FROM {s}.product_variants WHERE listing_id = ANY ($2))
    FROM {s}.orders
    WHERE id = ANY ($1))",
                           pg::planned::once};

using listings_by_id = std::map<pg::uuid, known_listing>;
using orders_by_id = std::map<pg::uuid, known_order>;
using quantities_by_id = std::map<pg::uuid, std::int64_t>;

listings_by_id lock_listings_of(const std::vector<line>& lines) {
    const pg::rows found = lock_listings.run(distinct(lines, &line::listing));
    listings_by_id listings;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        listings[*found.value<pg::uuid>(1, i)] = {
            found.value<pg::uuid>(2, i), found.value<std::string>(3, i),
            found.value<std::string>(4, i), found.value<std::int32_t>(5, i).value_or(0)};
    return listings;
}

quantities_by_id lock_variants_of(const std::vector<line>& lines) {
    quantities_by_id variants;
    const ids wanted = distinct(lines, &line::variant);
    if (wanted.empty())
        return variants;
    const pg::rows found = lock_variants.run(wanted);
    for (std::uint64_t i = 0; i < found.count(); ++i)
        variants[*found.value<pg::uuid>(1, i)] = found.value<std::int32_t>(2, i).value_or(0);
    return variants;
}

orders_by_id find_orders_of(const std::vector<line>& lines) {
    ids without_variant;
    for (const line& each : lines)
        if (each.listing && !each.variant)
            without_variant.push_back(*each.listing);
    const pg::rows found = find_orders.run(distinct(lines, &line::order), without_variant);
    orders_by_id orders;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        orders[*found.value<pg::uuid>(1, i)] = {
            found.value<pg::uuid>(2, i), found.value<std::string>(3, i),
            found.value<std::string>(4, i), found.value<bool>(5, i).value_or(false)};
    return orders;
}

template <typename Rows>
const typename Rows::mapped_type* find(const Rows& rows, const std::optional<pg::uuid>& id) {
    const auto found = id ? rows.find(*id) : rows.end();
    return found == rows.end() ? nullptr : &found->second;
}

// A line whose order or listing is not there is the foreign keys' business. What the cart calls a
// problem, {buying_problem} of api/catalog/sellable.hpp decides; here the rest of a listing that an
// order has reserved can be had too.
void check_order_of(const known_order& order, const known_listing* listing) {
    if (listing && listing->seller != order.seller)
        throw core::error{core::errors::check_violation,
                          "order item references a listing of another seller",
                          {},
                          "Create one order per seller and currency."};
    if (listing && listing->currency != order.currency)
        throw core::error{core::errors::check_violation,
                          "currency of the listing does not match the order",
                          {},
                          "Create one order per seller and currency."};
    if (order.status == "cancelled" || order.status == "refunded")
        throw core::error{core::errors::illegal_order_state,
                          "cannot add items to a cancelled or refunded order",
                          {},
                          "Create a new order."};
    if (listing && listing->status != "active" && listing->status != "reserved")
        throw core::error{
            core::errors::check_violation,
            "listing of the order item is not for sale",
            {},
            "Only active listings, and reserved listings with remaining stock, can be ordered."};
    if (order.lacks_variant)
        throw core::error{core::errors::check_violation,
                          "order item must specify a variant",
                          {},
                          "The listing has variants; set variant_id."};
}

// What is wanted of each variant and, of lines without one, of each listing.
struct demand {
    quantities_by_id of_variants, of_listings;
    std::map<pg::uuid, bool> by_variant; // each listing, and whether a variant of it is wanted
};

demand add_up(const std::vector<line>& lines) {
    demand wanted;
    for (const line& each : lines) {
        if (each.variant)
            wanted.of_variants[*each.variant] += each.quantity;
        else if (each.listing)
            wanted.of_listings[*each.listing] += each.quantity;
        if (each.listing)
            wanted.by_variant[*each.listing] |= each.variant.has_value();
    }
    return wanted;
}

const pg::plan take_from_variants{R"(
    UPDATE {s}.product_variants v
    SET quantity = v.quantity - taken.quantity
    FROM unnest($1, $2) AS taken (id, quantity)
    WHERE v.id = taken.id)",
                                  pg::planned::once};
// Every listing is written, also one whose variants were taken from: whether anything is left to
// sell is decided over all its variants, and under REPEATABLE READ the second of two sessions then
// gets 40001.
const pg::plan take_from_listings{R"(
    UPDATE {s}.listings l
    SET
        quantity = l.quantity - taken.quantity,
        status = CASE
            WHEN l.status::text = 'active'
              AND CASE
                  WHEN taken.by_variant = 1
                      THEN NOT {has_variants_in_stock}
                  ELSE l.quantity = taken.quantity
              END
                THEN 'reserved'
            ELSE l.status
        END
    FROM unnest($1, $2, $3) AS taken (id, quantity, by_variant)
    WHERE l.id = taken.id)",
                                  {has_variants_in_stock},
                                  pg::planned::once};

// The same without a statement, of listings without variants.
constexpr pg::update write_stock{"listings", "id", {{"quantity", INT4OID}, {"status", VARCHAROID}}};

std::optional<std::uint64_t> take_without_statement(const ids& keys,
                                                    const std::vector<std::int64_t>& quantities) {
    return write_stock.run(keys, [&](std::size_t i, pg::changed_row& row) {
        enum { quantity, status };
        const auto taken = static_cast<std::int32_t>(quantities[i]);
        if (row.number(quantity) == taken && row.is_text(status, "active"))
            row.set_text(status, "reserved");
        row.set(quantity, row.number(quantity) - taken);
        return true;
    });
}

void take(const demand& wanted) {
    ids keys;
    std::vector<std::int64_t> quantities;
    for (const auto& [id, quantity] : wanted.of_variants) {
        keys.push_back(id);
        quantities.push_back(quantity);
    }
    if (!keys.empty())
        pg::require_written(take_from_variants.run(keys, quantities), keys.size(),
                            "product_variants");

    keys.clear();
    quantities.clear();
    std::vector<std::int32_t> by_variant;
    for (const auto& [id, has_variant] : wanted.by_variant) {
        const auto quantity = wanted.of_listings.find(id);
        keys.push_back(id);
        quantities.push_back(quantity == wanted.of_listings.end() ? 0 : quantity->second);
        by_variant.push_back(has_variant ? 1 : 0);
    }
    auto written =
        wanted.of_variants.empty() ? take_without_statement(keys, quantities) : std::nullopt;
    if (!written)
        written = take_from_listings.run(keys, quantities, by_variant).count();
    if (*written < keys.size())
        pg::throw_not_written("listings");
}

// What a checkout knows of these lines; null when there is none, or it does not know all.
const placement* known_of(const std::vector<line>& lines) {
    const placement* known = placement_under_way();
    const auto is_known = [&](const line& each) {
        return !each.variant && find(known->orders, each.order) &&
               find(known->listings, each.listing);
    };
    return known && std::all_of(lines.begin(), lines.end(), is_known) ? known : nullptr;
}

void take_stock(pg::spi spi, const std::vector<line>& lines) {
    const placement* known = known_of(lines);
    const listings_by_id listings = known ? known->listings : lock_listings_of(lines);
    const quantities_by_id variants = lock_variants_of(lines);
    const orders_by_id orders = known ? known->orders : find_orders_of(lines);
    for (const line& each : lines)
        if (const known_order* order = find(orders, each.order))
            check_order_of(*order, find(listings, each.listing));

    const demand wanted = add_up(lines);
    for (const auto& [id, quantity] : wanted.of_variants) {
        const std::int64_t* available = find(variants, id);
        require_stock(quantity, available ? *available : 0);
    }
    for (const auto& [id, quantity] : wanted.of_listings) {
        const known_listing* listing = find(listings, id);
        require_stock(quantity, listing ? listing->quantity : 0);
    }
    take(wanted);
    // orders that were paid before they had lines
    for (const auto& [id, order] : orders)
        if (const auto state = core::find_order_state(order.status.value_or(""));
            !state || !core::is_unpaid(*state))
            mark_sold(spi, id);
}

// What no line has of the tax, the fee on top and the platform's discount is the shipping's.
const pg::plan sum_of_lines{R"(
    SELECT
        o.xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid,
        lines.total = o.subtotal,
        lines.total::text,
        o.subtotal::text,
        lines.tax <= COALESCE(o.tax_amount, 0) AND lines.buyer_fee <= o.buyer_fee_amount
            AND lines.discount <= o.platform_discount_amount
    FROM {s}.orders o, LATERAL (
        SELECT
            pg_catalog.sum(i.total_price) AS total,
            pg_catalog.sum(i.tax_amount) AS tax,
            pg_catalog.sum(i.buyer_fee_amount) AS buyer_fee,
            pg_catalog.sum(i.platform_discount_amount) AS discount
        FROM {s}.order_items i
        WHERE i.order_id = o.id
    ) lines
    WHERE o.id = $1)",
                            pg::planned::once};
// The same of an order of this transaction's without a statement, as long as all is well.
const pg::unique_row amounts_of_order{"orders",
                                      "id",
                                      {{"subtotal", NUMERICOID},
                                       {"tax_amount", NUMERICOID},
                                       {"buyer_fee_amount", NUMERICOID},
                                       {"platform_discount_amount", NUMERICOID}}};
const pg::rows_of amounts_of_lines{"order_items",
                                   "order_id",
                                   {{"total_price", NUMERICOID},
                                    {"tax_amount", NUMERICOID},
                                    {"buyer_fee_amount", NUMERICOID},
                                    {"platform_discount_amount", NUMERICOID}}};
bool plainly_adds_up(const pg::uuid& order) {
    constexpr int columns = 4;
    if (pg::keeps_its_snapshot())
        return false;
    const auto whole = amounts_of_order.find(order, pg::snapshot::fresh);
    if (!whole || !whole->is_own || whole->is_null(0))
        return false;
    pg::numeric_sum sums[columns];
    const bool was_asked = amounts_of_lines.each(order, [&](const pg::found_row& line) {
        for (int i = 0; i < columns; ++i)
            if (!line.is_null(i))
                sums[i].add(line.values[i]);
        return true;
    });
    return was_asked && pg::call([&] {
               bool adds_up = sums[0].equals(whole->values[0]);
               for (int i = 1; i < columns; ++i)
                   adds_up = adds_up &&
                             sums[i].is_within(whole->is_null(i) ? std::nullopt
                                                                 : std::optional(whole->values[i]));
               return adds_up;
           });
}

void check_subtotal(const pg::trigger_call& row, const pg::uuid& order) {
    if (plainly_adds_up(order)) {
        remember_look_at(order);
        return;
    }
    const pg::owner_scope as_owner;
    const pg::session spi;
    pg::rows found = sum_of_lines.run(order);
    if (!found.empty() && !found.value<bool>(1).value_or(false)) {
        lock_order_for_sum(spi, order);
        found = sum_of_lines.run(order);
    }
    // An order that is gone took its lines along; one without lines is let alone.
    if (!found.value<bool>(2).value_or(true))
        row.violate("check_order_subtotal", "order items must add up to the subtotal of the order",
                    core::format("The items total {}; the subtotal of the order is {}.",
                                 found.value<std::string>(3).value_or(""),
                                 found.value<std::string>(4).value_or("")),
                    "Insert the order and all of its items in one transaction.");
    if (!found.value<bool>(5).value_or(true))
        row.violate("check_order_subtotal",
                    "amounts of order items must not exceed those of the order",
                    "The sum of tax_amount, buyer_fee_amount, or platform_discount_amount of the "
                    "items exceeds that of the order.",
                    "Insert the order and all of its items in one transaction.");
    remember_look_at(order);
}

// As jsonb; no row when it is not there, or not the buyer's: the foreign key reports that.
const pg::plan copy_of_address{R"(
    SELECT {address_copy}
    FROM {s}.shipping_addresses a
    WHERE a.id = $1 AND a.user_id = $2)",
                               {address_copy},
                               pg::planned::once};

// Of an order that is just being placed nothing can be held yet.
const pg::insertion hold_first{"order_addresses",
                               {"order_id", "billing_address", "shipping_address"}};
// A step that shows what is held already writes nothing here.
const pg::plan hold_addresses{R"(
    INSERT INTO {s}.order_addresses AS a (order_id, billing_address, shipping_address)
    SELECT $1, $2, $3
    WHERE $2 IS NOT NULL OR $3 IS NOT NULL
    ON CONFLICT (order_id) DO UPDATE
    SET
        billing_address = COALESCE(excluded.billing_address, a.billing_address),
        shipping_address = COALESCE(excluded.shipping_address, a.shipping_address)
    WHERE a.billing_address IS DISTINCT FROM COALESCE(excluded.billing_address, a.billing_address)
      OR a.shipping_address IS DISTINCT FROM COALESCE(
          excluded.shipping_address, a.shipping_address
      ))",
                              pg::planned::once};
const pg::plan held_address{R"(
    SELECT shipping_address FROM {s}.order_addresses WHERE order_id = $1)",
                            pg::planned::once};

// By the state that the order has now: what a trigger of somebody's has made of it after
// show_address() had looked.
const pg::plan state_of_order{R"(
    SELECT status::text, shipped_at IS NOT NULL FROM {s}.orders WHERE id = $1)"};
const pg::plan set_address{R"(
    UPDATE {s}.orders
    SET shipping_address = $2
    WHERE id = $1 AND shipping_address IS DISTINCT FROM $2)"};

bool shows_address(const std::optional<std::string>& status, bool was_shipped) {
    const auto state = core::find_order_state(status.value_or(""));
    return state && core::shows_address(*state, was_shipped);
}
bool shows_address(const pg::trigger_call& order) {
    return shows_address(order.text("status"), !order.is_null("shipped_at"));
}
bool did_show_address(const pg::trigger_call& order) {
    return order.is_update() &&
           shows_address(order.old_text("status"), !order.old_is_null("shipped_at"));
}

// NULL: the address was deleted, its copy stays. The same one: where the parcel goes was settled
// before, what has been written into the address since is for the next order.
std::optional<pg::uuid> new_address(const pg::trigger_call& order, const char* column) {
    const auto address = order.value<pg::uuid>(column);
    return order.is_update() && order.old_value<pg::uuid>(column) == address ? std::nullopt
                                                                             : address;
}

std::optional<pg::jsonb> as_jsonb(std::optional<Datum> value) {
    return value ? std::optional<pg::jsonb>(pg::jsonb{*value}) : std::nullopt;
}

std::optional<Datum> copy_for(pg::spi, const pg::trigger_call& order, const pg::uuid& address) {
    const auto buyer = order.value<pg::uuid>("buyer_id");
    const placement* known = placement_under_way();
    if (known && known->address == address && known->buyer == buyer)
        return known->address_copy;
    return copy_of_address.run(address, buyer).json();
}

void correct_address(pg::spi, const pg::uuid& order) {
    const pg::rows now = state_of_order.run(order);
    if (now.empty())
        return;
    const bool shows = shows_address(now.value<std::string>(1), now.value<bool>(2).value_or(false));
    const std::optional<Datum> held = held_address.run(order).json();
    if (held || !shows)
        set_address.run(order, as_jsonb(shows ? held : std::nullopt));
}

// The frozen text of a line; a row for each listing, with NULLs where the line names no variant.
const pg::plan description_of_line{R"(
    SELECT l.title, v.name, {listing_image}, l.description, l.condition, l.brand, l.size, l.color
    FROM {s}.listings l
    LEFT JOIN {s}.product_variants v ON v.id = $2 AND v.listing_id = l.id
    WHERE l.id = $1)",
                                   {listing_image}};

void describe_line(pg::trigger_call& row) {
    constexpr const char* columns[] = {"title",     "variant_name", "image_url", "description",
                                       "condition", "brand",        "size",      "color"};
    pg::session spi;
    const auto line = description_of_line.run(row.value<pg::uuid>("listing_id"),
                                              row.value<pg::uuid>("variant_id"));
    for (int i = 0; i < static_cast<int>(std::size(columns)); ++i)
        if (row.is_null(columns[i]))
            if (const auto text = line.value<std::string>(i + 1))
                row.set_text(columns[i], *text);
}

} // namespace

// private.take_stock(): AFTER INSERT ON order_items REFERENCING NEW TABLE AS lines FOR EACH
// STATEMENT
DRIPLO_FUNCTION(driplo_take_stock) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after, pg::on_insert,
                                   pg::trigger_level::statement);
    if (const std::vector<line> lines = read_lines(trigger); !lines.empty()) {
        pg::session spi;
        const pg::owner_scope as_owner;
        take_stock(spi, lines);
    }
    return trigger.nothing();
}

// private.check_order_subtotal(column): deferred, AFTER INSERT, UPDATE or DELETE ON order_items and
// AFTER UPDATE ON orders; the argument is the column that names the order
DRIPLO_FUNCTION(driplo_check_order_subtotal) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after,
                               pg::on_insert | pg::on_update | pg::on_delete);
    const char* column = row.argument_count() > 0 ? row.argument(0) : "order_id";
    // A line may move from one order to another. In the order in which everybody locks.
    ids orders;
    for (const auto& order : {row.value<pg::uuid>(column),
                              row.is_update() ? row.old_value<pg::uuid>(column) : std::nullopt})
        if (order && std::find(orders.begin(), orders.end(), *order) == orders.end())
            orders.push_back(*order);
    std::sort(orders.begin(), orders.end());
    for (const pg::uuid& order : orders)
        if (!was_just_looked_at(order))
            check_subtotal(row, order);
    return row.nothing();
}

// private.show_address(): BEFORE INSERT with an address, and BEFORE UPDATE of status or
// shipping_address_id, ON orders
DRIPLO_FUNCTION(driplo_show_address) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    const auto address = new_address(row, "shipping_address_id");
    if (!shows_address(row)) {
        // what somebody has just written there is hold_addresses()'s to keep
        if (address || !row.changes("shipping_address"))
            row.set_null("shipping_address");
    } else if (address) {
        pg::session spi;
        const pg::owner_scope as_owner;
        row.set_json("shipping_address", copy_for(spi, row, *address));
    } else if (!did_show_address(row) && row.is_null("shipping_address")) {
        pg::session spi;
        const pg::owner_scope as_owner;
        row.set_json("shipping_address", held_address.run(row.value<pg::uuid>("id")).json());
    }
    return row.result();
}

// private.hold_addresses(): AFTER INSERT with addresses, and AFTER UPDATE of them or the status, ON
// orders
DRIPLO_FUNCTION(driplo_hold_addresses) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update);
    const auto order = row.value<pg::uuid>("id");
    const auto shipping = new_address(row, "shipping_address_id"),
               billing = new_address(row, "billing_address_id");
    const bool is_shown = !row.is_null("shipping_address");
    const bool is_written = is_shown && (row.is_insert() || row.changes("shipping_address"));
    // Of another address show_address() may not have known: a trigger of somebody's has set it.
    const bool is_wrong =
        shows_address(row) ? shipping || (!is_shown && !did_show_address(row)) : is_shown;
    if (!shipping && !billing && !is_written && !is_wrong)
        return row.nothing();
    pg::session spi;
    const pg::owner_scope as_owner;
    const auto billed = as_jsonb(billing ? copy_for(spi, row, *billing) : std::nullopt),
               shipped = as_jsonb(shipping     ? copy_for(spi, row, *shipping)
                                  : is_written ? row.json("shipping_address")
                                               : std::nullopt);
    const placement* placed = placement_under_way();
    if (row.is_insert() && shipped && placed && find(placed->orders, order))
        hold_first.run(1, *order, billed, shipped);
    else
        hold_addresses.run(*order, billed, shipped);
    if (is_wrong)
        correct_address(spi, *order);
    return row.nothing();
}

// private.describe_line(): BEFORE INSERT ON order_items
DRIPLO_FUNCTION(driplo_describe_line) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert);
    // checkout() gives them all
    if (row.is_null("title") && !row.is_null("listing_id"))
        describe_line(row);
    return row.result();
}

} // namespace driplo
