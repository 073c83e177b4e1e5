// Lines of orders: the stock that they take, that they add up, and where the parcel goes.
#include "api/order_effects.hpp"
#include "core/format.hpp"
#include "pg/moment.hpp"
#include "pg/spi.hpp"
#include "pg/trigger.hpp"

#include <algorithm>
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
const pg::plan lock_listings{"SELECT id, seller_id, currency::text, status::text, quantity "
                             "FROM {s}.listings WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
                             pg::planned::once};
const pg::plan lock_variants{"SELECT id, quantity FROM {s}.product_variants WHERE id = ANY ($1) "
                             "ORDER BY id FOR NO KEY UPDATE",
                             pg::planned::once};
// And whether any of the listings of lines without a variant has variants.
const pg::plan find_orders{
    "SELECT id, seller_id, currency::text, status::text, EXISTS (SELECT FROM {s}.product_variants "
    "WHERE listing_id = ANY ($2)) FROM {s}.orders WHERE id = ANY ($1)",
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

// A line whose order or listing is not there is the foreign keys' business.
void check_order_of(const known_order& order, const known_listing* listing) {
    if (listing && listing->seller != order.seller)
        throw core::error{core::errors::check_violation,
                          "a line of an order is of another seller's listing",
                          {},
                          "Make one order for each seller and currency."};
    if (listing && listing->currency != order.currency)
        throw core::error{core::errors::check_violation,
                          "a line of an order is in another currency than the order",
                          {},
                          "Make one order for each seller and currency."};
    if (order.status == "cancelled" || order.status == "refunded")
        throw core::error{core::errors::illegal_order_state,
                          "a cancelled or refunded order takes no more lines",
                          {},
                          "Make a new order."};
    if (listing && listing->status != "active" && listing->status != "reserved")
        throw core::error{
            core::errors::check_violation,
            "a line of an order is of a listing that is not for sale",
            {},
            "Only what is listed as active, or reserved with pieces left, can be bought."};
    if (order.lacks_variant)
        throw core::error{core::errors::check_violation,
                          "a line of an order names no variant of a listing that has variants",
                          {},
                          "Set variant_id to the variant that is bought."};
}

void check_stock(std::int64_t wanted, std::int64_t available) {
    if (wanted > available)
        throw core::error{core::errors::not_enough_stock, "not enough pieces are left",
                          core::format("Asked for {}, available are {}.", wanted, available),
                          "Order fewer, or ask the seller."};
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

const pg::plan take_from_variants{"UPDATE {s}.product_variants v SET quantity = v.quantity - "
                                  "taken.quantity FROM unnest($1, $2) AS taken (id, quantity) "
                                  "WHERE v.id = taken.id",
                                  pg::planned::once};
// Every listing is written, also one whose variants were taken from: whether anything is left to
// sell is decided over all its variants, and under REPEATABLE READ the second of two sessions then
// gets 40001.
const pg::plan take_from_listings{
    "UPDATE {s}.listings l SET quantity = l.quantity - taken.quantity, "
    "status = CASE WHEN l.status::text = 'active' AND CASE WHEN taken.by_variant = 1 "
    "THEN NOT EXISTS (SELECT FROM {s}.product_variants v WHERE v.listing_id = l.id AND v.is_active "
    "AND v.quantity > 0) "
    "ELSE l.quantity = taken.quantity END THEN 'reserved' ELSE l.status END "
    "FROM unnest($1, $2, $3) AS taken (id, quantity, by_variant) WHERE l.id = taken.id",
    pg::planned::once};

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
    pg::require_written(take_from_listings.run(keys, quantities, by_variant), keys.size(),
                        "listings");
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

void take_stock(const std::vector<line>& lines) {
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
        check_stock(quantity, available ? *available : 0);
    }
    for (const auto& [id, quantity] : wanted.of_listings) {
        const known_listing* listing = find(listings, id);
        check_stock(quantity, listing ? listing->quantity : 0);
    }
    take(wanted);
    // orders that were paid before they had lines
    for (const auto& [id, order] : orders)
        if (order.status != "pending_payment" && order.status != "payment_processing" &&
            order.status != "payment_failed")
            mark_sold(id);
}

// What no line has of the tax, the fee on top and the platform's discount is the shipping's.
const pg::plan sum_of_lines{
    "SELECT o.xmin = pg_catalog.pg_current_xact_id()::pg_catalog.xid, lines.total = o.subtotal, "
    "lines.total::text, o.subtotal::text, lines.tax <= COALESCE(o.tax_amount, 0) "
    "AND lines.buyer_fee <= o.buyer_fee_amount AND lines.discount <= o.platform_discount_amount "
    "FROM {s}.orders o, LATERAL (SELECT pg_catalog.sum(i.total_price) AS total, "
    "pg_catalog.sum(i.tax_amount) AS tax, pg_catalog.sum(i.buyer_fee_amount) AS buyer_fee, "
    "pg_catalog.sum(i.platform_discount_amount) AS discount "
    "FROM {s}.order_items i WHERE i.order_id = o.id) lines WHERE o.id = $1",
    pg::planned::once};
// A row lock would do for READ COMMITTED, but it leaves no trace: the snapshot of a REPEATABLE READ
// transaction cannot show what was committed since. A new row version stops that one with 40001. A
// row of this very transaction is locked already and has its trace, or nobody else can see it yet.
const pg::plan lock_by_writing{"UPDATE {s}.orders SET notes = notes WHERE id = $1",
                               pg::planned::once};

// A deferred trigger fires for each line, and at the end of a checkout nothing is written between
// two of them: what was looked at then holds still.
struct look {
    pg::moment when;
    pg::uuid order;
};
look last_look;

void check_subtotal(const pg::trigger_call& row, const pg::uuid& order) {
    pg::rows found = sum_of_lines.run(order);
    if (!found.empty() && !found.value<bool>(1).value_or(false)) {
        lock_by_writing.run(order);
        found = sum_of_lines.run(order);
    }
    // An order that is gone took its lines along; one without lines is let alone.
    if (!found.value<bool>(2).value_or(true))
        row.violate("check_order_subtotal", "lines of an order must add up to its subtotal",
                    core::format("The lines add up to {}, the order's subtotal is {}.",
                                 found.value<std::string>(3).value_or(""),
                                 found.value<std::string>(4).value_or("")),
                    "Write the order and all of its lines in one transaction.");
    if (!found.value<bool>(5).value_or(true))
        row.violate("check_order_subtotal", "lines of an order must not have more than the order",
                    "Their tax_amount, buyer_fee_amount or platform_discount_amount add up to more "
                    "than the order's.",
                    "Write the order and all of its lines in one transaction.");
    last_look = {pg::moment::now(), order};
}

// As jsonb; no row when it is not there, or not the buyer's: the foreign key reports that.
const pg::plan copy_of_address{"SELECT " COPY_OF_ADDRESS
                               " FROM {s}.shipping_addresses a WHERE a.id = $1 AND a.user_id = $2",
                               pg::planned::once};

// No row as above.
const pg::plan keep_billing_address{
    "INSERT INTO {s}.order_addresses (order_id, billing_address) SELECT $3, " COPY_OF_ADDRESS
    " FROM {s}.shipping_addresses a WHERE a.id = $1 AND a.user_id = $2 ON CONFLICT (order_id) "
    "DO UPDATE SET billing_address = excluded.billing_address",
    pg::planned::once};

} // namespace

// private.take_stock(): AFTER INSERT ON order_items REFERENCING NEW TABLE AS lines FOR EACH
// STATEMENT
DRIPLO_FUNCTION(driplo_take_stock) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after, pg::on_insert,
                                   pg::trigger_level::statement);
    if (const std::vector<line> lines = read_lines(trigger); !lines.empty()) {
        pg::session spi;
        take_stock(lines);
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
        if (last_look.order != order || !(last_look.when == pg::moment::now())) {
            pg::session spi;
            check_subtotal(row, order);
        }
    return row.nothing();
}

// private.keep_shipping_address(): BEFORE INSERT, and BEFORE UPDATE of shipping_address_id, ON orders
DRIPLO_FUNCTION(driplo_keep_shipping_address) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    const auto address = row.value<pg::uuid>("shipping_address_id");
    // NULL: the address was deleted, its copy stays. The same one: where the parcel goes was
    // settled before, what has been written into the address since is for the next order.
    if (address &&
        !(row.is_update() && row.old_value<pg::uuid>("shipping_address_id") == address)) {
        const auto buyer = row.value<pg::uuid>("buyer_id");
        const placement* known = placement_under_way();
        if (known && known->address == address && known->buyer == buyer) {
            row.set_json("shipping_address", known->address_copy);
        } else {
            pg::session spi;
            row.set_json("shipping_address", copy_of_address.run(address, buyer).json());
        }
    }
    return row.result();
}

// private.keep_billing_address(): AFTER INSERT, and AFTER UPDATE of billing_address_id, ON orders
DRIPLO_FUNCTION(driplo_keep_billing_address) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update);
    const auto address = row.value<pg::uuid>("billing_address_id");
    if (address && !(row.is_update() && row.old_value<pg::uuid>("billing_address_id") == address)) {
        pg::session spi;
        keep_billing_address.run(*address, row.value<pg::uuid>("buyer_id"),
                                 row.value<pg::uuid>("id"));
    }
    return row.nothing();
}

} // namespace driplo
