#include "api/refunds.hpp"

#include "pg/json.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan left_of_payment{
    "SELECT ((CASE WHEN o.status::text IN ('pending_payment', 'payment_processing', "
    "'payment_failed') THEN 0 ELSE o.total_amount END - COALESCE((SELECT sum(r.amount) "
    "FROM {s}.refund_requests r WHERE r.order_id = o.id AND r.status::text NOT IN ('rejected', "
    "'failed')), 0)) * 100)::bigint FROM {s}.orders o WHERE o.id = $1"};
const pg::plan lock_order{"SELECT FROM private.lock_order($1)"};
const pg::plan approve{
    "INSERT INTO {s}.refund_requests (order_id, amount, reason, status, requested_by, "
    "processed_by, processed_at) SELECT $1, $2::numeric, $3, 'approved', o.buyer_id, $4, now() "
    "FROM {s}.orders o WHERE o.id = $1 RETURNING id"};

} // namespace

core::money refundable(const pg::uuid& order) {
    lock_order.run(order);
    return {left_of_payment.run(order).value<std::int64_t>().value_or(0)};
}

pg::uuid refund_now(const pg::uuid& order, core::money amount, const std::string& reason,
                    const std::optional<pg::uuid>& decided_by) {
    if (amount > refundable(order))
        throw core::error{core::errors::refund_exceeds_payment, "more would go back than was paid"};
    return approve.run(order, pg::json_text_of(amount), reason, decided_by)
        .value<pg::uuid>()
        .value_or(pg::uuid{});
}

} // namespace driplo
