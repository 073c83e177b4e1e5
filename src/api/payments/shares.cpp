#include "api/payments/shares.hpp"

#include "api/payments/part_payments.hpp"
#include "core/currency.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Of an order: what shared refunds have taken of it, and have been sent beyond it; what banks have
// taken for good; and what is decided to go back and not sent.
const pg::plan taken_of_order{R"(
    SELECT
        COALESCE((sum(c.cash) FILTER (WHERE c.is_shared AND NOT c.is_excess) * 100)::bigint, 0),
        COALESCE((sum(c.cash) FILTER (WHERE c.is_shared AND c.is_excess) * 100)::bigint, 0),
        COALESCE(
            (
                SELECT sum(e.amount) * 100
                FROM {s}.ledger_entries e
                WHERE e.order_id = $1
                  AND e.account::text = 'disputes'
                  AND e.kind IN ('chargeback_lost', 'chargeback_regained')
            ),
            0
        )::bigint,
        COALESCE((sum(c.cash) FILTER (WHERE c.status = 'approved') * 100)::bigint, 0)
    FROM (
        SELECT
            r.amount - r.credit_amount AS cash,
            r.status::text AS status,
            r.status::text = 'processed' AND r.metadata ->> 'evidence' = 'shared' AS is_shared,
            EXISTS (
                SELECT FROM {s}.ledger_entries e
                WHERE e.journal_id = pg_catalog.md5('refund_excess:' || r.id)::uuid
            ) AS is_excess
        FROM {s}.refund_requests r
        WHERE r.order_id = $1 AND r.payment_transaction_id IS NULL
    ) c)"};

struct candidate {
    order_share share;
    core::money left;   // that the order can still give
    core::money excess; // that its payment can still give beyond it
    core::money shared; // that it has given as shares of refunds
    core::money base;   // what its share is in proportion to
};

std::vector<candidate> candidates(pg::spi spi, const payment& p,
                                  const std::vector<pg::uuid>& named) {
    std::vector<candidate> all;
    for (const payment_row& row : p.rows) {
        if (row.is_surplus ||
            (!named.empty() && std::find(named.begin(), named.end(), row.order) == named.end()))
            continue;
        const order_money order = lock_order_money(spi, row.order);
        const pg::rows taken = taken_of_order.run(row.order);
        const auto amount = [&](int column) {
            return core::money{*taken.value<std::int64_t>(column)};
        };
        core::money left = std::min(order.cash_left(), row.amount);
        core::money unsent = row.amount - row.refunded - amount(4);
        if (row.amount < order.whole.cash) {
            // one of several payments: what the others have is not its to give
            unsent = left_of_payment(spi, row.id);
            left = std::max(std::min(left, unsent), core::money{});
        }
        all.push_back({{row.order, row.id, {}, {}},
                       left,
                       std::max(unsent - left, core::money{}),
                       amount(1) + amount(2),
                       left + amount(1) + amount(3)});
    }
    return all;
}

std::vector<core::money> in_proportion(core::money amount, const std::vector<core::money>& weights,
                                       const std::string& currency) {
    core::money sum;
    for (const core::money& weight : weights)
        sum += weight;
    if (sum.minor == 0)
        return std::vector<core::money>(weights.size());
    return core::spread(amount, weights, core::smallest_unit(currency));
}

// Each at most what there is room for; what one cannot take the others do.
void fit(core::money amount, std::vector<core::money>& shares, const std::vector<core::money>& room,
         const std::string& currency) {
    core::money rest = amount, spare;
    std::vector<core::money> spares;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        shares[i] = std::min({std::max(shares[i], core::money{}), room[i], rest});
        rest = rest - shares[i];
        spares.push_back(room[i] - shares[i]);
        spare += spares[i];
    }
    const std::vector<core::money> more = in_proportion(std::min(rest, spare), spares, currency);
    for (std::size_t i = 0; i < shares.size(); ++i)
        shares[i] += more[i];
}

// The one order that has exactly this left.
const candidate* exactly(core::money amount, const std::vector<candidate>& all) {
    const candidate* found = nullptr;
    for (const candidate& c : all)
        if (c.left == amount) {
            if (found)
                return nullptr;
            found = &c;
        }
    return found;
}

std::vector<order_share> given(const std::vector<candidate>& all,
                               const std::vector<core::money>& shares, bool is_shared) {
    std::vector<order_share> result;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (shares[i].minor > 0) {
            order_share share = all[i].share;
            share.owed = std::min(shares[i], all[i].left);
            share.lost = shares[i] - share.owed;
            share.is_shared = is_shared;
            result.push_back(share);
        }
    return result;
}

} // namespace

std::vector<order_share> share_refund(pg::spi spi, const payment& p, core::money amount,
                                      const std::vector<pg::uuid>& named) {
    std::vector<candidate> all = candidates(spi, p, named);
    std::vector<core::money> bases, room, shares;
    core::money shared;
    if (const candidate* only = exactly(amount, all))
        all = {*only};
    for (const candidate& c : all) {
        bases.push_back(c.base);
        room.push_back(c.left + c.excess);
        shared += c.shared;
    }
    shares = in_proportion(shared + amount, bases, p.currency);
    for (std::size_t i = 0; i < all.size(); ++i)
        shares[i] = shares[i] - all[i].shared;
    fit(amount, shares, room, p.currency);
    return given(all, shares, all.size() > 1);
}

std::vector<order_share> share_chargeback(pg::spi spi, const payment& p, core::money amount,
                                          const std::vector<pg::uuid>& named) {
    std::vector<candidate> all = candidates(spi, p, named);
    if (const candidate* only = exactly(amount, all))
        all = {*only};
    std::vector<core::money> bases;
    core::money base;
    for (const candidate& c : all)
        base += c.base;
    // the bank takes it all the same when nothing is left
    for (const candidate& c : all)
        bases.push_back(base.minor > 0 ? c.base : core::money{1});
    std::vector<core::money> shares = in_proportion(amount, bases, p.currency);
    std::vector<core::money> taken = shares;
    std::vector<core::money> lefts;
    for (const candidate& c : all)
        lefts.push_back(c.left);
    fit(amount, taken, lefts, p.currency);
    for (std::size_t i = 0; i < all.size(); ++i)
        shares[i] = std::max(shares[i], taken[i]);
    std::vector<order_share> result = given(all, shares, all.size() > 1);
    for (order_share& share : result)
        for (std::size_t i = 0; i < all.size(); ++i)
            if (all[i].share.order == share.order)
                share.owed = taken[i];
    return result;
}

} // namespace driplo
