#include "core/account.hpp"

#include "core/text.hpp"

#include "core/purity.hpp"

namespace driplo::core {

bool is_account_type(std::string_view value) noexcept {
    return value == "personal" || value == "brand";
}

std::optional<std::string_view> accepted_full_name(std::string_view value) noexcept {
    constexpr std::size_t longest_code_point = 4;
    const std::string_view name = trim(value);
    if (name.empty() || name.size() > max_full_name_characters * longest_code_point)
        return std::nullopt;
    const std::optional<std::size_t> characters = count_code_points(name);
    if (!characters || *characters > max_full_name_characters || has_control_character(name))
        return std::nullopt;
    return name;
}

} // namespace driplo::core
