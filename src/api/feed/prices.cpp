// Earlier prices: the one at which somebody has marked a listing, and the lowest of 30 days.
#include "pg/entry_point.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/trigger.hpp"

namespace driplo {

namespace {

constexpr pg::unique_row listing_row{
    "listings", "id", {{"price", NUMERICOID}, {"currency", VARCHAROID}}};
enum { price_column, currency_column };
const pg::plan price_of_listing{"SELECT price, currency::text FROM {s}.listings WHERE id = $1",
                                pg::planned::once};

const pg::plan lowest_before_lowered{R"(
    SELECT private.lowest_price_before(l.id, l.currency::text, latest.valid_until)
    FROM {s}.listings l
    CROSS JOIN LATERAL (
        SELECT p.price, p.currency, p.valid_until
        FROM {s}.listing_prices p
        WHERE p.listing_id = l.id
        ORDER BY p.valid_until DESC
        LIMIT 1
    ) latest
    WHERE l.id = $1
      AND l.status::text IN ('active', 'reserved', 'sold')
      AND latest.valid_until > now() - interval '30 days'
      AND latest.currency = l.currency
      AND latest.price > l.price)",
                                     pg::access::read_only, pg::planned::once};

} // namespace

// lowest_price_30d(listing_id uuid) -> numeric
DRIPLO_FUNCTION(driplo_lowest_price_30d) {
    const auto listing = pg::required<pg::uuid>(fcinfo, 0, "listing_id");
    const pg::owner_scope as_owner;
    const auto lowest =
        pg::in_session([&] { return lowest_before_lowered.run(listing).value<pg::amount>(); });
    return lowest ? pg::to_datum(*lowest) : pg::null_result(fcinfo);
}

// private.note_price_seen(): BEFORE INSERT ON favorites
DRIPLO_FUNCTION(driplo_note_price_seen) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert);
    const auto listing = row.value<pg::uuid>("listing_id");
    if (!listing || !row.is_null("price_seen"))
        return row.result();
    std::optional<pg::amount> price;
    std::optional<std::string> currency;
    if (const auto found = listing_row.find(*listing, pg::snapshot::fresh)) {
        price = found->value<pg::amount>(price_column);
        currency = found->value<std::string>(currency_column);
    } else {
        pg::session spi;
        const pg::rows asked = price_of_listing.run(*listing);
        price = asked.value<pg::amount>(1);
        currency = asked.value<std::string>(2);
    }
    if (price && currency) {
        row.set_text("price_seen", price->text);
        row.set_text("currency_seen", *currency);
    }
    return row.result();
}

} // namespace driplo
