#include "api/payments/part_payments.hpp"

#include "api/call/arguments.hpp"
#include "api/call/roles.hpp"
#include "api/payments/refunds.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/refund_routes.hpp"
#include "pg/entry_point.hpp"
#include "pg/numeric.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan count_part{R"(
    UPDATE {s}.orders SET part_paid_amount = part_paid_amount + $2 * 0.01 WHERE id = $1)",
                          pg::writes{"orders"}};
const pg::plan set_surplus{"UPDATE {s}.payment_transactions SET is_surplus = true WHERE id = $1",
                           pg::writes{"payment_transactions"}};
// Those that were booked: who moved in with a part has it in no book.
constexpr pg::part is_kept{"is_kept", R"(
    NOT t.is_surplus
    AND EXISTS (
        SELECT FROM {s}.ledger_entries e
        WHERE e.journal_id = pg_catalog.md5('part_paid:' || t.id)::uuid
    ))"};
const pg::plan kept_parts{R"(
    SELECT t.id, (t.amount * 100)::bigint
    FROM {s}.payment_transactions t
    WHERE t.order_id = $1 AND {is_kept}
    ORDER BY t.created_at, t.id)",
                          {is_kept}};
const pg::plan is_kept_part{R"(
    SELECT FROM {s}.payment_transactions t
    WHERE t.id = $1 AND {is_kept})",
                            {is_kept}};

// Of a row "t": its amount less what was sent, what is decided to be, and what a bank has of it.
constexpr pg::part left_of_row{"left_of_row", R"(
    (
        (
            t.amount - t.refunded_amount - COALESCE(
                (
                    SELECT sum(r.amount - r.credit_amount)
                    FROM {s}.refund_requests r
                    WHERE r.through_payment_id = t.id AND r.status::text = 'approved'
                ),
                0
            ) - COALESCE(
                (
                    SELECT sum(e.amount)
                    FROM {s}.disputes d
                    JOIN {s}.ledger_entries e ON e.journal_id IN (
                        pg_catalog.md5(
                            'chargeback_lost:' || (d.metadata ->> 'stripe_dispute_id') || ':' || t.order_id
                        )::uuid,
                        pg_catalog.md5(
                            'chargeback_regained:' || (d.metadata ->> 'stripe_dispute_id') || ':' || t.order_id
                        )::uuid
                    )
                    WHERE d.order_id = t.order_id
                      AND d.metadata ->> 'payment_transaction_id' = t.id::text
                      AND e.account::text = 'disputes'
                ),
                0
            )
        ) * 100
    )::bigint)"};
const pg::plan payments_of_order{R"(
    SELECT t.id, {left_of_row}
    FROM {s}.payment_transactions t
    WHERE t.order_id = $1
      AND NOT t.is_surplus
      AND t.status::text IN ('succeeded', 'refunded', 'partially_refunded')
    ORDER BY t.created_at, t.id)",
                                 {left_of_row}};
const pg::plan left_of_one{R"(
    SELECT {left_of_row}
    FROM {s}.payment_transactions t
    WHERE t.id = $1)",
                           {left_of_row}};

const pg::plan insert_parts{R"(
    INSERT INTO {s}.payment_transactions (
        order_id, amount, currency, processor, processor_transaction_id
    )
    SELECT o.id, part.amount * 0.01, o.currency, $3, $4
    FROM unnest($1, $2) AS part (order_id, amount)
    JOIN {s}.orders o ON o.id = part.order_id
    WHERE part.amount > 0)"};
// What no payment has brought or is to bring.
const pg::plan due_of{R"(
    SELECT
        o.id,
        (
            (
                o.total_amount - COALESCE(
                    (
                        SELECT sum(p.amount)
                        FROM {s}.payment_transactions p
                        WHERE p.order_id = o.id
                          AND NOT p.is_surplus
                          AND p.status::text NOT IN ('failed', 'cancelled')
                    ),
                    0
                )
            ) * 100
        )::bigint
    FROM {s}.orders o
    WHERE o.id = ANY ($1)
    ORDER BY o.id)"};

void owe_part(pg::spi spi, const order_money& order, const pg::uuid& row, core::money amount,
              const std::string& reason) {
    set_surplus.run(row);
    count_part.run(order.id, -amount.minor);
    return_surplus(spi, order, row, amount, reason,
                   ledger_line{"part_payments", part_payer(spi, order.id), core::money{} - amount});
}

} // namespace

std::vector<core::money> shares_of_part(pg::spi, const std::vector<pg::uuid>& orders,
                                        const part_to_pay& part, const std::string& currency) {
    const pg::rows due = due_of.run(orders);
    std::vector<core::money> open;
    core::money sum;
    for (std::uint64_t i = 0; i < due.count(); ++i) {
        open.push_back(std::max(core::money{*due.value<std::int64_t>(2, i)}, core::money{}));
        sum += open.back();
    }
    if (part.amount)
        core::require_payable(*part.amount, currency, "amount");
    const core::money amount = part.amount.value_or(sum);
    if (sum.minor == 0 || amount > sum)
        throw core::error{
            core::errors::illegal_money_state, "part is more than what is still to be paid",
            core::format("{} are neither paid nor in progress.", money_text(sum, currency)),
            "Mark a payment that will not come in as failed or cancelled first."};
    return core::spread(amount, open, core::smallest_unit(currency));
}

pg::rows add_parts(pg::spi, const std::vector<pg::uuid>& orders,
                   const std::vector<core::money>& amounts, const std::string& processor,
                   const std::string& processor_id) {
    std::vector<std::int64_t> minor;
    for (const core::money amount : amounts)
        minor.push_back(amount.minor);
    return insert_parts.run(orders, minor, processor, processor_id);
}

void keep_part(pg::spi spi, const payment_row& row, const order_money& order) {
    book(spi, {"part_paid",
               text_of(row.id),
               order.id,
               order.currency,
               {{"processor_clearing", std::nullopt, core::money{} - row.amount},
                {"part_payments", order.buyer, row.amount}}});
    count_part.run(order.id, row.amount.minor);
}

void owe_parts_of(pg::spi spi, const order_money& order, const std::string& reason) {
    if (order.part_paid.minor == 0)
        return;
    const pg::rows found = kept_parts.run(order.id);
    for (std::uint64_t i = 0; i < found.count(); ++i)
        owe_part(spi, order, *found.value<pg::uuid>(1, i), {*found.value<std::int64_t>(2, i)},
                 reason);
}

void owe_parts_of(pg::spi spi, payment& p, const std::string& reason) {
    for (payment_row& row : p.rows) {
        if (row.is_surplus || !core::is_paid(row.state))
            continue;
        const order_money order = lock_order_money(spi, row.order);
        if (order.part_paid.minor == 0 || is_kept_part.run(row.id).empty())
            continue;
        owe_part(spi, order, row.id, row.amount, reason);
        row.is_surplus = true;
    }
}

std::vector<refund_part> divide_by_payments(pg::spi, const order_money& order,
                                            const core::division& taken,
                                            const std::optional<pg::uuid>& through) {
    const pg::rows found = payments_of_order.run(order.id);
    if (found.count() < 2 || taken.cash.minor == 0)
        return {{taken, std::nullopt}};
    if (through)
        return {{taken, through}};
    std::vector<core::money> left;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        left.push_back({*found.value<std::int64_t>(2, i)});
    const std::vector<core::money> sends = core::by_largest(taken.cash, left);
    std::vector<refund_part> parts;
    core::settlement rest{taken, order.whole.unit};
    for (std::size_t i = 0; i < sends.size(); ++i)
        if (sends[i].minor > 0) {
            parts.push_back({divide(rest, sends[i]), found.value<pg::uuid>(1, i)});
            rest = rest - parts.back().taken;
        }
    // what no payment has, and the store credit
    if (rest.cash.minor > 0 || parts.empty())
        parts.push_back({rest, std::nullopt});
    else
        parts.back().taken = parts.back().taken + rest;
    return parts;
}

core::money left_of_payment(pg::spi, const pg::uuid& row) {
    return {left_of_one.run(row).value<std::int64_t>().value_or(0)};
}

// start_part_payment(order_ids uuid[], amount numeric, processor text, processor_transaction_id
// text) -> uuid[]
DRIPLO_FUNCTION(driplo_start_part_payment) {
    const auto told = required_payment(fcinfo, 2);
    const part_to_pay part{pg::amount_argument(fcinfo, 1, "amount")};
    return pg::to_datum(pg::in_session([&](pg::spi spi) {
        return start_payment(spi, told.orders, told.processor, told.processor_id, part);
    }));
}

} // namespace driplo
