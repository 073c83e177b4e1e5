// Where this database keeps driplo: the extension's schema and versions, looked up once a session
// and again whenever a function or a schema is created, dropped or renamed, or one of driplo's
// tables altered, dropped or given to somebody. (Changes of the extension's version and of the
// tables' version come with such a change; their rows alone are not watched.)
#pragma once

#include "pg/prelude.hpp"

#include <cstdint>

namespace driplo::pg {

struct installation {
    Oid schema;                // the extension's schema
    const char* quoted_schema; // its name, quoted for SQL text
    Oid foreign_auth_uid;      // auth.uid() where it is not this library's but e.g. Supabase's
    std::uint64_t generation;  // changes whenever any of this may have changed
};

// The installation of driplo in this database. Errors: 55000 when there is none or its tables are
// missing or somebody else's, MK002 when library, extension and tables are not of one version.
const installation& current_installation();

// False before and while a dump is restored into this database: profiles and the version are not
// there or still empty. Errors otherwise: as current_installation().
bool tables_are_loaded();

// Drops what is known when the catalog changes. Called once, from _PG_init.
void watch_catalog();

} // namespace driplo::pg
