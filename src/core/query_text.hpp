// Texts of SQL statements, without what users have written into them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace driplo::core {

/// The statement with "?" for every literal, without comments, and with one space for white space:
/// what may be kept of a statement that took long. Nothing for anything but SELECT, INSERT, UPDATE,
/// DELETE, MERGE, VALUES, TABLE and WITH: other statements may hold passwords. Takes any bytes;
/// what is not terminated is left out to the end. At most max_bytes, cut between two characters.
std::optional<std::string> query_shape(std::string_view statement, std::size_t max_bytes = 4000);

} // namespace driplo::core
