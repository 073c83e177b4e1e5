// Expressions that are evaluated outside of a statement, beside what prelude.hpp includes: for the
// files that evaluate defaults or look at what a statement assigns. Comes first in them, so that
// prelude.hpp removes the macros of these headers too.
#pragma once

extern "C" {
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "executor/executor.h"
#include "nodes/bitmapset.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "rewrite/rewriteHandler.h"
#include "utils/hsearch.h"
#include "utils/typcache.h"
}

#include "pg/prelude.hpp"
