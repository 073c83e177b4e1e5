#include "core/uuid.hpp"

#include "core/purity.hpp"

namespace driplo::core {

uuid time_ordered_uuid(std::uint64_t nanoseconds, const uuid& random) {
    constexpr std::uint64_t in_millisecond = 1'000'000;
    const std::uint64_t milliseconds = nanoseconds / in_millisecond;
    const auto part =
        static_cast<unsigned>(((nanoseconds % in_millisecond) << 12) / in_millisecond);
    uuid id = random;
    for (std::size_t i = 0; i < 6; ++i)
        id.bytes[i] = static_cast<unsigned char>(milliseconds >> (40 - 8 * i));
    id.bytes[6] = static_cast<unsigned char>(0x70U | part >> 8);
    id.bytes[7] = static_cast<unsigned char>(part);
    id.bytes[8] = static_cast<unsigned char>((random.bytes[8] & 0x3fU) | 0x80U);
    return id;
}

} // namespace driplo::core
