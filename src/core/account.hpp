// What a signup may bring along beside its name. A value that does not pass is left out; it is
// never a reason to refuse the account.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace driplo::core {

inline constexpr std::size_t max_full_name_characters = 100;

/// True for personal and brand.
bool is_account_type(std::string_view value) noexcept;

/// The name without white space around it, a part of the argument's memory; nothing when
/// that is empty, over 100 characters (code points), not UTF-8, or holds a control character.
std::optional<std::string_view> accepted_full_name(std::string_view value) noexcept;

} // namespace driplo::core
