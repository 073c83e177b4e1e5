// The texts of statements that took long.
#include "core/query_text.hpp"
#include "pg/value.hpp"

namespace driplo {

// private.query_shape(statement text) -> text
DRIPLO_FUNCTION(driplo_query_shape) {
    const auto shape = core::query_shape(pg::required<std::string_view>(fcinfo, 0, "statement"));
    return shape ? pg::to_datum(*shape) : pg::null_result(fcinfo);
}

} // namespace driplo
