// The codes of coupons, which people type: without regard to case and to what is around them.
#pragma once

#include <string>
#include <string_view>

namespace driplo::core {

/// The code as it is compared: without the white space around it (trim() of core/text.hpp), a to z
/// as A to Z, and every other character as it is. The database has it as
/// upper(code COLLATE "C").
std::string comparable_coupon_code(std::string_view code);

} // namespace driplo::core
