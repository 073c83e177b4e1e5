#include "pg/transaction.hpp"

namespace driplo::pg {

namespace {

// Both are called with the watcher that registered them.
struct watcher {
    void (*undo)(std::uint32_t);
    void (*end)();
};

void on_subtransaction(SubXactEvent event, SubTransactionId number, SubTransactionId,
                       void* argument) {
    if (event == SUBXACT_EVENT_ABORT_SUB)
        static_cast<watcher*>(argument)->undo(number);
}

void on_transaction(XactEvent event, void* argument) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
        static_cast<watcher*>(argument)->end();
}

} // namespace

std::uint32_t current_subtransaction() {
    return GetCurrentSubTransactionId();
}

int trigger_depth() {
    return call([] {
        LOCAL_FCINFO(fcinfo, 0);
        InitFunctionCallInfoData(*fcinfo, nullptr, 0, InvalidOid, nullptr, nullptr);
        return DatumGetInt32(pg_trigger_depth(fcinfo));
    });
}

void watch_transaction(void (*undo)(std::uint32_t), void (*end)()) {
    call([&] {
        auto* both = static_cast<watcher*>(MemoryContextAlloc(TopMemoryContext, sizeof(watcher)));
        *both = {undo, end};
        RegisterXactCallback(on_transaction, both);
        RegisterSubXactCallback(on_subtransaction, both);
    });
}

} // namespace driplo::pg
