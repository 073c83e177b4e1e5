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
const config_enum_entry restoring_values[] = {{"auto", restoring_auto, false},
                                              {"on", restoring_on, false},
                                              {"off", restoring_off, false},
                                              {nullptr, 0, false}};

struct real_setting {
    const char* name;
    const char* description;
    const char* unit;
    double* value;
    double default_value, least, greatest;
    GucContext context;  // PGC_SUSET where it touches money or identity
};

const real_setting real_settings[] = {
    {"driplo.platform_fee_percent", "Percent of a sale that the platform keeps.",
     "Used by calculate_platform_fee(); 0 to 100.", &settings::platform_fee_percent, 5, 0, 100,
     PGC_SUSET},
};

}  // namespace

void define_settings() {
    for (const real_setting& s : real_settings)
        DefineCustomRealVariable(s.name, s.description, s.unit, s.value, s.default_value, s.least,
                                 s.greatest, s.context, 0, nullptr, nullptr, nullptr);
    DefineCustomEnumVariable("driplo.restoring",
                             "Tells CREATE EXTENSION driplo whether a dump is being restored.",
                             "auto recognises pg_dump scripts and pg_restore by themselves.",
                             &restoring_value, restoring_auto, restoring_values, PGC_USERSET, 0, nullptr,
                             nullptr, nullptr);
    MarkGUCPrefixReserved("driplo");
}

}  // namespace driplo::pg
