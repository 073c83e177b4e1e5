// record_search(): what is searched for, and in vain, without who has searched.
//
// A query is kept when it is short, and its people as numbers that nobody can take back to them:
// keyed hashes of the person and the day, dropped when the day is over. Nobody can fill the table:
// without a user only what others have asked today is counted, and not without end; a person has a
// number of queries a day, a day a number of queries. Nobody waits: what another session is writing
// is not counted.
#include "api/call/signing_key.hpp"
#include "core/error.hpp"
#include "core/fold.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/hmac.hpp"
#include "pg/identity.hpp"
#include "pg/rights.hpp"

#include <cstring>

namespace driplo {

namespace {

constexpr std::size_t most_words = 8;
constexpr std::size_t most_characters = 100;
constexpr std::int64_t most_of_person = 200;
constexpr std::int64_t most_of_day = 20000;
constexpr std::int32_t most_unsigned_of_person = 100;

const pg::plan try_lock{R"(
    SELECT pg_catalog.pg_try_advisory_xact_lock(
        pg_catalog.hashtextextended('driplo.search ' || $1, 0)
    ))"};
const pg::plan day_of_today{R"(
    SELECT pg_catalog.to_char(pg_catalog.timezone('UTC', now()), 'YYYY-MM-DD'))"};
const pg::plan queries_of_person{R"(
    SELECT pg_catalog.count(*)
    FROM (
        SELECT
        FROM {s}.search_query_people
        WHERE day = $1::date AND person = $2
        LIMIT $3
    ) asked)"};
const pg::plan queries_of_day{R"(
    SELECT pg_catalog.count(*)
    FROM (SELECT FROM {s}.search_queries WHERE day = $1::date LIMIT $2) asked)"};
const pg::plan add_person{R"(
    INSERT INTO {s}.search_query_people (day, query, person)
    VALUES ($1::date, $2, $3)
    ON CONFLICT DO NOTHING)"};
const pg::plan add_query{R"(
    INSERT INTO {s}.search_queries AS q (day, query, n, n_empty, people)
    VALUES ($1::date, $2, 1, $3, $4)
    ON CONFLICT (day, query) DO UPDATE
    SET n = q.n + 1,
        n_empty = q.n_empty + excluded.n_empty,
        people = q.people + excluded.people)"};
const pg::plan count_query{R"(
    UPDATE {s}.search_queries
    SET n = n + 1,
        n_empty = n_empty + $3
    WHERE day = $1::date AND query = $2 AND n < $4::bigint * people)"};
const pg::plan is_known_query{R"(
    SELECT FROM {s}.search_queries WHERE day = $1::date AND query = $2)"};

std::int64_t hash_of(const std::string& key, const std::string& day, const pg::uuid& person) {
    const auto digest =
        pg::hmac_sha256(key, "people of search_queries", day,
                        {reinterpret_cast<const char*>(person.bytes.data()), person.bytes.size()});
    std::int64_t hash = 0;
    std::memcpy(&hash, digest.data(), sizeof(hash));
    return hash;
}

// Lower case, one space between two words; empty when it is not kept.
std::string plain_query(const std::string& text) {
    std::string query;
    const std::vector<core::token> words = core::tokens(text, most_words + 1);
    if (words.size() > most_words)
        return {};
    for (const core::token& each : words)
        query += (query.empty() ? "" : " ") + each.surface;
    return core::count_code_points(query).value_or(0) > most_characters ? std::string() : query;
}

void record(const std::string& query, bool is_empty) {
    const std::int32_t empty = is_empty ? 1 : 0;
    if (!try_lock.run(query).value<bool>().value_or(false))
        return;
    const std::string day = *day_of_today.run().value<std::string>();
    const auto person = pg::actor();
    const auto key = signing_key("search");
    if (!person || !key) {
        count_query.run(day, query, empty, most_unsigned_of_person);
        return;
    }
    const std::int64_t hash = hash_of(*key, day, *person);
    if (queries_of_person.run(day, hash, most_of_person).value<std::int64_t>() >= most_of_person)
        return;
    if (is_known_query.run(day, query).empty() &&
        queries_of_day.run(day, most_of_day).value<std::int64_t>() >= most_of_day)
        return;
    const bool is_new = add_person.run(day, query, hash).count() > 0;
    add_query.run(day, query, empty, is_new ? 1 : 0);
}

} // namespace

// record_search(query text, results integer)
DRIPLO_FUNCTION(driplo_record_search) {
    const auto text = pg::required<std::string>(fcinfo, 0, "query");
    const auto results = pg::required<std::int32_t>(fcinfo, 1, "results");
    if (results < 0)
        throw core::error{core::errors::invalid_parameter_value, "results must not be negative"};
    const std::string query = plain_query(text);
    if (query.empty())
        return pg::nothing();
    const pg::owner_scope as_owner;
    pg::in_session([&] { record(query, results == 0); });
    return pg::nothing();
}

} // namespace driplo
