// What an order has of its first parcel and of the history of its end: copies, that applications
// read in one row.
#include "pg/rights.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/trigger.hpp"

namespace driplo {

namespace {

const pg::unique_row end_of{
    "orders", "id", {{"status", pg::any_enum}, {"cancellation_reason", TEXTOID}}};
const pg::plan copy_reason{R"(
    UPDATE {s}.orders SET cancellation_reason = $2 WHERE id = $1 AND status::text = 'cancelled')"};
const pg::plan first_parcel{R"(
    SELECT tracking_number::text, carrier::text
    FROM {s}.order_tracking
    WHERE order_id = $1 AND parcel_number = 1)"};
const pg::rows_of history_of{
    "order_status_history", "order_id", {{"to_status", pg::any_enum}, {"reason", TEXTOID}}};
const pg::plan reasons_of_end{R"(
    SELECT reason
    FROM {s}.order_status_history
    WHERE order_id = $1 AND to_status::text = 'cancelled' AND reason IS NOT NULL)"};

void check_parcel(const pg::trigger_call& row, const pg::uuid& order) {
    const pg::rows found = first_parcel.run(order);
    if (row.text("tracking_number") != found.value<std::string>(1) ||
        row.text("shipping_carrier") != found.value<std::string>(2))
        row.violate("check_order_copies",
                    "tracking_number and shipping_carrier of an order must be those of its "
                    "tracking",
                    "Both are copied from the first parcel in order_tracking.",
                    "Use ship_order(), or write to order_tracking.");
}

// An order may have been cancelled twice, by somebody who repairs it.
bool is_reason(const std::optional<std::string>& reason, const pg::uuid& order) {
    const std::string_view wanted = reason ? std::string_view(*reason) : std::string_view();
    std::optional<pg::found_row> step;
    if (reason &&
        history_of.each(order,
                        [&](const pg::found_row& each) {
                            if (!each.is_null(1) && each.value<std::string_view>(1) == wanted)
                                step = each;
                            return !step;
                        }) &&
        step && step->label(0) == "cancelled")
        return true;
    const pg::rows reasons = reasons_of_end.run(order);
    if (!reason)
        return reasons.empty();
    for (std::uint64_t i = 0; i < reasons.count(); ++i)
        if (reasons.value<std::string>(1, i) == reason)
            return true;
    return false;
}

} // namespace

// private.copy_reason_to_order(): AFTER INSERT of a cancellation with a reason ON
// order_status_history
DRIPLO_FUNCTION(driplo_copy_reason_to_order) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert);
    const auto order = row.value<pg::uuid>("order_id");
    const auto reason = row.text("reason");
    if (!order || !reason)
        return row.nothing();
    const auto found = end_of.find(*order, pg::snapshot::fresh);
    if (found && (found->label(0) != "cancelled" || found->value<std::string>(1) == reason))
        return row.nothing();
    pg::session spi;
    const pg::owner_scope as_owner;
    copy_reason.run(*order, *reason);
    return row.nothing();
}

// private.check_order_copies(): AFTER INSERT, and AFTER UPDATE of a copy, ON orders
DRIPLO_FUNCTION(driplo_check_order_copies) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update);
    const auto order = row.value<pg::uuid>("id");
    // each of the two is compared only where it was written
    const bool has_new_parcel =
        row.is_insert() || row.changes("tracking_number") || row.changes("shipping_carrier");
    const bool has_new_reason = row.is_insert() || row.changes("cancellation_reason");
    if (!order || (!has_new_parcel && !has_new_reason))
        return row.nothing();
    pg::session spi;
    const pg::owner_scope as_owner;
    if (has_new_parcel)
        check_parcel(row, *order);
    if (has_new_reason && !is_reason(row.text("cancellation_reason"), *order))
        row.violate("check_order_copies",
                    "cancellation_reason of an order must be that of its history",
                    "It is copied from order_status_history.", "Use cancel_order() with a reason.");
    return row.nothing();
}

} // namespace driplo
