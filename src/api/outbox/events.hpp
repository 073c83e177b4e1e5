// Events: what has happened is written down in the transaction in which it happened, for users and
// programs who are told of it afterwards.
#pragma once

#include "pg/spi.hpp"
#include "pg/wake.hpp"

#include <string>

namespace driplo {

// Runs a statement that writes events, of a trigger's transition tables for instance.
template <typename... Parameters>
pg::rows record_events(const pg::plan& statement, const Parameters&... parameters) {
    pg::wake_worker_at_commit();
    return statement.run(parameters...);
}

// The event's number.
std::int64_t record_event(pg::spi spi, const std::string& kind,
                          const std::optional<pg::uuid>& subject,
                          const std::optional<pg::uuid>& actor);

// One for each, of nobody in particular.
void record_events(pg::spi spi, const std::string& kind, const std::vector<pg::uuid>& subjects);

} // namespace driplo
