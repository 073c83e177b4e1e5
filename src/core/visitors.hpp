// Who looks at pages: people and programs.
#pragma once

#include <string_view>

namespace driplo::core {

/// True for the User-Agent of a program that fetches pages by itself and says so: crawlers, link
/// previews, monitors, and libraries. No browser is one.
bool is_bot(std::string_view user_agent);

} // namespace driplo::core
