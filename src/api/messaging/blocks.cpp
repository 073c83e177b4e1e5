#include "api/messaging/blocks.hpp"

#include "core/error.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan find_block{R"(
    SELECT blocker_id = $1
    FROM {s}.user_blocks
    WHERE (blocker_id = $1 AND blocked_id = $2) OR (blocker_id = $2 AND blocked_id = $1)
    ORDER BY 1 DESC
    LIMIT 1)",
                          pg::access::read_only, pg::planned::once};

// What two people began they end.
const pg::plan have_open_order{R"(
    SELECT
    FROM {s}.orders o
    WHERE ((o.buyer_id = $1 AND o.seller_id = $2) OR (o.buyer_id = $2 AND o.seller_id = $1))
      AND (
          o.status::text NOT IN ('completed', 'cancelled', 'refunded')
          OR EXISTS (SELECT FROM {s}.returns r WHERE r.order_id = o.id AND r.is_open)
          OR EXISTS (SELECT FROM {s}.disputes d WHERE d.order_id = o.id AND d.is_open)
      )
    LIMIT 1)",
                               pg::access::read_only};

bool may_contact(const pg::uuid& caller, const pg::uuid& other, bool about_order) {
    const pg::owner_scope as_owner;
    pg::session spi;
    const block found = block_between(spi, caller, other);
    if (found == block::none || (about_order && !have_open_order.run(caller, other).empty()))
        return true;
    if (found == block::by_caller)
        throw has_blocked();
    return false;
}

} // namespace

block block_between(pg::spi, const pg::uuid& caller, const pg::uuid& other) {
    const pg::rows found = find_block.run(caller, other);
    if (found.empty())
        return block::none;
    return found.value<bool>().value_or(false) ? block::by_caller : block::by_other;
}

core::error has_blocked() {
    return core::error{core::errors::blocked,
                       "you have blocked this user",
                       {},
                       "Use unblock_user() to remove the block."};
}

// private.have_open_order(one uuid, another uuid) -> boolean
DRIPLO_FUNCTION(driplo_have_open_order) {
    const auto one = pg::required<pg::uuid>(fcinfo, 0, "one");
    const auto another = pg::required<pg::uuid>(fcinfo, 1, "another");
    return pg::to_datum(pg::in_session([&] { return !have_open_order.run(one, another).empty(); }));
}

// private.may_contact(user_id uuid, about_order boolean) -> boolean
DRIPLO_FUNCTION(driplo_may_contact) {
    const auto other = pg::argument<pg::uuid>(fcinfo, 0);
    const auto caller = pg::caller();
    // whose other condition it is that there are two
    if (!other || !caller)
        return pg::to_datum(true);
    return pg::to_datum(
        may_contact(*caller, *other, pg::argument<bool>(fcinfo, 1).value_or(false)));
}

} // namespace driplo
