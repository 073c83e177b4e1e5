// Random numbers that nobody can predict.
#pragma once

#include "core/uuid.hpp"

#include <cstdint>

namespace driplo::pg {

// 64 bits from the system's generator. Errors: XX000 when it has none to give.
std::uint64_t random_uint64();

// A new random id, of version 4 as gen_random_uuid() makes them.
core::uuid random_uuid();

// The same, inside call(): raises what random_uuid() throws.
void fill_random_uuid(unsigned char* into);

} // namespace driplo::pg
