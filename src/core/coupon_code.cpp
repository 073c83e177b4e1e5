#include "core/coupon_code.hpp"

#include "core/text.hpp"

#include "core/purity.hpp"

namespace driplo::core {

std::string comparable_coupon_code(std::string_view code) {
    std::string found(trim(code));
    for (char& c : found)
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
    return found;
}

} // namespace driplo::core
