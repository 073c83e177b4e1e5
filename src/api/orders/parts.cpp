#include "api/orders/parts.hpp"

#include "api/call/arguments.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// A refund that failed did not go back. A return that ended with less than the line was worth says
// in deducted_amount what the seller has kept.
const pg::plan find_parts{R"(
    SELECT
        i.id,
        ((i.total_price - i.discount_amount + i.tax_amount + i.buyer_fee_amount) * 100)::bigint,
        (i.tax_amount * 100)::bigint,
        (i.platform_fee * 100)::bigint,
        (i.platform_discount_amount * 100)::bigint,
        COALESCE(
            (
                SELECT (sum(r.amount) * 100)::bigint
                FROM {s}.refund_requests r
                WHERE r.order_item_id = i.id
                  AND r.status::text IN ('approved', 'processed')
            ),
            0
        ),
        b.refund_amount IS NOT NULL,
        COALESCE((b.deducted_amount * 100)::bigint, 0)
    FROM {s}.order_items i
    LEFT JOIN LATERAL (
        SELECT refund_amount, deducted_amount
        FROM {s}.returns
        WHERE order_item_id = i.id
          AND refund_amount IS NOT NULL
          AND status::text IN ('refunded', 'closed')
        ORDER BY completed_at DESC
        LIMIT 1
    ) b ON true
    WHERE i.order_id = $1
    ORDER BY i.id)"};

struct part {
    pg::uuid line;
    core::settlement whole;
    core::money refunded; // by name
    bool was_returned;
    core::money deducted;

    // What of it the seller has a claim to still.
    core::division rest() const {
        if (was_returned)
            return divide(whole, std::min(deducted, whole.paid()));
        return whole - divide(whole, std::min(refunded, whole.paid()));
    }
    bool is_gone() const {
        return was_returned || (whole.paid().minor > 0 && refunded >= whole.paid());
    }
};

std::vector<part> parts_of(const order_money& order) {
    const pg::rows found = find_parts.run(order.id);
    std::vector<part> parts;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const auto amount = [&](int column) {
            return core::money{found.value<std::int64_t>(column, i).value_or(0)};
        };
        parts.push_back({*found.value<pg::uuid>(1, i),
                         settle({amount(2), {}, amount(3), amount(4), amount(5)}, order.whole.unit),
                         amount(6), found.value<bool>(7, i).value_or(false), amount(8)});
    }
    return parts;
}

} // namespace

core::settlement share_of_line(pg::spi, const order_money& order, const pg::uuid& line) {
    const part* asked = nullptr;
    core::division of_lines, others;
    bool is_last = true;
    const std::vector<part> parts = parts_of(order);
    for (const part& each : parts) {
        of_lines = of_lines + each.whole;
        if (each.line == line) {
            asked = &each;
            continue;
        }
        others = others + each.rest();
        is_last = is_last && each.is_gone();
    }
    if (!asked)
        throw does_not_exist("order item", line);
    const core::division shipping = order.whole - of_lines;
    core::money most =
        asked->was_returned ? asked->deducted : asked->whole.paid() - asked->refunded;
    if (!is_last || asked->was_returned)
        others = others + shipping;
    else
        most += shipping.paid();
    core::settlement share = without(order.remaining, others);
    most = std::max(most, core::money{});
    if (share.paid() > most)
        share = {divide(share, most), share.unit};
    return share;
}

} // namespace driplo
