#include "core/format.hpp"

#include <fmt/format.h>

#include "core/purity.hpp"

namespace driplo::core {

std::string format_values(fmt::string_view text, fmt::format_args values) {
    return fmt::vformat(text, values);
}

} // namespace driplo::core
