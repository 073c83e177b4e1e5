// Sequences.
#pragma once

#include "pg/prelude.hpp"

#include <cstdint>

namespace driplo::pg {

// nextval() of a sequence of that schema, whatever the caller's rights on it are. Holds no lock
// that another session's nextval() would wait for. Errors: 42P01 when there is none.
std::int64_t next_value(Oid schema, const char* sequence);

} // namespace driplo::pg
