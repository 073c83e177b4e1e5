// When a row was written last, of every table that says so.
#include "pg/trigger.hpp"

namespace driplo {

// update_updated_at_column(): BEFORE UPDATE on any table that has updated_at
DRIPLO_FUNCTION(driplo_update_updated_at_column) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    row.set_transaction_time("updated_at");
    return row.result();
}

} // namespace driplo
