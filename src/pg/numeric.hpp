// Exact decimal arithmetic for SQL's numeric, by the server's own functions.
#pragma once

#include "pg/prelude.hpp"

namespace driplo::pg {

// round(amount * percent / 100, scale), exact for every amount; NaN and Infinity as the server
// does. The percent counts with the 15 digits that a setting shows: 2.9 is 2.9.
Datum percentage(Datum amount, double percent, int scale);

} // namespace driplo::pg
