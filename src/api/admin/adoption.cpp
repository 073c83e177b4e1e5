// What adopt_reference() leaves to code that there is once: how a name is made, what an order keeps
// of its listings, and how its money is divided.
#include "api/catalog/listing_image.hpp"
#include "api/payments/ledger.hpp"
#include "core/username.hpp"
#include "pg/entry_point.hpp"
#include "pg/spi.hpp"
#include "pg/value.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan describe_lines{R"(
    UPDATE {s}.order_items i
    SET
        title = COALESCE(i.title, l.title),
        variant_name = COALESCE(
            i.variant_name,
            (SELECT v.name FROM {s}.product_variants v WHERE v.id = i.variant_id)
        ),
        image_url = COALESCE(i.image_url, {listing_image}),
        description = COALESCE(i.description, l.description),
        condition = COALESCE(i.condition, l.condition),
        brand = COALESCE(i.brand, l.brand),
        size = COALESCE(i.size, l.size),
        color = COALESCE(i.color, l.color)
    FROM {s}.listings l
    WHERE l.id = i.listing_id AND i.title IS NULL)",
                              {listing_image}};

const pg::plan decided_refunds{R"(
    SELECT id, (amount * 100)::bigint, status::text = 'processed'
    FROM {s}.refund_requests
    WHERE order_id = $1 AND status::text IN ('approved', 'processed')
    ORDER BY requested_at, id)"};

void book_decided_refunds(pg::spi spi, order_money& order) {
    enum { id = 1, amount, is_processed };
    const pg::rows found = decided_refunds.run(order.id);
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const std::string reference = text_of(*found.value<pg::uuid>(id, i));
        const core::division taken =
            divide(order.remaining, {*found.value<std::int64_t>(amount, i)});
        book_reversal(spi, order, taken, "refund", reference,
                      {{"refunds", order.buyer, taken.cash}});
        if (found.value<bool>(is_processed, i).value_or(false))
            book(spi, {"refund_sent",
                       reference,
                       order.id,
                       order.currency,
                       {{"refunds", order.buyer, core::money{} - taken.cash},
                        {"processor_clearing", std::nullopt, taken.cash}}});
    }
}

} // namespace

// private.username_candidate(wanted text, email text, attempt integer, random bigint) -> text
DRIPLO_FUNCTION(driplo_username_candidate) {
    const auto wanted = pg::argument<std::string>(fcinfo, 0);
    const auto email = pg::argument<std::string>(fcinfo, 1);
    const auto attempt = pg::required<std::int32_t>(fcinfo, 2, "attempt");
    const auto random = pg::required<std::int64_t>(fcinfo, 3, "random");
    return pg::to_datum(core::username_candidate(
        core::username_base(wanted.value_or(""), email.value_or("")),
        static_cast<unsigned>(std::max(attempt, 0)), static_cast<std::uint64_t>(random)));
}

// private.adopt_order_items() -> bigint
DRIPLO_FUNCTION(driplo_adopt_order_items) {
    return pg::to_datum(pg::in_session(
        [&](pg::spi) { return static_cast<std::int64_t>(describe_lines.run().count()); }));
}

// private.adopt_order(order_id uuid, releases boolean) -> void
DRIPLO_FUNCTION(driplo_adopt_order) {
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const auto releases = pg::required<bool>(fcinfo, 1, "releases");
    pg::in_session([&](pg::spi spi) {
        book_sale(spi, id);
        order_money order = lock_order_money(spi, id);
        book_decided_refunds(spi, order);
        if (releases)
            release_takings(spi, {order});
    });
    return pg::nothing();
}

} // namespace driplo
