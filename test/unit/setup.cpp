#include "core/setup.hpp"
#include "core/format.hpp"

#include <string_view>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using namespace std::string_view_literals;

int main() {
    tap t;
    for (const std::string_view step :
         {"avatar_selected"sv, "profile_info_completed"sv, "account_type_selected"sv})
        t.ok(is_setup_step(step), driplo::core::format("{} is a setup step", step));
    for (const std::string_view step :
         {""sv, "avatar"sv, "avatar_selected "sv, "avatar_selected\0"sv, "AVATAR_SELECTED"sv})
        t.ok(!is_setup_step(step), driplo::core::format("\"{}\" is no setup step", excerpt(step)));
    t.ok(is_required_setup_step("avatar_selected") &&
             is_required_setup_step("profile_info_completed"),
         "the avatar and the profile are required");
    t.ok(!is_required_setup_step("account_type_selected"), "the account type is not required");
    for (const std::string_view step : required_setup_steps)
        t.ok(is_setup_step(step), driplo::core::format("the required {} is a setup step", step));
    return t.finish();
}
