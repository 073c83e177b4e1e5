// What the parcels of an order hold, as core/parcels.hpp counts it.
#include "core/parcels.hpp"
#include "pg/entry_point.hpp"
#include "pg/result_set.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace driplo {

namespace {

// Of a line of which as much went back as was paid for it all pieces are refunded.
const pg::plan lines_to_send{R"(
    SELECT
        line.id,
        (line.quantity - line.cancelled_quantity)::bigint,
        CASE
            WHEN refund.amount >= NULLIF(
                line.total_price - line.discount_amount + line.tax_amount + line.buyer_fee_amount, 0
            ) THEN line.quantity - line.cancelled_quantity
            ELSE LEAST(COALESCE(refund.pieces, 0), line.quantity - line.cancelled_quantity)
        END::bigint,
        line.is_picked_up
    FROM {s}.order_items line
    CROSS JOIN LATERAL (
        SELECT sum(r.amount) AS amount, sum(r.quantity) AS pieces
        FROM {s}.refund_requests r
        WHERE r.order_item_id = line.id AND r.status::text IN ('approved', 'processed')
    ) refund
    WHERE line.order_id = $1
    ORDER BY line.id)",
                             pg::access::read_only};
const pg::plan parcels_of_order{R"(
    SELECT
        t.parcel_number,
        t.status::text = 'delivered',
        t.items IS NOT NULL,
        item.order_item_id,
        item.quantity
    FROM {s}.order_tracking t
    LEFT JOIN LATERAL pg_catalog.jsonb_to_recordset(t.items)
        AS item (order_item_id uuid, quantity bigint) ON true
    WHERE t.order_id = $1 AND t.parcel_number IS DISTINCT FROM $2
    ORDER BY t.parcel_number)",
                                pg::access::read_only};
namespace parcel_column {
enum { number = 1, has_arrived, names_its_items, line, quantity };
}

struct packing {
    std::vector<pg::uuid> ids; // of the lines
    std::vector<core::line_to_send> lines;
    std::vector<core::sent_parcel> parcels;
    std::vector<std::int32_t> numbers; // of the parcels
};

// Without the parcel of that number, when one is named.
packing read_packing(pg::spi, const pg::uuid& order,
                     const std::optional<std::int32_t>& but_parcel = std::nullopt) {
    packing found;
    const pg::rows lines = lines_to_send.run(order);
    for (std::uint64_t i = 0; i < lines.count(); ++i) {
        found.ids.push_back(*lines.value<pg::uuid>(1, i));
        found.lines.push_back({*lines.value<std::int64_t>(2, i), *lines.value<std::int64_t>(3, i),
                               lines.value<bool>(4, i).value_or(false)});
    }
    const pg::rows parcels = parcels_of_order.run(order, but_parcel);
    for (std::uint64_t i = 0; i < parcels.count(); ++i) {
        const auto number = *parcels.value<std::int32_t>(parcel_column::number, i);
        if (found.numbers.empty() || found.numbers.back() != number) {
            found.numbers.push_back(number);
            found.parcels.emplace_back();
            found.parcels.back().has_arrived =
                parcels.value<bool>(parcel_column::has_arrived, i).value_or(false);
            if (parcels.value<bool>(parcel_column::names_its_items, i).value_or(false))
                found.parcels.back().contents.emplace();
        }
        const auto line = parcels.value<pg::uuid>(parcel_column::line, i);
        const auto place =
            line ? std::lower_bound(found.ids.begin(), found.ids.end(), *line) : found.ids.end();
        if (place != found.ids.end() && *place == *line)
            found.parcels.back().contents->push_back(
                {static_cast<std::size_t>(place - found.ids.begin()),
                 parcels.value<std::int64_t>(parcel_column::quantity, i).value_or(0)});
    }
    return found;
}

} // namespace

// private.order_pieces(order_id uuid, but_parcel integer) -> TABLE(order_item_id uuid,
// left_to_pack bigint, is_covered boolean)
DRIPLO_FUNCTION(driplo_order_pieces) {
    pg::result_set result(fcinfo);
    const auto order = pg::argument<pg::uuid>(fcinfo, 0);
    if (!order)
        return Datum{0};
    const auto but_parcel = pg::argument<std::int32_t>(fcinfo, 1);
    const packing found =
        pg::in_session([&](pg::spi spi) { return read_packing(spi, *order, but_parcel); });
    const auto left = core::left_to_pack(found.lines, found.parcels);
    const auto covered = core::covered_lines(found.lines, found.parcels);
    for (std::size_t i = 0; i < found.ids.size(); ++i)
        result.add({pg::to_datum(found.ids[i]), pg::to_datum(left[i]),
                    pg::to_datum(static_cast<bool>(covered[i]))});
    return Datum{0};
}

// private.is_all_sent(order_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_is_all_sent) {
    const auto order = pg::argument<pg::uuid>(fcinfo, 0);
    if (!order)
        return pg::to_datum(true);
    const packing found = pg::in_session([&](pg::spi spi) { return read_packing(spi, *order); });
    return pg::to_datum(core::is_all_sent(found.lines, found.parcels));
}

// private.is_delivered_by(order_id uuid, parcel_number integer) -> boolean
DRIPLO_FUNCTION(driplo_is_delivered_by) {
    const auto order = pg::required<pg::uuid>(fcinfo, 0, "order_id");
    const auto number = pg::required<std::int32_t>(fcinfo, 1, "parcel_number");
    packing found = pg::in_session([&](pg::spi spi) { return read_packing(spi, order); });
    for (std::size_t i = 0; i < found.parcels.size(); ++i)
        if (found.numbers[i] == number)
            found.parcels[i].has_arrived = true;
    return pg::to_datum(core::is_delivered(found.lines, found.parcels));
}

} // namespace driplo
