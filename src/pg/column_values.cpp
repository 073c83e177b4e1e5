#include "pg/planner_prelude.hpp"

#include "pg/column_values.hpp"

namespace driplo::pg {

Datum to_datum(hundredths value) {
    return call([&] { return NumericGetDatum(int64_div_fast_to_numeric(value.number, 2)); });
}

Datum to_datum(ten_thousandths value) {
    return call([&] { return NumericGetDatum(int64_div_fast_to_numeric(value.number, 4)); });
}

bool find_conversion(const FormData_pg_attribute& column, Oid given, conversion& found) {
    if (column.attgenerated != '\0' || column.attidentity != '\0')
        return false;
    if (given == TEXTOID && type_is_enum(column.atttypid)) {
        found = conversion::label;
        return true;
    }
    if (given == TEXTOID && column.atttypid == JSONBOID) {
        found = conversion::json;
        return true;
    }
    const bool has_length = column.atttypmod >= 0;
    if (given == TEXTOID && (column.atttypid == VARCHAROID || column.atttypid == TEXTOID)) {
        found = has_length ? conversion::shortened_text : conversion::none;
        return true;
    }
    found = given == NUMERICOID && has_length ? conversion::rounded_number : conversion::none;
    return given == column.atttypid && (found == conversion::rounded_number || !has_length);
}

Datum converted(Datum value, conversion how, const FormData_pg_attribute& column) {
    switch (how) {
    case conversion::shortened_text:
        return DirectFunctionCall3(varchar, value, Int32GetDatum(column.atttypmod),
                                   BoolGetDatum(false));
    case conversion::rounded_number:
        return DirectFunctionCall2(numeric, value, Int32GetDatum(column.atttypmod));
    case conversion::label:
        return DirectFunctionCall2(enum_in, CStringGetDatum(TextDatumGetCString(value)),
                                   ObjectIdGetDatum(column.atttypid));
    case conversion::json:
        return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(value)));
    case conversion::none:
        break;
    }
    return value;
}

} // namespace driplo::pg
