#include "pg/report.hpp"

#include "pg/boundary.hpp"

namespace driplo::pg {

void notice(const char* message) {
    call([&] { ereport(NOTICE, (errmsg_internal("%s", message))); });
}

} // namespace driplo::pg
