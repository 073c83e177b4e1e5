// The server's own table of settings, beside what prelude.hpp includes: for identity.cpp, which
// asks how a value was set. Comes first, so that prelude.hpp removes the macros of these headers
// too.
#pragma once

extern "C" {
#include "postgres.h"

#include "access/parallel.h"
#include "utils/guc.h"
#include "utils/guc_tables.h"
}

#include "pg/prelude.hpp"

#include <algorithm>

namespace driplo::pg {

// Null where there is none of that name.
inline const config_generic* find_setting(const char* name) {
#if PG_VERSION_NUM >= 160000
    return find_option(name, false, true, ERROR);
#else
    config_generic** const first = get_guc_variables();
    config_generic** const last = first + GetNumConfigOptions();
    const auto found =
        std::lower_bound(first, last, name, [](const config_generic* setting, const char* wanted) {
            return pg_strcasecmp(setting->name, wanted) < 0;
        });
    return found != last && pg_strcasecmp((*found)->name, name) == 0 ? *found : nullptr;
#endif
}

// Whether its value ends with the transaction at the latest: SET LOCAL, set_config(..., true), the
// SET clause of a function.
inline bool is_set_locally(const char* name) {
    const config_generic* setting = find_setting(name);
    return setting && setting->stack && setting->stack->state != GUC_SET;
}

} // namespace driplo::pg
