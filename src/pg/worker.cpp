#include "pg/worker_prelude.hpp"

#include "pg/worker.hpp"

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/settings.hpp"
#include "pg/wake.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include <dlfcn.h>

extern "C" PGDLLEXPORT void driplo_worker_main(Datum);

namespace driplo::pg {

namespace {

using std::chrono::steady_clock;

constexpr const char* next_job = "SELECT FROM private.run_next_job()";
constexpr const char* next_events = "SELECT WHERE private.deliver_waiting_events() > 0";

// Of the server, like all of this file: nothing here owns anything.
bool run(const char* statement) {
    if (SPI_execute(statement, false, 0) != SPI_OK_SELECT)
        elog(ERROR, "unexpected result of \"%s\"", statement);
    const bool found = SPI_processed > 0;
    SPI_freetuptable(SPI_tuptable);
    return found;
}

void wait(long milliseconds) {
    WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
              PG_WAIT_EXTENSION);
    ResetLatch(MyLatch);
    CHECK_FOR_INTERRUPTS();
}

bool can_commit(FunctionCallInfo fcinfo) {
    return fcinfo->context && IsA(fcinfo->context, CallContext) &&
           !castNode(CallContext, fcinfo->context)->atomic;
}

} // namespace

void work(FunctionCallInfo fcinfo, std::int32_t seconds, std::int32_t idle_ms) {
    if (!can_commit(fcinfo))
        throw core::error{core::errors::invalid_transaction_termination,
                          "driplo_work() cannot run inside a transaction block", "",
                          "Call it as a statement of its own, or use run_jobs()."};
    call([&] {
        SPI_connect_ext(SPI_OPT_NONATOMIC);
        // not by the clock, which can be set back
        const auto until = steady_clock::now() + std::chrono::seconds(seconds);
        for (;;) {
            const bool worked = run(next_job);
            SPI_commit();
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
            if (left.count() <= 0)
                break;
            if (!worked)
                wait(std::min<long>(idle_ms, left.count()));
        }
        SPI_finish();
    });
}

namespace {

constexpr long idle_ms = 1000, absent_ms = 10000;

// pg_restore loads rows whose triggers and keys come later: no job may see them before.
constexpr const char* is_open = R"(
    SELECT
    WHERE pg_catalog.to_regprocedure('private.run_next_job()') IS NOT NULL
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_stat_activity WHERE datname = pg_catalog.current_database() AND application_name = 'pg_restore'))";

struct turns {
    bool has_events = true; // perhaps: somebody has called, or the last look found some
    bool is_for_jobs = false;
};

// One transaction; how long to wait afterwards. Events and jobs take turns: neither waits for the
// other to have nothing to do.
long step(turns& turn) {
    long pause = absent_ms;
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    // Whatever the database's default is: jobs are written for it, and repeat nothing.
    XactIsoLevel = XACT_READ_COMMITTED;
    PushActiveSnapshot(GetTransactionSnapshot());
    SPI_connect();
    const Oid service = get_role_oid("service_role", true);
    if (OidIsValid(service) && !XactReadOnly && run(is_open)) {
        turn.has_events |= was_woken();
        const bool is_for_events = turn.has_events && !turn.is_for_jobs;
        const char* what = is_for_events ? next_events : next_job;
        pgstat_report_activity(STATE_RUNNING, what);
        Oid user;
        int context;
        GetUserIdAndSecContext(&user, &context);
        // What a shop's own trigger does in a job, it does as the service, and cannot become the
        // superuser that the worker connects as.
        SetUserIdAndSecContext(service, context | SECURITY_LOCAL_USERID_CHANGE);
        const bool found = run(what);
        if (is_for_events)
            turn.has_events = found;
        turn.is_for_jobs = is_for_events;
        pause = found || is_for_events || turn.has_events ? 0 : idle_ms;
        SetUserIdAndSecContext(user, context);
    }
    SPI_finish();
    PopActiveSnapshot();
    CommitTransactionCommand();
    pgstat_report_stat(true);
    pgstat_report_activity(STATE_IDLE, nullptr);
    return pause;
}

} // namespace

void register_worker() {
    // pg_upgrade moves the tables of a server that must stand still.
    if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade ||
        !settings::worker_database || !*settings::worker_database)
        return;
    reserve_wakes();
    BackgroundWorker worker{};
    worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
    worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
    worker.bgw_restart_time = 5;
    // This very file, wherever the server has found it.
    Dl_info self;
    const bool is_known = dladdr(reinterpret_cast<const void*>(&driplo_worker_main), &self) &&
                          std::strlen(self.dli_fname) < sizeof worker.bgw_library_name;
    strlcpy(worker.bgw_library_name, is_known ? self.dli_fname : "$libdir/driplo",
            sizeof worker.bgw_library_name);
    strlcpy(worker.bgw_function_name, "driplo_worker_main", sizeof worker.bgw_function_name);
    strlcpy(worker.bgw_name, "driplo worker", sizeof worker.bgw_name);
    strlcpy(worker.bgw_type, "driplo worker", sizeof worker.bgw_type);
    RegisterBackgroundWorker(&worker);
}

} // namespace driplo::pg

// An error ends the process, and the server starts it again: what was begun is rolled back.
void driplo_worker_main(Datum) {
    using namespace driplo::pg;
    pqsignal(SIGHUP, SignalHandlerForConfigReload);
    pqsignal(SIGTERM, die);
    BackgroundWorkerUnblockSignals();
    BackgroundWorkerInitializeConnection(settings::worker_database, nullptr, 0);
    pgstat_report_activity(STATE_IDLE, nullptr);
    await_wakes();
    turns turn;
    for (;;) {
        const long pause = step(turn);
        if (pause > 0)
            wait(pause);
        CHECK_FOR_INTERRUPTS();
        if (ConfigReloadPending) {
            ConfigReloadPending = false;
            ProcessConfigFile(PGC_SIGHUP);
        }
    }
}
