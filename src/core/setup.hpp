// When the setup of a profile counts as complete: as soon as one of the setup steps is recorded
// while every required step is completed. The account type may be chosen or left at its default, so
// it makes the question be asked but is not required.
#pragma once

#include <array>
#include <string_view>

namespace driplo::core {

/// Steps whose recording asks whether setup is complete. Other steps change nothing.
inline constexpr std::array<std::string_view, 3> setup_steps{
    "avatar_selected", "profile_info_completed", "account_type_selected"};

/// Steps that have to be completed.
inline constexpr std::array<std::string_view, 2> required_setup_steps{"avatar_selected",
                                                                      "profile_info_completed"};

constexpr bool is_setup_step(std::string_view step) noexcept {
    for (const std::string_view known : setup_steps)
        if (known == step)
            return true;
    return false;
}

constexpr bool is_required_setup_step(std::string_view step) noexcept {
    for (const std::string_view required : required_setup_steps)
        if (required == step)
            return true;
    return false;
}

} // namespace driplo::core
