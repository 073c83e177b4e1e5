// Random numbers that nobody can predict.
#pragma once

#include <cstdint>

namespace driplo::pg {

// 64 bits from the system's generator. Errors: XX000 when it has none to give.
std::uint64_t random_uint64();

} // namespace driplo::pg
