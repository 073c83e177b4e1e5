#include "pg/tax.hpp"

#include "core/format.hpp"
#include "pg/json.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"

namespace driplo::pg {

namespace {

// What is found by a signature and returns that; InvalidOid without.
Oid find_function(const char* arguments, Oid result) {
    const std::string signature = core::format("{}({})", settings::tax_function, arguments);
    const char* name = signature.c_str();
    return call([&] {
        LOCAL_FCINFO(fcinfo, 1);
        InitFunctionCallInfoData(*fcinfo, nullptr, 1, InvalidOid, nullptr, nullptr);
        fcinfo->args[0].value = PointerGetDatum(cstring_to_text(name));
        fcinfo->args[0].isnull = false;
        const Datum found = to_regprocedure(fcinfo);
        if (fcinfo->isnull || get_func_rettype(DatumGetObjectId(found)) != result)
            return InvalidOid;
        return DatumGetObjectId(found);
    });
}

Oid function_of_amount() {
    return find_function("jsonb,jsonb", NUMERICOID);
}

Oid function_of_lines() {
    return find_function("jsonb", JSONBOID);
}

} // namespace

core::error bad_tax_function(const std::string& what) {
    return core::error{
        core::errors::invalid_parameter_value, what,
        core::format("The setting driplo.tax_function is \"{}\".", settings::tax_function),
        "Set it to the schema-qualified name of a function (lines jsonb, address jsonb) that "
        "returns numeric, or (sale jsonb) that returns jsonb."};
}

tax_function_kind kind_of_tax_function() {
    if (!settings::tax_function || !*settings::tax_function)
        return tax_function_kind::none;
    if (OidIsValid(function_of_amount()))
        return tax_function_kind::amount;
    if (OidIsValid(function_of_lines()))
        return tax_function_kind::lines;
    throw bad_tax_function("tax function does not exist");
}

core::money tax(const std::string& lines, const std::optional<Datum>& address, core::money unit) {
    const Oid function = function_of_amount();
    const Datum bought = json_datum(lines);
    bool is_null = true;
    const Datum amount = call([&] {
        FmgrInfo info;
        fmgr_info(function, &info);
        LOCAL_FCINFO(fcinfo, 2);
        InitFunctionCallInfoData(*fcinfo, &info, 2, InvalidOid, nullptr, nullptr);
        fcinfo->args[0].value = bought;
        fcinfo->args[0].isnull = false;
        fcinfo->args[1].value = address.value_or(Datum{0});
        fcinfo->args[1].isnull = !address;
        if (info.fn_strict && fcinfo->args[1].isnull)
            return Datum{0};
        const Datum result = FunctionCallInvoke(fcinfo);
        is_null = fcinfo->isnull;
        return result;
    });
    if (!is_null && !call([&] {
            return !numeric_is_nan(DatumGetNumeric(amount)) &&
                   !numeric_is_inf(DatumGetNumeric(amount));
        }))
        throw bad_tax_function("tax function returned NaN or infinity");
    const core::money tax = is_null ? core::money{} : to_money(amount, unit);
    if (tax < core::money{})
        throw bad_tax_function("tax function returned a negative amount");
    return tax;
}

std::optional<jsonb> taxes(const std::string& sale) {
    const Oid function = function_of_lines();
    const Datum told = json_datum(sale);
    bool is_null = true;
    const Datum result = call([&] {
        FmgrInfo info;
        fmgr_info(function, &info);
        LOCAL_FCINFO(fcinfo, 1);
        InitFunctionCallInfoData(*fcinfo, &info, 1, InvalidOid, nullptr, nullptr);
        fcinfo->args[0].value = told;
        fcinfo->args[0].isnull = false;
        const Datum found = FunctionCallInvoke(fcinfo);
        is_null = fcinfo->isnull;
        return found;
    });
    return is_null ? std::nullopt : std::optional(jsonb{result});
}

} // namespace driplo::pg
