// Payments: the platform's fee.
#include "pg/numeric.hpp"
#include "pg/settings.hpp"
#include "pg/value.hpp"

namespace driplo {

// calculate_platform_fee(amount numeric) -> numeric
DRIPLO_FUNCTION(driplo_calculate_platform_fee) {
    return pg::percentage(fcinfo->args[0].value, pg::settings::platform_fee_percent, 2);
}

} // namespace driplo
