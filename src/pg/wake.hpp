// Waking the background worker: whoever has recorded events lets it know when the transaction has
// committed, so that they are not found by the clock only.
#pragma once

namespace driplo::pg {

// The transaction that is under way has recorded events. Without a worker for this database nothing
// comes of it.
void wake_worker_at_commit();

// For the worker, whose latch it sets from then on.
void await_wakes();

// Whether anybody has called since the last time.
bool was_woken();

// Called once, from _PG_init, when the server is preloading a library that has a worker.
void reserve_wakes();

// Called once, from _PG_init.
void watch_wakes();

} // namespace driplo::pg
