// What codes mean, in the language of whoever asks.
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

// $1 is the locale that was asked for, $2 the caller. Of each code the nearest text comes first.
constexpr pg::part texts{"texts", R"(
    FROM (
        SELECT COALESCE(
            private.normal_locale($1), (SELECT r.locale FROM private.readers(ARRAY[$2]) r), 'en'
        ) AS locale
    ) wanted
    JOIN {s}.message_texts t
        ON t.locale::text IN (wanted.locale, pg_catalog.split_part(wanted.locale, '-', 1), 'en'))"};
constexpr pg::part nearest_first{"nearest_first", R"(
    t.locale::text = wanted.locale DESC,
    t.locale::text = pg_catalog.split_part(wanted.locale, '-', 1) DESC)"};
const pg::plan one_text{"SELECT t.text {texts} WHERE t.code = $3 ORDER BY {nearest_first} LIMIT 1",
                        {texts, nearest_first},
                        pg::access::read_only,
                        pg::planned::once};
const pg::plan all_texts{R"(
    SELECT COALESCE(pg_catalog.jsonb_object_agg(said.code, said.text), '{}')
    FROM (SELECT DISTINCT ON (t.code) t.code, t.text {texts} ORDER BY t.code, {nearest_first}) said)",
                         {texts, nearest_first},
                         pg::access::read_only,
                         pg::planned::once};

} // namespace

// message_text(code text, locale text) -> text
DRIPLO_FUNCTION(driplo_message_text) {
    const auto code = pg::argument<std::string>(fcinfo, 0);
    const auto locale = pg::argument<std::string>(fcinfo, 1);
    if (!code)
        return pg::null_result(fcinfo);
    const pg::owner_scope as_owner;
    const auto text = pg::in_session(
        [&] { return one_text.run(locale, pg::caller(), *code).value<std::string>(); });
    return text ? pg::to_datum(*text) : pg::null_result(fcinfo);
}

// all_message_texts(locale text) -> jsonb
DRIPLO_FUNCTION(driplo_all_message_texts) {
    const auto locale = pg::argument<std::string>(fcinfo, 0);
    const pg::owner_scope as_owner;
    return *pg::in_session([&] { return all_texts.run(locale, pg::caller()).json(); });
}

} // namespace driplo
