// Grants, defaults, what a statement assigns and the executor, beside what prelude.hpp includes:
// for the two files that judge columns, and the one that writes rows. Comes first in them, so that
// prelude.hpp removes the macros of these headers too.
#pragma once

extern "C" {
#include "postgres.h"

#include "access/sysattr.h"
#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "nodes/bitmapset.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/hsearch.h"
#include "utils/typcache.h"
}

#include "pg/prelude.hpp"
