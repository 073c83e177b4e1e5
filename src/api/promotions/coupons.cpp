// Coupons as they are written: what their code is, and of which currency their amounts are.
#include "core/coupon_code.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/array.hpp"
#include "pg/identity.hpp"
#include "pg/settings.hpp"
#include "pg/trigger.hpp"

#include <algorithm>

namespace driplo {

namespace {

bool is_above_zero(const std::optional<std::string>& amount) {
    return amount && amount->find_first_of("123456789") != std::string::npos;
}

bool has_amounts(const pg::trigger_call& row) {
    return row.text("discount_type") == "fixed_amount" || row.text("maximum_discount") ||
           is_above_zero(row.text("minimum_purchase"));
}

void check_amount(const pg::trigger_call& row, const char* column, const std::string& currency) {
    const std::string amount = row.text(column).value_or("");
    const std::size_t point = amount.find('.');
    if (point != std::string::npos && is_above_zero(amount.substr(point)))
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("{} must be a whole number of {}", column, currency),
                          "This currency has no minor unit."};
}

void complete_currency(pg::trigger_call& row) {
    if (!row.is_after() && !row.text("currency") && has_amounts(row))
        row.set_text("currency", pg::settings::coupon_currency);
    const auto currency = row.text("currency");
    if (!currency)
        return;
    if (!core::is_currency(*currency))
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("invalid currency code: \"{}\"", core::excerpt(*currency)),
                          "Currency codes are those of ISO 4217, in upper case."};
    if (core::smallest_unit(*currency) == core::hundredth)
        return;
    for (const char* column : {"minimum_purchase", "maximum_discount"})
        check_amount(row, column, *currency);
    if (row.text("discount_type") == "fixed_amount")
        check_amount(row, "discount_value", *currency);
}

using named_users = std::vector<pg::uuid>;

bool names(const std::optional<named_users>& users, const pg::uuid& user) {
    return users && std::find(users->begin(), users->end(), user) != users->end();
}

// A client is the author of what they write; nobody gives the platform's money to themselves.
void sign(pg::trigger_call& row) {
    const auto caller = pg::caller();
    if (!caller || pg::is_service())
        return;
    if (row.is_insert() && !row.is_after() &&
        row.is_null("created_by")) // in another's name: the policy refuses it
        row.set_uuid("created_by", *caller);
    if (row.is_null("seller_id") &&
        (names(row.value<named_users>("user_ids"), *caller) ||
         (row.is_update() && names(row.old_value<named_users>("user_ids"), *caller))))
        throw core::error{core::errors::insufficient_privilege,
                          "cannot modify a platform coupon that is issued to you",
                          {},
                          "Ask another admin."};
}

} // namespace

// private.complete_coupon(): BEFORE INSERT OR UPDATE ON coupons, and AFTER, where it only looks
DRIPLO_FUNCTION(driplo_complete_coupon) {
    pg::trigger_call row(fcinfo, pg::trigger_time::either, pg::on_insert | pg::on_update);
    const std::string code = row.text("code").value_or("");
    if (const std::string_view trimmed = core::trim(code); trimmed != code && !row.is_after())
        row.set_text("code", trimmed);
    complete_currency(row);
    sign(row);
    return row.result();
}

// private.coupon_code(code text) -> text
DRIPLO_FUNCTION(driplo_coupon_code) {
    return pg::to_datum(core::comparable_coupon_code(pg::required<std::string>(fcinfo, 0, "code")));
}

} // namespace driplo
