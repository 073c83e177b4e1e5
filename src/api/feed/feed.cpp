// feed(): what the sellers whom the caller follows have published last.
//
// Nothing is kept for it: a listing of somebody with ten thousand followers would be ten thousand
// rows. A page is read instead, by one index: the newest listing of each seller, and of those
// sellers who have one of the newest as many as the page has. A seller whose newest is older than
// that of so many others has nothing on the page.
#include "api/search/currency.hpp"
#include "api/search/cursor.hpp"
#include "api/search/page.hpp"
#include "core/error.hpp"
#include "core/format.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/plan_scope.hpp"
#include "pg/result_set.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"

#include <limits>

namespace driplo {

namespace {

constexpr std::int32_t most_rows = 100;
// Of whoever follows more, those who were followed last.
constexpr std::int64_t most_follows = 10000;

// Whom the caller is not shown is left out before anything is counted: else a page could be empty
// and the next one not.
constexpr pg::part before{"before", R"(
    FROM {s}.listing_search i
    WHERE i.seller_id = followed.seller_id AND (i.published_at, i.listing_id) < ($3, $4)
    ORDER BY i.published_at DESC, i.listing_id DESC)"};
const pg::plan newest_of_followed{R"(
    WITH follows AS MATERIALIZED (
        SELECT following_id AS seller_id
        FROM {s}.user_follows
        WHERE follower_id = $1 AND ($2 IS NULL OR following_id <> ALL ($2))
        ORDER BY created_at DESC, id
        LIMIT $6
    ), newest AS MATERIALIZED (
        SELECT followed.seller_id
        FROM follows followed
        CROSS JOIN LATERAL (SELECT i.published_at, i.listing_id {before} LIMIT 1) first
        ORDER BY first.published_at DESC, first.listing_id DESC
        LIMIT $5
    )
    SELECT listed.listing_id, listed.published_at
    FROM newest followed
    CROSS JOIN LATERAL (SELECT i.published_at, i.listing_id {before} LIMIT $5) listed
    ORDER BY listed.published_at DESC, listed.listing_id DESC
    LIMIT $5)",
                                  {before},
                                  pg::access::read_only,
                                  pg::planned::once};

class followed_hits : public hit_source {
public:
    followed_hits(const pg::uuid& follower, std::optional<std::vector<pg::uuid>> hidden,
                  const std::optional<place>& after)
        : follower_(follower), hidden_(std::move(hidden)) {
        if (after)
            at_ = *after;
    }

    std::vector<hit> next(std::size_t n) override {
        const pg::rows found =
            newest_of_followed.run(follower_, hidden_, pg::timestamp{at_.time}, at_.id,
                                   static_cast<std::int64_t>(n), most_follows);
        std::vector<hit> hits;
        for (std::uint64_t row = 0; row < found.count(); ++row) {
            at_.id = *found.value<pg::uuid>(1, row);
            at_.time = found.value<pg::timestamp>(2, row)->value;
            hits.push_back({at_.id, 0, at_});
        }
        return hits;
    }

private:
    static place end_of_time() {
        place last;
        last.time = std::numeric_limits<std::int64_t>::max();
        last.id.bytes.fill(0xff);
        return last;
    }

    pg::uuid follower_;
    std::optional<std::vector<pg::uuid>> hidden_;
    place at_ = end_of_time();
};

} // namespace

// feed(page_size integer, cursor text)
DRIPLO_FUNCTION(driplo_feed) {
    const auto size = pg::argument<std::int32_t>(fcinfo, 0).value_or(24);
    if (size < 1 || size > most_rows)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("page_size must be between 1 and {}", most_rows)};
    const auto caller = pg::caller();
    if (!caller)
        throw core::error{core::errors::insufficient_privilege, "must be signed in"};
    const std::string identity = "feed " + pg::text_of(*caller);
    cursor where;
    std::optional<place> after;
    if (const auto given = pg::argument<std::string>(fcinfo, 1)) {
        where = read_cursor(*given, identity,
                            "Pass next_cursor of the previous page of the same user's feed.");
        after = where.after;
    }

    pg::result_set result(fcinfo);
    const pg::owner_scope as_owner;
    const pg::plan_scope by_index;
    pg::session spi;
    search_filters shown;
    shown.currency = base_currency();
    shown.rows.hidden_sellers = hidden_sellers(spi);
    followed_hits hits(*caller, shown.rows.hidden_sellers, after);
    const filled_page page =
        fill_page(hits, page_reader(spi, shown), static_cast<std::size_t>(size));
    std::optional<Datum> next;
    if (page.next) {
        where.after = *page.next;
        if (const auto text = write_cursor(where, identity))
            next = pg::to_datum(*text);
    }
    for (const shown_listing& each : page.rows)
        result.add(each.columns({}, next));
    return Datum{0};
}

} // namespace driplo
