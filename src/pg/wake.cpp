#include "pg/worker_prelude.hpp"

#include "pg/wake.hpp"

#include <atomic>
#include <new>

namespace driplo::pg {

namespace {

// In shared memory. The latch is one of the server's, which outlives the process that waits for it:
// a call that comes too late wakes somebody else, who looks around and waits on.
struct board {
    std::atomic<Oid> database;
    std::atomic<Latch*> latch;
    std::atomic<bool> is_called;
};

board* shared = nullptr;
bool is_due = false;
shmem_request_hook_type next_request = nullptr;
shmem_startup_hook_type next_startup = nullptr;

void request() {
    if (next_request)
        next_request();
    RequestAddinShmemSpace(sizeof(board));
}

void start_up() {
    if (next_startup)
        next_startup();
    bool is_there = false;
    LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
    shared = static_cast<board*>(ShmemInitStruct("driplo", sizeof(board), &is_there));
    if (!is_there)
        new (shared) board{};
    LWLockRelease(AddinShmemInitLock);
}

void on_transaction(XactEvent event, void*) {
    if (!is_due || event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
        return;
    is_due = false;
    if (event != XACT_EVENT_COMMIT)
        return;
    if (Latch* latch = shared->latch.load()) {
        shared->is_called = true;
        SetLatch(latch);
    }
}

void stop_waiting(int, Datum) {
    shared->latch = nullptr;
}

} // namespace

void wake_worker_at_commit() {
    if (shared && shared->database.load() == MyDatabaseId)
        is_due = true;
}

void await_wakes() {
    if (!shared)
        return;
    shared->database = MyDatabaseId;
    shared->latch = MyLatch;
    before_shmem_exit(stop_waiting, Datum{0});
}

bool was_woken() {
    return shared && shared->is_called.exchange(false);
}

void reserve_wakes() {
    next_request = shmem_request_hook;
    shmem_request_hook = request;
    next_startup = shmem_startup_hook;
    shmem_startup_hook = start_up;
}

void watch_wakes() {
    RegisterXactCallback(on_transaction, nullptr);
}

} // namespace driplo::pg
