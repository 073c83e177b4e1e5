// What the reports need of the server and SQL does not give.
#include "pg/expression.hpp"

namespace driplo {

// private.printed_expression(relation oid, expression text, column_name text) -> text
DRIPLO_FUNCTION(driplo_printed_expression) {
    const auto relation = pg::required<Datum>(fcinfo, 0, "relation");
    const auto expression = pg::required<std::string_view>(fcinfo, 1, "expression");
    return pg::printed_expression(DatumGetObjectId(relation), expression,
                                  pg::argument<std::string_view>(fcinfo, 2));
}

// private.printed_condition(relation oid, condition text) -> text
DRIPLO_FUNCTION(driplo_printed_condition) {
    const auto relation = pg::required<Datum>(fcinfo, 0, "relation");
    return pg::printed_condition(DatumGetObjectId(relation),
                                 pg::required<std::string_view>(fcinfo, 1, "condition"));
}

} // namespace driplo
