#pragma once

#include "pg/value.hpp"

#include <string>

namespace driplo {

pg::uuid open_chargeback(const pg::uuid& order, const std::string& stripe_dispute_id,
                         const std::string& description);
void close_chargeback(const pg::uuid& dispute, bool won, const std::string& notes);

} // namespace driplo
