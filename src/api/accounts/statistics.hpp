// The row in which a person's sales, purchases, ratings and followers are counted.
#pragma once

#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>

namespace driplo {

// Makes the row when it is missing: an account comes with one, an older or loaded one may be
// without. Who was deleted gets none. True when it was made. lock_balance() of the ledger makes one
// with a trace for REPEATABLE READ.
bool make_statistics(pg::spi spi, const std::optional<pg::uuid>& user);

} // namespace driplo
