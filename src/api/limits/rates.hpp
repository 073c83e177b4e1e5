// How often an account may do what floods others.
#pragma once

#include "pg/session.hpp"

#include <cstdint>
#include <string_view>

namespace driplo {

// Counts n times of an action of built_in_limits (rates.cpp) for the caller, unless that is the
// service or nobody. The count is part of the transaction: what fails is not counted. Error MK015
// when it is too often; what was refused is not counted either. Locks the count of the caller until
// the end of the transaction, so call it late.
void count_against_limit(pg::spi spi, std::string_view action, std::int64_t n = 1);

} // namespace driplo
