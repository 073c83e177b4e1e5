// Orders: their numbers, the history of their states, and the stock that a line takes.
#include "pg/catalog.hpp"
#include "pg/identity.hpp"
#include "pg/sequence.hpp"
#include "pg/spi.hpp"
#include "pg/trigger.hpp"

#include "core/order_number.hpp"

#include <fmt/format.h>

namespace driplo {

namespace {

const pg::plan read_key{"SELECT secret FROM {s}.driplo_secrets WHERE name = 'order_number'"};

// The key never changes in a database, so one reading a session is enough.
const core::order_number_key& order_number_key() {
    static core::order_number_key key{};
    static std::uint64_t read_at = 0;
    const std::uint64_t generation = pg::current_installation().generation;
    if (read_at != generation) {
        pg::session spi;
        const auto secret = read_key.run().value<std::string>();
        if (!secret)
            throw core::error{core::errors::object_not_in_prerequisite_state,
                              "the key of the order numbers is missing",
                              "Table driplo_secrets has no row \"order_number\".",
                              "Restore the row from a backup: with another key numbers would repeat."};
        key = core::make_order_number_key(*secret);
        read_at = generation;
    }
    return key;
}

const pg::plan add_history{
    "INSERT INTO {s}.order_status_history (order_id, from_status, to_status, changed_by) "
    "VALUES ($1, $2::{s}.order_status, $3::{s}.order_status, (SELECT id FROM {s}.profiles WHERE id = $4))"};

// The listing's row is locked first and written last, also for a variant: whether anything is left to sell
// is decided over all its variants. Under REPEATABLE READ the second of two sessions gets 40001.
const pg::plan lock_listing{"SELECT quantity FROM {s}.listings WHERE id = $1 FOR NO KEY UPDATE"};
const pg::plan take_from_variant{
    "UPDATE {s}.product_variants SET quantity = quantity - $3 "
    "WHERE id = $2 AND listing_id = $1 AND quantity >= $3"};
const pg::plan variant_stock{"SELECT quantity FROM {s}.product_variants WHERE id = $1"};
const pg::plan reserve_when_variants_are_gone{
    "UPDATE {s}.listings SET status = CASE WHEN status::text = 'active' AND NOT EXISTS ("
    "SELECT FROM {s}.product_variants v WHERE v.listing_id = $1 AND v.is_active AND v.quantity > 0"
    ") THEN 'reserved' ELSE status END WHERE id = $1"};
const pg::plan take_from_listing{
    "UPDATE {s}.listings SET quantity = quantity - $2, "
    "status = CASE WHEN quantity = $2 AND status::text = 'active' THEN 'reserved' ELSE status END "
    "WHERE id = $1 AND quantity >= $2"};

[[noreturn]] void refuse_for_stock(std::int32_t wanted, std::optional<std::int32_t> available) {
    throw core::error{core::errors::not_enough_stock, "not enough pieces are left",
                      fmt::format("Asked for {}, available are {}.", wanted, available.value_or(0)),
                      "Order fewer, or ask the seller."};
}

void take_stock(const pg::uuid& listing, const std::optional<pg::uuid>& variant, std::int32_t quantity) {
    pg::session spi;
    const auto available = lock_listing.run(listing).value<std::int32_t>();
    if (variant) {
        if (take_from_variant.run(listing, *variant, quantity).empty())
            refuse_for_stock(quantity, variant_stock.run(*variant).value<std::int32_t>());
        reserve_when_variants_are_gone.run(listing);
    } else if (take_from_listing.run(listing, quantity).empty()) {
        refuse_for_stock(quantity, available);
    }
}

}  // namespace

// generate_order_number() -> varchar
DRIPLO_FUNCTION(driplo_generate_order_number) {
    const core::order_number_key& key = order_number_key();
    const std::int64_t value = pg::next_value(pg::current_installation().schema, "order_number_seq");
    return pg::to_datum(
        core::order_number(static_cast<std::uint64_t>(value), key, pg::transaction_unix_time()));
}

// private.record_order_status(): AFTER INSERT OR UPDATE OF status ON orders
DRIPLO_FUNCTION(driplo_record_order_status) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update);
    const auto to = row.text("status");
    const auto from = row.is_update() ? row.old_text("status") : std::nullopt;
    if (from != to) {
        const auto actor = pg::caller();
        pg::session spi;
        add_history.run(row.value<pg::uuid>("id"), from, to, actor);
    }
    return row.nothing();
}

// private.take_stock(): AFTER INSERT ON order_items
DRIPLO_FUNCTION(driplo_take_stock) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert);
    const auto listing = row.value<pg::uuid>("listing_id");
    const auto quantity = row.value<std::int32_t>("quantity");
    if (listing && quantity)
        take_stock(*listing, row.value<pg::uuid>("variant_id"), *quantity);
    return row.nothing();
}

}  // namespace driplo
