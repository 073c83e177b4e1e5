// Background workers, waiting and shared memory, beside what prelude.hpp includes: for worker.cpp
// and wake.cpp. Comes first, so that prelude.hpp removes the macros of these headers too.
#pragma once

extern "C" {
#include "postgres.h"

#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"
#include "tcop/tcopprot.h"
}

#include "pg/prelude.hpp"
