#include "pg/random.hpp"

#include "pg/boundary.hpp"

namespace driplo::pg {

std::uint64_t random_uint64() {
    std::uint64_t value = 0;
    if (!pg_strong_random(&value, sizeof value))
        throw core::error{core::errors::internal_error, "could not generate random numbers"};
    return value;
}

} // namespace driplo::pg
