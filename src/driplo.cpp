// The module: the magic block and what happens when the server loads the library.
#include "pg/catalog.hpp"
#include "pg/client_rights.hpp"
#include "pg/distribution.hpp"
#include "pg/known_places.hpp"
#include "pg/settings.hpp"
#include "pg/table.hpp"
#include "pg/wake.hpp"
#include "pg/worker.hpp"

extern "C" {
#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(.name = "driplo", .version = DRIPLO_VERSION);
#else
PG_MODULE_MAGIC;
#endif

PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
    driplo::pg::define_settings();
    driplo::pg::register_worker();
    driplo::pg::watch_catalog();
    driplo::pg::watch_tables();
    driplo::pg::watch_places();
    driplo::pg::watch_client_rights();
    driplo::pg::watch_wakes();
    driplo::pg::watch_distributed_commits();
}
