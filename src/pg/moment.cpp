#include "pg/moment.hpp"

#include "pg/boundary.hpp"

namespace driplo::pg {

moment moment::now() {
    return call([] {
        // What the running command has written has the command's number: another one after it.
        CommandCounterIncrement();
        moment here;
        here.transaction = U64FromFullTransactionId(GetTopFullTransactionId());
        here.subtransaction = GetCurrentSubTransactionId();
        here.command = GetCurrentCommandId(false);
        return here;
    });
}

} // namespace driplo::pg
