// Messages to the client that are no errors.
#pragma once

namespace driplo::pg {

void notice(const char* message);

} // namespace driplo::pg
