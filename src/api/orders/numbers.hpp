// Numbers that people read out to each other: of orders, returns and disputes.
#pragma once

#include <string>
#include <string_view>

namespace driplo {

// A new number PREFIX-YYYYMMDD-N, never given before whatever the prefix (core/order_number.hpp).
// Runs no SQL: key and sequence are read whatever rights the caller has on them. Errors: MK001,
// 55000 without a key, 42P01.
std::string next_number(std::string_view prefix);

} // namespace driplo
