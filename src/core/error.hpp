// The errors of driplo: one register of codes, and the exception that carries one to the boundary.
//
// Codes of the standard are used where they fit; what only a marketplace knows has a code of class
// MK. A code is part of the interface: it keeps its meaning for ever and is never given away again.
//
// A message begins in lower case and has no full stop; detail and hint are sentences. None of them
// may hold another user's data.
#pragma once

#include <array>
#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace driplo::core {

/// One entry of the register. All members are string literals.
struct error_code {
    const char* sqlstate; ///< five characters, upper-case letters and digits
    const char* name;    ///< the identifier below, and PostgreSQL's condition name where it has one
    const char* meaning; ///< one sentence
};

namespace errors {

inline constexpr error_code feature_not_supported{
    "0A000", "feature_not_supported", "This server or database cannot do what was asked."};
inline constexpr error_code numeric_value_out_of_range{
    "22003", "numeric_value_out_of_range", "A number is beyond what can be kept exactly."};
inline constexpr error_code null_value_not_allowed{"22004", "null_value_not_allowed",
                                                   "A required argument is NULL."};
inline constexpr error_code invalid_parameter_value{
    "22023", "invalid_parameter_value", "An argument is not one of the values that exist."};
inline constexpr error_code invalid_text_representation{
    "22P02", "invalid_text_representation", "A text cannot be read as the type it stands for."};
inline constexpr error_code not_null_violation{"23502", "not_null_violation",
                                               "A required column is NULL."};
inline constexpr error_code foreign_key_violation{
    "23503", "foreign_key_violation",
    "A row names one that does not exist, or is still named by another."};
inline constexpr error_code check_violation{"23514", "check_violation",
                                            "A value breaks a rule of the table it is meant for."};
inline constexpr error_code invalid_transaction_termination{
    "2D000", "invalid_transaction_termination", "What commits was called where it cannot."};
inline constexpr error_code trigger_protocol_violated{
    "39P01", "trigger_protocol_violated", "A trigger function was not fired as expected."};
inline constexpr error_code serialization_failure{
    "40001", "serialization_failure",
    "Another transaction has changed what this one had read; it can be repeated."};
inline constexpr error_code insufficient_privilege{"42501", "insufficient_privilege",
                                                   "The caller may not do this."};
inline constexpr error_code undefined_column{"42703", "undefined_column",
                                             "A trigger's table lacks a column that it needs."};
inline constexpr error_code datatype_mismatch{"42804", "datatype_mismatch",
                                              "A column has an unexpected type."};
inline constexpr error_code program_limit_exceeded{
    "54000", "program_limit_exceeded", "Something is larger than this program can handle."};
inline constexpr error_code object_not_in_prerequisite_state{
    "55000", "object_not_in_prerequisite_state",
    "What the operation works on is not in the state that it needs."};
inline constexpr error_code no_data_found{"P0002", "no_data_found",
                                          "The object that an argument refers to does not exist."};
inline constexpr error_code internal_error{
    "XX000", "internal_error", "An internal error occurred; this is a defect of driplo."};

inline constexpr error_code order_numbers_exhausted{"MK001", "order_numbers_exhausted",
                                                    "The order number sequence is exhausted."};
inline constexpr error_code version_mismatch{
    "MK002", "version_mismatch",
    "The library and the objects in the database are of different versions."};
inline constexpr error_code not_enough_stock{"MK003", "not_enough_stock",
                                             "There is not enough stock."};
inline constexpr error_code coupon_exhausted{"MK004", "coupon_exhausted",
                                             "A usage limit of the coupon has been reached."};
inline constexpr error_code illegal_order_state{
    "MK005", "illegal_order_state",
    "The status of the order does not allow this change by this user."};

inline constexpr error_code cart_not_ready{
    "MK006", "cart_not_ready", "The cart is empty or contains items that cannot be purchased."};
inline constexpr error_code idempotency_key_reused{
    "MK007", "idempotency_key_reused", "The key was used before, with another request."};
inline constexpr error_code coupon_not_applicable{
    "MK008", "coupon_not_applicable", "The coupon cannot be used by this person for this cart."};
inline constexpr error_code refund_exceeds_payment{"MK009", "refund_exceeds_payment",
                                                   "The refund exceeds the amount paid."};
inline constexpr error_code illegal_return_state{
    "MK010", "illegal_return_state",
    "The status of the return does not allow this change by this user."};
inline constexpr error_code illegal_dispute_state{
    "MK011", "illegal_dispute_state",
    "The status of the dispute does not allow this change by this user."};
inline constexpr error_code balance_too_low{"MK012", "balance_too_low",
                                            "The payout exceeds the available balance."};
inline constexpr error_code illegal_money_state{
    "MK013", "illegal_money_state",
    "The payment's, refund's or payout's state does not allow this."};

inline constexpr error_code other_total{
    "MK014", "other_total", "The total does not match the total that the caller expects."};
inline constexpr error_code limit_reached{"MK015", "limit_reached",
                                          "A limit for one account has been reached."};
inline constexpr error_code blocked{"MK016", "blocked",
                                    "The caller has blocked the user whom this concerns."};
inline constexpr error_code illegal_offer_state{
    "MK018", "illegal_offer_state", "The state of the offer does not allow this by this user."};

/// Every code above, in the order of the SQLSTATEs' classes, the project's own last.
inline constexpr std::array<error_code, 35> all{{
    feature_not_supported,
    numeric_value_out_of_range,
    null_value_not_allowed,
    invalid_parameter_value,
    invalid_text_representation,
    not_null_violation,
    foreign_key_violation,
    check_violation,
    invalid_transaction_termination,
    trigger_protocol_violated,
    serialization_failure,
    insufficient_privilege,
    undefined_column,
    datatype_mismatch,
    program_limit_exceeded,
    object_not_in_prerequisite_state,
    no_data_found,
    internal_error,
    order_numbers_exhausted,
    version_mismatch,
    not_enough_stock,
    coupon_exhausted,
    illegal_order_state,
    cart_not_ready,
    idempotency_key_reused,
    coupon_not_applicable,
    refund_exceeds_payment,
    illegal_return_state,
    illegal_dispute_state,
    balance_too_low,
    illegal_money_state,
    other_total,
    limit_reached,
    blocked,
    illegal_offer_state,
}};

} // namespace errors

/// An error that driplo itself raises. The boundary in src/pg turns it into a server error with the
/// same SQLSTATE, message, detail and hint; an empty detail or hint is left out.
struct error : std::exception {
    const char* sqlstate; ///< five characters of static storage, from the register
    std::string message;
    std::string detail;
    std::string hint;

    explicit error(const error_code& code, std::string message, std::string detail = {},
                   std::string hint = {})
        : sqlstate(code.sqlstate), message(std::move(message)), detail(std::move(detail)),
          hint(std::move(hint)) {}

    const char* what() const noexcept override { return message.c_str(); }
};

} // namespace driplo::core
