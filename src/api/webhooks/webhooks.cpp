// What webhooks need beside SQL: whether an address may be called, a keyed hash, and which database
// this is.
#include "core/format.hpp"
#include "core/webhook_url.hpp"
#include "pg/boundary.hpp"
#include "pg/entry_point.hpp"
#include "pg/hmac.hpp"
#include "pg/value.hpp"

namespace driplo {

// private.webhook_url_problem(url text) -> text, NULL for one that may be called
DRIPLO_FUNCTION(driplo_webhook_url_problem) {
    const auto url = pg::required<std::string_view>(fcinfo, 0, "url");
    const char* problem = core::webhook_url_problem(url);
    return problem ? pg::to_datum(std::string_view(problem)) : pg::null_result(fcinfo);
}

// private.keyed_hash(key bytea, message bytea) -> bytea
DRIPLO_FUNCTION(driplo_keyed_hash) {
    const auto key = pg::required<std::string_view>(fcinfo, 0, "key");
    const auto message = pg::required<std::string_view>(fcinfo, 1, "message");
    const auto digest = pg::hmac_sha256(key, message, {}, {});
    return pg::to_datum(
        std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

// private.database_identity() -> text
DRIPLO_FUNCTION(driplo_database_identity) {
    std::uint64_t system = 0;
    NameData name{};
    pg::call([&] {
        system = GetSystemIdentifier();
        HeapTuple row = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
        if (!HeapTupleIsValid(row))
            elog(ERROR, "database %u does not exist", MyDatabaseId);
        name = reinterpret_cast<Form_pg_database>(GETSTRUCT(row))->datname;
        ReleaseSysCache(row);
    });
    return pg::to_datum(core::format("{}/{}/{}", system, MyDatabaseId, NameStr(name)));
}

} // namespace driplo
