// Random numbers that nobody can predict.
#pragma once

#include "core/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace driplo::pg {

// 64 bits from the system's generator. Errors: XX000 when it has none to give.
std::uint64_t random_uint64();

// A new random id, of version 4 as gen_random_uuid() makes them.
core::uuid random_uuid();

// The id of a new row of a table that grows with every sale. It begins with the time, so rows that
// are written one after another are neighbors in the indexes of their ids: a random one is in a
// page of its own, which has to be read, changed, and written to the WAL as a whole. Greater than
// all that this session made before, and as hard to guess as a random number of 62 bits.
core::uuid time_ordered_uuid();
std::vector<core::uuid> time_ordered_uuids(std::size_t count);

// The same, inside call(): they raise what the others throw.
void fill_random_uuid(unsigned char* into);
void fill_time_ordered_uuid(unsigned char* into);

} // namespace driplo::pg
