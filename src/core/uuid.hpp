// A UUID as 16 bytes, the same layout as the server's pg_uuid_t.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace driplo::core {

struct uuid {
    std::array<unsigned char, 16> bytes{};

    friend bool operator==(const uuid& a, const uuid& b) noexcept { return a.bytes == b.bytes; }
    // As the server compares them, which is the order in which rows are locked.
    friend bool operator<(const uuid& a, const uuid& b) noexcept { return a.bytes < b.bytes; }
    friend bool operator!=(const uuid& a, const uuid& b) noexcept { return !(a == b); }
};

// The shortest time between two times that time_ordered_uuid() tells apart.
inline constexpr std::uint64_t uuid_step = 245; // nanoseconds

// An id of version 7 (RFC 9562), as uuidv7() of PostgreSQL 18 makes them: milliseconds since 1970,
// twelve bits of the rest of the time, and the last 62 bits of what is random.
uuid time_ordered_uuid(std::uint64_t nanoseconds, const uuid& random);

} // namespace driplo::core
