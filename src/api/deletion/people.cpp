// What becomes of rows when the account of a person in them is deleted. Foreign keys forget the
// person (ON DELETE SET NULL) or take the row along (CASCADE); the triggers here do what a foreign
// key cannot.
#include "api/deletion/people.hpp"
#include "api/call/roles.hpp"
#include "api/orders/effects.hpp"
#include "api/trust/disputes.hpp"
#include "pg/identity.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"
#include "pg/trigger.hpp"

#include "core/format.hpp"
#include "core/order_state.hpp"

namespace driplo {

namespace {

// The row whose person is gone and whose place the foreign keys leave to be tidied.
pg::uuid id_of(const pg::trigger_call& row) {
    return row.value<pg::uuid>("id").value_or(pg::uuid{});
}

// A state that driplo does not know keeps the address.
bool address_is_needed(const pg::trigger_call& order) {
    const auto state = core::find_order_state(order.text("status").value_or(""));
    return !state || core::needs_address(*state);
}

const pg::plan forget_label{R"(
    UPDATE {s}.shipping_labels
    SET label_url = NULL
    WHERE order_id = $1 AND label_url IS NOT NULL)"};
const pg::plan forget_events{R"(
    UPDATE {s}.shipping_events
    SET event_data = '{}'
    WHERE order_id = $1 AND event_data <> '{}')"};
const pg::plan forget_tracking{R"(
    UPDATE {s}.order_tracking SET events = '[]' WHERE order_id = $1 AND events <> '[]')"};

const pg::plan forget_addresses{"DELETE FROM {s}.order_addresses WHERE order_id = $1"};

const pg::plan delete_conversation{R"(
    DELETE FROM {s}.conversations
    WHERE id = $1
      AND buyer_id IS NULL
      AND seller_id IS NULL)"};

const pg::plan end_sessions{"DELETE FROM {s}.active_user_sessions WHERE user_id = $1"};
const pg::plan forget_promotion{R"(
    UPDATE {s}.admin_approvals
    SET metadata = metadata - 'email'
    WHERE request_type = 'user_promotion'
      AND request_id = $1
      AND metadata ? 'email')"};

const pg::plan profile_exists{"SELECT FROM {s}.profiles WHERE id = $1"};
const pg::plan listing_exists{"SELECT FROM {s}.listings WHERE id = $1"};
const pg::plan coupon_exists{"SELECT FROM {s}.coupons WHERE id = $1"};
const pg::plan listing_was_ordered{R"(
    SELECT FROM {s}.order_items
    WHERE listing_id = $1
    LIMIT 1)"};
const pg::plan variant_was_ordered{R"(
    SELECT FROM {s}.order_items
    WHERE variant_id = $1
    LIMIT 1)"};
const pg::plan coupon_was_used{R"(
    SELECT FROM {s}.coupon_usage
    WHERE coupon_id = $1
    LIMIT 1)"};

// Whether a row goes because its owner does: inside that one's deletion it is not there any more.
// Not by is_foreign_key_action(), which anybody's foreign key makes true.
bool goes_with_owner(pg::spi, const pg::trigger_call& row, const char* column,
                     const pg::plan& owner) {
    const auto id = row.value<pg::uuid>(column);
    return id && owner.run(*id).empty();
}

// Whether what the column named is not there any more. When a statement's AFTER triggers fire, the
// foreign keys that acted in it are over, and what they did is told from what anybody else did by
// that alone.
bool names_what_is_gone(const pg::trigger_call& row, const char* column) {
    pg::session spi;
    const pg::owner_scope as_owner;
    const std::string_view name = column;
    const pg::plan& named = name == "listing_id"  ? listing_exists
                            : name == "coupon_id" ? coupon_exists
                                                  : profile_exists;
    return named.run(*row.old_value<pg::uuid>(column)).empty();
}

// A row that orders name goes with its owner and in no other way. Whether the caller takes part in
// the market is asked here and not in the policy: the server asks a policy about rows, too, that
// the statement does not mean. Without a user it was not a client.
void keep_unless_free(pg::spi, const pg::trigger_call& row, const pg::plan& is_named,
                      const char* message, const char* hint) {
    if (pg::caller() && !pg::is_service())
        required_trader();
    if (!is_named.run(id_of(row)).empty())
        throw core::error{core::errors::foreign_key_violation, message, {}, hint};
}

const pg::plan without_seller{R"(
    SELECT id
    FROM {s}.orders
    WHERE id = ANY ($1) AND seller_id IS NULL
    ORDER BY id)"};
const pg::plan lock_sale{R"(
    SELECT status::text
    FROM {s}.orders
    WHERE id = $1
    FOR NO KEY UPDATE)"};
const pg::plan bank_has_money{R"(
    SELECT FROM {s}.disputes d
    WHERE d.order_id = $1 AND {chargeback_is_open}
    LIMIT 1)",
                              {chargeback_is_open, {"dispute", "d"}}};

} // namespace

void end_unsent_orders(pg::spi spi, const std::vector<pg::uuid>& orders) {
    if (orders.empty())
        return;
    lock_for_giving_back(spi, orders);
    for (const pg::uuid& order : orders) {
        pg::check_for_interrupts();
        const auto state =
            core::find_order_state(lock_sale.run(order).value<std::string>().value_or(""));
        if (state && core::awaits_seller(*state) && bank_has_money.run(order).empty())
            take_step_by_system(spi, order, core::order_state::cancelled,
                                "the seller's account was deleted");
    }
}

void end_orders_without_seller(pg::spi spi, const std::vector<pg::uuid>& orders) {
    end_unsent_orders(spi, without_seller.run(orders).values<pg::uuid>());
}

// private.require_columns(column, ...): BEFORE and AFTER INSERT OR UPDATE
DRIPLO_FUNCTION(driplo_require_columns) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::either, pg::on_insert | pg::on_update);
    for (int i = 0; i < row.argument_count(); ++i) {
        const char* column = row.argument(i);
        if (!row.is_null(column) || (row.is_update() && row.old_is_null(column)))
            continue;
        if (row.is_update() &&
            (row.is_after() ? names_what_is_gone(row, column) : row.is_foreign_key_action()))
            continue;
        throw core::error{
            core::errors::not_null_violation,
            core::format(
                "null value in column \"{}\" of relation \"{}\" violates not-null constraint",
                column, row.table_name()),
            {},
            "The column is set to NULL only when the referenced row is deleted together with an "
            "account."};
    }
    return row.result();
}

// private.clear_with_reference(reference, column, ...): BEFORE UPDATE
DRIPLO_FUNCTION(driplo_clear_with_reference) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    if (row.argument_count() > 0 && row.is_null(row.argument(0)))
        for (int i = 1; i < row.argument_count(); ++i)
            if (!row.is_null(row.argument(i)))
                row.set_null(row.argument(i));
    return row.result();
}

// private.forget_buyer(): BEFORE UPDATE OF buyer_id, status ON orders
DRIPLO_FUNCTION(driplo_forget_buyer) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    if (row.is_null("buyer_id") && !address_is_needed(row)) {
        row.set_null("shipping_address");
        row.set_null("notes");
    }
    return row.result();
}

// private.forget_parcel(): AFTER UPDATE OF buyer_id, status ON orders
DRIPLO_FUNCTION(driplo_forget_parcel) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_update);
    if (row.is_null("buyer_id") && !address_is_needed(row)) {
        pg::session spi;
        forget_label.run(id_of(row));
        forget_events.run(id_of(row));
        forget_tracking.run(id_of(row));
        forget_addresses.run(id_of(row));
    }
    return row.nothing();
}

// private.end_conversation(): AFTER UPDATE ON conversations
DRIPLO_FUNCTION(driplo_end_conversation) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_update);
    pg::session spi;
    delete_conversation.run(id_of(row));
    return row.nothing();
}

// private.end_sale(): AFTER UPDATE ON orders WHEN its seller becomes NULL
DRIPLO_FUNCTION(driplo_end_sale) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_update);
    pg::session spi;
    end_unsent_orders(spi, {id_of(row)});
    return row.nothing();
}

// private.forget_person(): AFTER DELETE ON profiles
DRIPLO_FUNCTION(driplo_forget_person) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_delete);
    pg::session spi;
    end_sessions.run(id_of(row));
    forget_promotion.run(id_of(row));
    return row.nothing();
}

// private.keep_ordered_listing(): BEFORE DELETE ON listings
DRIPLO_FUNCTION(driplo_keep_ordered_listing) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_delete);
    pg::session spi;
    if (goes_with_owner(spi, row, "seller_id", profile_exists))
        return row.result();
    if (row.text("status") == "removed" && !pg::is_service())
        throw core::error{core::errors::insufficient_privilege,
                          "cannot delete a listing removed by a moderator",
                          {},
                          "Staff can restore it with moderate_listing()."};
    keep_unless_free(
        spi, row, listing_was_ordered, "cannot delete a listing that has orders",
        "Set its status to deleted; this hides the listing and keeps its orders complete.");
    return row.result();
}

// private.keep_ordered_variant(): BEFORE DELETE ON product_variants
DRIPLO_FUNCTION(driplo_keep_ordered_variant) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_delete);
    pg::session spi;
    if (!goes_with_owner(spi, row, "listing_id", listing_exists))
        keep_unless_free(
            spi, row, variant_was_ordered, "cannot delete a variant that has orders",
            "Set is_active to false; this ends its sale and keeps its orders complete.");
    return row.result();
}

// private.keep_used_coupon(): BEFORE DELETE ON coupons
DRIPLO_FUNCTION(driplo_keep_used_coupon) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_delete);
    pg::session spi;
    if (!goes_with_owner(spi, row, "seller_id", profile_exists))
        keep_unless_free(
            spi, row, coupon_was_used, "cannot delete a coupon that has been used",
            "Set is_active to false; this ends its use and keeps the record of past uses.");
    return row.result();
}

} // namespace driplo
