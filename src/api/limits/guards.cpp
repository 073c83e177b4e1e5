// What is too much, and what is too small to be paid, wherever it is written.
#include "core/currency.hpp"
#include "core/format.hpp"
#include "pg/trigger.hpp"

namespace driplo {

// private.check_sizes(): BEFORE INSERT OR UPDATE OF columns; the arguments are each column and how
// many bytes it may have. What was too large before, by an older rule or a restored dump, may stay
// and become smaller.
DRIPLO_FUNCTION(driplo_check_sizes) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    if (const auto found = row.find_too_large(fcinfo))
        throw core::error{
            core::errors::program_limit_exceeded,
            core::format("value of \"{}\" in \"{}\" is too large", found->column, row.table_name()),
            core::format("The value has {} bytes; at most {} are allowed.", found->size,
                         found->most),
            "Keep large data in a file store and save its URL here."};
    return row.result();
}

// private.smallest_unit(currency text) -> bigint
DRIPLO_FUNCTION(driplo_smallest_unit) {
    const auto currency = pg::required<std::string_view>(fcinfo, 0, "currency");
    if (!core::is_currency(currency))
        return pg::null_result(fcinfo);
    return pg::to_datum(core::smallest_unit(currency).minor);
}

// private.minor_units(currency text) -> integer
DRIPLO_FUNCTION(driplo_minor_units) {
    const auto currency = pg::required<std::string_view>(fcinfo, 0, "currency");
    if (!core::is_currency(currency))
        return pg::null_result(fcinfo);
    return pg::to_datum(std::int32_t{core::minor_units(currency)});
}

} // namespace driplo
