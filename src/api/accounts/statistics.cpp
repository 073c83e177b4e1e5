#include "api/accounts/statistics.hpp"

#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan make_row{R"(
    INSERT INTO {s}.user_stats_summary (user_id)
    SELECT id
    FROM {s}.profiles
    WHERE id = $1
    ON CONFLICT (user_id) DO NOTHING
    RETURNING user_id)"};

} // namespace

bool make_statistics(pg::spi, const std::optional<pg::uuid>& user) {
    return !make_row.run(user).empty();
}

} // namespace driplo
