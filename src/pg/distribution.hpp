// Tables that Citus has distributed over servers. What is left of one here is an empty shell:
// whoever reads or writes it below statements would find nothing, and nobody else would find what
// it wrote.
#pragma once

#include "pg/prelude.hpp"

namespace driplo::pg {

// Whether the relation is a shell. Citus invalidates it when that changes. May raise: for use
// inside call().
bool is_distributed(Oid relation);

// From then on a transaction that has written here and on other servers is committed in two phases,
// also if it was one other server only, which Citus commits without asking back. Called once, from
// _PG_init, after Citus has registered what it does at the commit.
void watch_distributed_commits();

// Whether that was so in each session: the server has loaded both libraries when it started, Citus
// first. What is done at a commit is done in the reverse sequence.
bool is_loaded_after_citus();

} // namespace driplo::pg
