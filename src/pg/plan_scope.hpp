// How the server is to plan the statements of a function that knows better than its statistics.
#pragma once

#include "pg/boundary.hpp"

namespace driplo::pg {

// While it lives statements use indexes wherever one answers, are planned for their values, and
// begin at once: no compiled code, no workers, whatever the session has set. Ends with an error, as
// SET LOCAL in a subtransaction does.
class plan_scope {
public:
    plan_scope();
    ~plan_scope();
    plan_scope(const plan_scope&) = delete;
    plan_scope& operator=(const plan_scope&) = delete;

private:
    int level_;
};

} // namespace driplo::pg
