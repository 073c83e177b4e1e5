#include "pg/settings.hpp"

#include "pg/prelude.hpp"

namespace driplo::pg {

namespace settings {
double platform_fee_percent = 5;
}

namespace {

// Only the install script reads it (private.is_restoring()), so nothing in C++ does.
enum restoring { restoring_auto, restoring_on, restoring_off };
int restoring_value = restoring_auto;
const config_enum_entry restoring_values[] = {
    {"auto", restoring_auto, false}, {"on", restoring_on, false},
    {"off", restoring_off, false},   {"true", restoring_on, true},
    {"false", restoring_off, true},  {"yes", restoring_on, true},
    {"no", restoring_off, true},     {"1", restoring_on, true},
    {"0", restoring_off, true},      {nullptr, 0, false}};

struct real_setting {
    const char* name;
    const char* description;
    const char* details;
    double* value;
    double default_value, least, greatest;
    GucContext context; // PGC_SUSET where it touches money or identity
};

const real_setting real_settings[] = {
    {"driplo.platform_fee_percent", "Percent of a sale that the platform keeps.",
     "Used by calculate_platform_fee(); 0 to 100.", &settings::platform_fee_percent, 5, 0, 100,
     PGC_SUSET},
};

} // namespace

void define_settings() {
    // In parallel mode the server would drop a configured value and go on with the default.
    if (IsInParallelMode())
        for (const real_setting& s : real_settings)
            if (GetConfigOption(s.name, true, false))
                ereport(ERROR,
                        (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                         errmsg("the driplo library cannot be loaded inside a parallel query, or "
                                "\"%s\" would be lost",
                                s.name),
                         errhint("Call driplo_version() first in the session, or set "
                                 "session_preload_libraries = '$libdir/driplo'.")));
    for (const real_setting& s : real_settings)
        DefineCustomRealVariable(s.name, s.description, s.details, s.value, s.default_value,
                                 s.least, s.greatest, s.context, 0, nullptr, nullptr, nullptr);
    DefineCustomEnumVariable(
        "driplo.restoring", "Tells CREATE EXTENSION driplo whether a dump is being restored.",
        "auto recognises pg_dump scripts and pg_restore by themselves.", &restoring_value,
        restoring_auto, restoring_values, PGC_USERSET, 0, nullptr, nullptr, nullptr);
    MarkGUCPrefixReserved("driplo");
}

} // namespace driplo::pg
