#include "pg/random.hpp"

#include "pg/boundary.hpp"

#include <cstring>

namespace driplo::pg {

std::uint64_t random_uint64() {
    std::uint64_t value = 0;
    if (!pg_strong_random(&value, sizeof value))
        throw core::error{core::errors::internal_error, "could not generate random numbers"};
    return value;
}

core::uuid random_uuid() {
    core::uuid id;
    for (const std::size_t half : {0, 8}) {
        const std::uint64_t bits = random_uint64();
        std::memcpy(id.bytes.data() + half, &bits, sizeof bits);
    }
    id.bytes[6] = static_cast<unsigned char>((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = static_cast<unsigned char>((id.bytes[8] & 0x3f) | 0x80);
    return id;
}

} // namespace driplo::pg
