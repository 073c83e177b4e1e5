#include "pg/tax.hpp"

#include "core/format.hpp"
#include "pg/json.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"

namespace driplo::pg {

namespace {

core::error bad_setting(const std::string& what) {
    return core::error{
        core::errors::invalid_parameter_value, what,
        core::format("The setting driplo.tax_function is \"{}\".", settings::tax_function),
        "Set it to the schema-qualified name of a function (lines jsonb, address jsonb) that "
        "returns numeric."};
}

Oid tax_function() {
    const std::string signature = core::format("{}(jsonb,jsonb)", settings::tax_function);
    const char* name = signature.c_str();
    const Oid function = call([&] {
        LOCAL_FCINFO(fcinfo, 1);
        InitFunctionCallInfoData(*fcinfo, nullptr, 1, InvalidOid, nullptr, nullptr);
        fcinfo->args[0].value = PointerGetDatum(cstring_to_text(name));
        fcinfo->args[0].isnull = false;
        const Datum found = to_regprocedure(fcinfo);
        return fcinfo->isnull ? InvalidOid : DatumGetObjectId(found);
    });
    if (!OidIsValid(function) || call([&] { return get_func_rettype(function); }) != NUMERICOID)
        throw bad_setting("tax function does not exist");
    return function;
}

} // namespace

bool has_tax_function() {
    return settings::tax_function && *settings::tax_function;
}

core::money tax(const std::string& lines, const std::optional<Datum>& address, core::money unit) {
    const Oid function = tax_function();
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
        throw bad_setting("tax function returned NaN or infinity");
    const core::money tax = is_null ? core::money{} : to_money(amount, unit);
    if (tax < core::money{})
        throw bad_setting("tax function returned a negative amount");
    return tax;
}

} // namespace driplo::pg
