#include "api/orders/row.hpp"

#include "core/order_state.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

constexpr pg::part order_by_id{"order_by_id", R"(
    SELECT buyer_id, seller_id, status::text FROM {s}.orders WHERE id = $1)"};
const pg::plan find{"{order_by_id}", {order_by_id}};
const pg::plan lock{"{order_by_id} FOR NO KEY UPDATE", {order_by_id}};
const pg::plan lock_free{R"(
    SELECT o.id
    FROM unnest($1) WITH ORDINALITY AS wanted (id, place)
    JOIN {s}.orders o ON o.id = wanted.id
    ORDER BY wanted.place
    LIMIT $2
    FOR NO KEY UPDATE OF o SKIP LOCKED)",
                         pg::planned::once};
const pg::plan lock_for_sum{"SELECT FROM private.lock_order($1)"};

std::optional<order_row> row_of(const pg::rows& found) {
    if (found.empty())
        return std::nullopt;
    return order_row{found.value<pg::uuid>(1), found.value<pg::uuid>(2),
                     found.value<std::string>(3).value_or("")};
}

} // namespace

std::optional<order_row> find_order(pg::spi, const pg::uuid& order) {
    return row_of(find.run(order));
}

std::optional<order_row> lock_order(pg::spi, const pg::uuid& order) {
    return row_of(lock.run(order));
}

std::vector<pg::uuid> lock_free_orders(pg::spi, const std::vector<pg::uuid>& wanted,
                                       std::int32_t most) {
    return lock_free.run(wanted, std::int64_t{std::max(most, std::int32_t{0})}).values<pg::uuid>();
}

bool lock_order_for_sum(pg::spi, const pg::uuid& order) {
    return !lock_for_sum.run(order).empty();
}

// private.is_unpaid(status text) -> boolean
DRIPLO_FUNCTION(driplo_is_unpaid) {
    const auto state = core::find_order_state(pg::required<std::string_view>(fcinfo, 0, "status"));
    return pg::to_datum(state && core::is_unpaid(*state));
}

// private.was_paid(status text) -> boolean
DRIPLO_FUNCTION(driplo_was_paid) {
    const auto state = core::find_order_state(pg::required<std::string_view>(fcinfo, 0, "status"));
    return pg::to_datum(state && core::was_paid(*state));
}

} // namespace driplo
