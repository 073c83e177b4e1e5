// fmt::format(), compiled once. {fmt} is used as headers only, and each source that called it
// brought all of its number printing along: two thirds of the time that driplo took to compile.
#pragma once

#include <fmt/core.h>
#include <string>
#include <string_view>

namespace driplo::core {

/// fmt::vformat() of src/core/format.cpp.
std::string format_values(fmt::string_view text, fmt::format_args values);

/// The text with each {} replaced, in {fmt}'s notation; wrong text is refused as fmt::format()
/// does.
template <class... Values>
std::string format(fmt::format_string<Values...> text, Values&&... values) {
    return format_values(text, fmt::make_format_args(values...));
}

/// Words with commas between them.
template <class Words>
std::string listed(const Words& words) {
    std::string list;
    for (const std::string_view word : words)
        list.append(list.empty() ? "" : ", ").append(word);
    return list;
}

} // namespace driplo::core
