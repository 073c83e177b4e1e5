#include "core/account.hpp"

#include "core/text.hpp"

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr bool begins_with(std::string_view text, std::string_view begin) {
    return text.substr(0, begin.size()) == begin;
}

} // namespace

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

bool is_avatar_url(std::string_view value) noexcept {
    if (value.size() > max_avatar_url_bytes || !count_code_points(value) ||
        has_control_character(value) || has_white_space(value))
        return false;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!begins_with(value, scheme))
            continue;
        const std::string_view rest = value.substr(scheme.size());
        return !rest.empty() &&
               std::string_view("/?#").find(rest.front()) == std::string_view::npos;
    }
    return false;
}

} // namespace driplo::core
