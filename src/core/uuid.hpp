// A UUID as 16 bytes, the same layout as the server's pg_uuid_t.
#pragma once

#include <array>

namespace driplo::core {

struct uuid {
    std::array<unsigned char, 16> bytes{};

    friend bool operator==(const uuid& a, const uuid& b) noexcept { return a.bytes == b.bytes; }
    // As the server compares them, which is the order in which rows are locked.
    friend bool operator<(const uuid& a, const uuid& b) noexcept { return a.bytes < b.bytes; }
    friend bool operator!=(const uuid& a, const uuid& b) noexcept { return !(a == b); }
};

} // namespace driplo::core
