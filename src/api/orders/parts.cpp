#include "api/orders/parts.hpp"

#include "api/call/arguments.hpp"
#include "core/format.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// A refund that failed did not go back. A return that ended with less than the pieces were worth
// says in deducted_amount what the seller has kept. Of how many pieces a return is, it says itself,
// and a cancellation the line: no refund request counts them again.
constexpr pg::part returned{"returned", R"(
    LEFT JOIN LATERAL (
        SELECT sum(COALESCE(r.quantity, i.quantity)) AS pieces, sum(r.deducted_amount) AS deducted
        FROM {s}.returns r
        WHERE r.order_item_id = i.id
          AND r.refund_amount IS NOT NULL
          AND r.status::text IN ('refunded', 'closed')
    ) b ON true
    LEFT JOIN LATERAL (
        SELECT sum(r.quantity) AS pieces, sum(r.amount) AS amount
        FROM {s}.refund_requests r
        WHERE r.order_item_id = i.id
          AND r.status::text IN ('approved', 'processed')
    ) q ON true)"};
constexpr pg::part gone{"gone", R"(
    i.cancelled_quantity + COALESCE(b.pieces, 0) + COALESCE(q.pieces, 0))"};
const pg::plan find_parts{R"(
    SELECT
        i.id,
        ((i.total_price - i.discount_amount + i.tax_amount + i.buyer_fee_amount) * 100)::bigint,
        ((i.tax_amount + i.included_tax_amount) * 100)::bigint,
        (i.platform_fee * 100)::bigint,
        (i.platform_discount_amount * 100)::bigint,
        COALESCE((q.amount * 100)::bigint, 0),
        COALESCE((b.deducted * 100)::bigint, 0),
        i.quantity::bigint,
        ({gone})::bigint,
        (LEAST(i.fee_tax_amount, i.included_tax_amount) * 100)::bigint
    FROM {s}.order_items i
    {returned}
    WHERE i.order_id = $1
    ORDER BY i.id)",
                          {returned, gone}};
const pg::plan find_pieces{R"(
    SELECT i.quantity::bigint, ({gone})::bigint
    FROM {s}.order_items i
    {returned}
    WHERE i.order_id = $1 AND i.id = $2)",
                           {returned, gone}};

struct part {
    pg::uuid line;
    core::settlement whole;
    core::money refunded; // by name
    core::money deducted;
    pieces_of_line pieces;

    bool has_gone() const { return pieces.left() <= 0; }
    // What of it the seller has a claim to still.
    core::division rest() const {
        if (has_gone())
            return divide(whole, std::min(deducted, whole.paid()));
        return whole - divide(whole, std::min(refunded, whole.paid()));
    }
    bool is_gone() const {
        return has_gone() || (whole.paid().minor > 0 && refunded >= whole.paid());
    }
};

std::vector<part> parts_of(const order_money& order) {
    const pg::rows found = find_parts.run(order.id);
    std::vector<part> parts;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const auto amount = [&](int column) {
            return core::money{found.value<std::int64_t>(column, i).value_or(0)};
        };
        parts.push_back(
            {*found.value<pg::uuid>(1, i),
             settle({amount(2), {}, amount(3), amount(4), amount(5), amount(10)}, order.whole.unit),
             amount(6),
             amount(7),
             {amount(8).minor, amount(9).minor}});
    }
    return parts;
}

const part& find_part(const std::vector<part>& parts, const pg::uuid& line) {
    for (const part& each : parts)
        if (each.line == line)
            return each;
    throw does_not_exist("order item", line);
}

// What can go back for so many more pieces of it, its shipping not counted.
core::money most_of(const part& asked, const std::optional<std::int64_t>& pieces) {
    if (asked.has_gone())
        return asked.deducted;
    if (!pieces)
        return asked.whole.paid() - asked.refunded;
    return worth_of_pieces(asked.whole.paid(), asked.pieces.gone + *pieces, asked.pieces.quantity,
                           asked.whole.unit) -
           asked.refunded - asked.deducted;
}

} // namespace

pieces_of_line count_pieces(pg::spi, const pg::uuid& order, const pg::uuid& line) {
    const pg::rows found = find_pieces.run(order, line);
    if (found.empty())
        throw does_not_exist("order item", line);
    return {*found.value<std::int64_t>(1), *found.value<std::int64_t>(2)};
}

std::int64_t required_pieces(pg::spi spi, const pg::uuid& order, const line_pieces& pieces) {
    const std::int64_t left = count_pieces(spi, order, pieces.line).left();
    if (left <= 0 || pieces.quantity.value_or(left) > left)
        throw core::error{core::errors::refund_exceeds_payment,
                          "quantity exceeds what is left of this order item",
                          core::format("{} of it are left.", std::max(left, std::int64_t{0})),
                          "Units that were cancelled, returned, or refunded do not count again."};
    return pieces.quantity.value_or(left);
}

core::settlement share_of_line(pg::spi, const order_money& order, const pg::uuid& line,
                               const std::optional<std::int64_t>& pieces) {
    const std::vector<part> parts = parts_of(order);
    const part& asked = find_part(parts, line);
    core::division of_lines, others;
    bool is_last = !asked.has_gone() && (!pieces || *pieces >= asked.pieces.left());
    for (const part& each : parts) {
        of_lines = of_lines + each.whole;
        if (each.line == line)
            continue;
        others = others + each.rest();
        is_last = is_last && each.is_gone();
    }
    const core::division shipping = order.whole - of_lines;
    core::money most = most_of(asked, pieces);
    if (!is_last)
        others = others + shipping;
    else
        most += shipping.paid();
    core::settlement share = without(order.remaining, others);
    most = std::max(most, core::money{});
    if (share.paid() > most)
        share = {divide(share, most), share.unit};
    return share;
}

core::division gift_of_line(pg::spi spi, const order_money& order, const pg::uuid& line,
                            const std::optional<std::int64_t>& pieces) {
    const core::settlement share = share_of_line(spi, order, line, pieces);
    const std::vector<part> parts = parts_of(order);
    const part& asked = find_part(parts, line);
    if (!pieces || *pieces >= asked.pieces.left())
        return share;
    const std::int64_t gone = asked.pieces.gone, of = asked.pieces.quantity;
    const core::division gift =
        portion(asked.whole, gone + *pieces, of) - portion(asked.whole, gone, of);
    const bool is_there = gift.promotion <= share.promotion && gift.seller <= share.seller &&
                          gift.fee <= share.fee && gift.tax <= share.tax;
    return is_there ? gift : core::division{};
}

} // namespace driplo
