// The transaction that is under way and its parts: for what C++ remembers of it.
#pragma once

#include "pg/boundary.hpp"

#include <cstdint>

namespace driplo::pg {

// The number of the subtransaction that is running. Whatever began later has a greater number, so
// that the end of number n undoes what was done in n and above.
std::uint32_t current_subtransaction();

// How often a trigger has led to the running trigger: 1 in one that a client's statement fires,
// more in those of a trigger's statements.
int trigger_depth();

// Calls `undo` with the number of a subtransaction that is rolled back, and `end` when the
// transaction ends in whatever way. Neither may raise. To be called once for each pair.
void watch_transaction(void (*undo)(std::uint32_t), void (*end)());

} // namespace driplo::pg
