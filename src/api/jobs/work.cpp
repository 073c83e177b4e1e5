// Jobs: the loop that commits after each. Which jobs there are and when they run is SQL's.
#include "api/call/arguments.hpp"
#include "pg/entry_point.hpp"
#include "pg/worker.hpp"

namespace driplo {

// driplo_work(seconds integer, idle_ms integer)
DRIPLO_FUNCTION(driplo_work) {
    const auto seconds = pg::required<std::int32_t>(fcinfo, 0, "seconds");
    const auto idle_ms = pg::required<std::int32_t>(fcinfo, 1, "idle_ms");
    if (seconds < 0 || seconds > 86400)
        throw core::error{core::errors::invalid_parameter_value,
                          "seconds must be between 0 and 86400"};
    if (idle_ms < 10 || idle_ms > 60000)
        throw core::error{core::errors::invalid_parameter_value,
                          "idle_ms must be between 10 and 60000"};
    pg::work(fcinfo, seconds, idle_ms);
    return pg::nothing();
}

} // namespace driplo
