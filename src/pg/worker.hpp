// Whoever runs jobs in a loop: a call of driplo_work(), and the background worker.
#pragma once

#include "pg/prelude.hpp"

#include <cstdint>

namespace driplo::pg {

// Runs jobs for that many seconds and commits after each; looks again after idle_ms milliseconds in
// which none was due. Error: 2D000 where the call cannot commit.
void work(FunctionCallInfo fcinfo, std::int32_t seconds, std::int32_t idle_ms);

// Called once, from _PG_init: starts the background worker with the server, if it is preloaded and
// driplo.worker_database names a database.
void register_worker();

} // namespace driplo::pg
