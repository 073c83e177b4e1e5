// Background workers and waiting, beside what prelude.hpp includes: for worker.cpp. Comes first, so
// that prelude.hpp removes the macros of these headers too.
#pragma once

extern "C" {
#include "postgres.h"

#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
}

#include "pg/prelude.hpp"
