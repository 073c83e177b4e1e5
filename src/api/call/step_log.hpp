// Steps of orders and disputes on their way from the guard, a BEFORE trigger, to the record, an
// AFTER trigger.
//
// A trigger of the shop's may take the next step in between, and PostgreSQL fires triggers by their
// names: then the record of the second step comes before that of the first. So the guard notes what
// it lets through, and whoever needs a step to be recorded has those recorded before it that are
// not yet: what a step does never comes before the step, and none is recorded twice.
#pragma once

#include "pg/session.hpp"
#include "pg/value.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace driplo {

struct taken_step {
    std::optional<std::string> from; // nullopt: the row was written with the state
    std::string to;
    std::optional<std::string> reason, metadata;
    bool takes_back = false; // the row is again what it was before it was ended by mistake
};

// The guard lets the row go from a state to another one, with what call_context.hpp says of it.
// Valid until the next step of the row.
const taken_step& let_through(const pg::uuid& row, const std::optional<std::string>& from,
                              const std::string& to);

using recorder = std::function<void(pg::spi, const taken_step&)>;

// Whether the guard has let through what the row has just taken.
bool was_let_through(const pg::uuid& row, const std::optional<std::string>& from,
                     const std::string& to);

// For a status that a BEFORE trigger has changed after the guard had looked: of a dispute or a
// return, whose guards also set the times and the history that go with it.
core::error unseen_step(const core::error_code& code, std::string_view what);

// The row has taken the step: those before it are recorded, then this one, each once.
void record_step(pg::spi spi, const pg::uuid& row, const std::optional<std::string>& from,
                 const std::string& to, const recorder& record);

// What the row, which is in that state, has taken and nobody has recorded yet. False when there
// was nothing.
bool record_outstanding(pg::spi spi, const pg::uuid& row, const std::optional<std::string>& state,
                        const recorder& record);

} // namespace driplo
