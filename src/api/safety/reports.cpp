// Reports of people who have not signed in, too: those may call nothing with rights of its owner,
// so these functions take them for one statement. private.add_report() and
// private.status_of_report() say who sees and writes what.
#include "pg/entry_point.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan add_report{
    "SELECT private.add_report($1, $2, $3, $4, $5::pg_catalog.jsonb, $6, $7)"};
const pg::plan status_of_report{"SELECT * FROM private.status_of_report($1)",
                                pg::access::read_only};

} // namespace

// report(target_type text, target_id uuid, category text, details text, evidence jsonb, email text,
//        locale text) -> uuid
DRIPLO_FUNCTION(driplo_report) {
    const auto type = pg::argument<std::string>(fcinfo, 0);
    const auto target = pg::argument<pg::uuid>(fcinfo, 1);
    const auto category = pg::argument<std::string>(fcinfo, 2);
    const auto details = pg::argument<std::string>(fcinfo, 3);
    const auto evidence = pg::json_argument(fcinfo, 4);
    const auto email = pg::argument<std::string>(fcinfo, 5);
    const auto locale = pg::argument<std::string>(fcinfo, 6);
    const pg::owner_scope as_owner;
    return pg::result(*pg::in_session([&] {
        return add_report.run(type, target, category, details, evidence, email, locale)
            .value<pg::uuid>();
    }));
}

// report_status(report_id uuid) -> TABLE(...)
DRIPLO_FUNCTION(driplo_report_status) {
    const auto report = pg::argument<pg::uuid>(fcinfo, 0);
    const pg::owner_scope as_owner;
    pg::session spi;
    return status_of_report.run(report).as_result(fcinfo);
}

} // namespace driplo
