#include "api/payments/ledger.hpp"

#include "api/call/arguments.hpp"
#include "api/orders/effects.hpp"
#include "api/outbox/events.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "pg/insertion.hpp"
#include "pg/json.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/trigger.hpp"

#include <algorithm>

namespace driplo {

namespace {

constexpr pg::insertion add_entries{
    "ledger_entries",
    {"journal_id", "account", "party_id", "order_id", "amount", "currency", "kind"}};
const pg::plan find_journal{R"(
    SELECT FROM {s}.ledger_entries
    WHERE journal_id = pg_catalog.md5($1 || ':' || $2)::uuid
    LIMIT 1)"};

const pg::rows_of entries_of{"ledger_entries", "order_id", {}};

std::vector<ledger_line> added_up(const std::vector<ledger_line>& lines) {
    std::vector<ledger_line> sums;
    for (const ledger_line& line : lines) {
        const auto same = std::find_if(sums.begin(), sums.end(), [&](const ledger_line& sum) {
            return sum.account == line.account && sum.party == line.party;
        });
        if (same == sums.end())
            sums.push_back(line);
        else
            same->amount += line.amount;
    }
    return sums;
}

constexpr pg::part money_of_order{"money_of_order", R"(
        o.status::text,
        o.buyer_id,
        o.seller_id,
        o.currency::text,
        (o.total_amount * 100)::bigint,
        (COALESCE(o.store_credit_amount, 0) * 100)::bigint,
        ((COALESCE(o.tax_amount, 0) + o.included_tax_amount) * 100)::bigint,
        (o.platform_fee_amount * 100)::bigint,
        (o.platform_discount_amount * 100)::bigint,
        (o.refunded_amount * 100)::bigint,
        (o.refunded_fee_amount * 100)::bigint,
        (o.refunded_tax_amount * 100)::bigint,
        (o.refunded_discount_amount * 100)::bigint,
        o.released_at IS NOT NULL,
        EXISTS (SELECT FROM {s}.ledger_entries e WHERE e.order_id = o.id AND e.kind = 'sale'),
        (o.due_on_delivery * 100)::bigint,
        o.delivered_at IS NOT NULL,
        (LEAST(o.fee_tax_amount, o.included_tax_amount) * 100)::bigint,
        (o.part_paid_amount * 100)::bigint,
        o.id)"};
const pg::plan lock_order{R"(
    SELECT {money_of_order}
    FROM {s}.orders o
    WHERE o.id = $1
    FOR NO KEY UPDATE OF o)",
                          {money_of_order}};
const pg::plan read_orders{R"(
    SELECT {money_of_order}
    FROM unnest($1) WITH ORDINALITY AS wanted (id, place)
    JOIN {s}.orders o ON o.id = wanted.id
    ORDER BY wanted.place)",
                           {money_of_order}};
// Who was paid: also after the account was deleted.
const pg::plan paid_seller{R"(
    SELECT party_id
    FROM {s}.ledger_entries
    WHERE order_id = $1
      AND kind = 'sale'
      AND account::text = 'seller_pending')"};

// Who has paid in parts: also after the account was deleted.
const pg::plan payer_of_parts{R"(
    SELECT party_id
    FROM {s}.ledger_entries
    WHERE order_id = $1 AND account::text = 'part_payments'
    LIMIT 1)"};
const pg::plan clear_parts{"UPDATE {s}.orders SET part_paid_amount = 0 WHERE id = $1",
                           pg::writes{"orders"}};

const pg::plan add_transaction{R"(
    INSERT INTO {s}.transactions (
        buyer_id, seller_id, order_id, amount, fee, net_amount, type, status, metadata
    )
    VALUES (
        $1, $2, $3, $4 * 0.01, $5 * 0.01, ($4 - $5) * 0.01, $6, 'completed',
        pg_catalog.jsonb_build_object('journal_id', pg_catalog.md5($6 || ':' || $7)::uuid)
    ))",
                               pg::writes{"transactions"}};

// The list that older applications read: what the seller got or gave back, and the fee in it.
void list_transaction(const order_money& order, core::money seller, core::money fee,
                      std::string_view kind, const std::string& reference) {
    add_transaction.run(order.buyer, order.seller, order.id, (seller + fee).minor, fee.minor, kind,
                        reference);
}

const pg::plan count_refunded{R"(
    UPDATE {s}.orders
    SET
        refunded_amount = refunded_amount + $2 * 0.01,
        refunded_fee_amount = refunded_fee_amount + $3 * 0.01,
        refunded_tax_amount = refunded_tax_amount + $4 * 0.01,
        refunded_discount_amount = refunded_discount_amount + $5 * 0.01
    WHERE id = $1)",
                              pg::writes{"orders"}};

// Of a journal that takes money from those who got it for an order.
const pg::plan read_division{R"(
    SELECT
        (sum(amount) FILTER (WHERE account::text IN ('refunds', 'disputes')) * 100)::bigint,
        (sum(amount) FILTER (WHERE account::text = 'store_credit') * 100)::bigint,
        (
            sum(amount) FILTER (
                WHERE account::text IN ('seller_pending', 'seller_available')
            ) * -100
        )::bigint,
        (sum(amount) FILTER (WHERE account::text = 'platform_fees') * -100)::bigint,
        (sum(amount) FILTER (WHERE account::text = 'taxes') * -100)::bigint
    FROM {s}.ledger_entries
    WHERE journal_id = pg_catalog.md5($1 || ':' || $2)::uuid)"};

const pg::plan set_released{R"(
    UPDATE {s}.orders SET released_at = CASE WHEN $2 THEN now() END WHERE id = ANY ($1))"};
const pg::plan count_movements{R"(
    SELECT (
        SELECT pg_catalog.count(DISTINCT e.journal_id)
        FROM {s}.ledger_entries e
        WHERE e.order_id = o.id AND e.kind = $2
    )
    FROM unnest($1) WITH ORDINALITY AS o (id, place)
    ORDER BY o.place)"};

void move_takings(pg::spi spi, const std::vector<order_money>& orders, std::string_view kind,
                  std::string_view from, std::string_view to, bool released) {
    std::vector<pg::uuid> ids, for_the_first_time;
    for (const order_money& order : orders)
        ids.push_back(order.id);
    const auto before = count_movements.run(ids, kind).values<std::int64_t>();
    std::vector<journal> journals;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        const order_money& order = orders[i];
        // one that was never booked has nothing to move, and is done with all the same
        const core::money takings = order.is_sold ? order.remaining.seller : core::money{};
        journals.push_back(
            {kind,
             core::format("{}:{}", text_of(order.id), before[i] + 1),
             order.id,
             order.currency,
             {{from, order.payee, core::money{} - takings}, {to, order.payee, takings}}});
        if (before[i] == 0)
            for_the_first_time.push_back(order.id);
    }
    book(spi, journals);
    pg::require_written(set_released.run(ids, released), ids.size(), "orders");
    // What a dispute has taken back is no news when it comes again.
    if (released)
        record_events(spi, "takings.released", for_the_first_time);
}

order_money money_of(const pg::rows& found, std::uint64_t row) {
    const auto amount = [&](int column) {
        return core::money{found.value<std::int64_t>(column, row).value_or(0)};
    };
    order_money o;
    o.id = *found.value<pg::uuid>(20, row);
    o.state = core::find_order_state(found.value<std::string>(1, row).value_or(""))
                  .value_or(core::order_state::pending_payment);
    o.buyer = found.value<pg::uuid>(2, row);
    o.seller = found.value<pg::uuid>(3, row);
    o.currency = found.value<std::string>(4, row).value_or("");
    o.whole = core::settle({amount(5), amount(6), amount(7), amount(8), amount(9), amount(18)},
                           core::smallest_unit(o.currency));
    o.refunded = amount(10);
    core::division taken;
    taken.cash = std::min(o.refunded, o.whole.cash); // before credit does
    taken.credit = o.refunded - taken.cash;
    taken.fee = amount(11);
    taken.tax = amount(12);
    taken.promotion = amount(13);
    taken.seller = o.refunded + taken.promotion - taken.fee - taken.tax;
    o.remaining = o.whole - taken;
    o.is_released = found.value<bool>(14, row).value_or(false);
    o.is_sold = found.value<bool>(15, row).value_or(false);
    o.due = amount(16);
    o.was_delivered = found.value<bool>(17, row).value_or(false);
    o.part_paid = amount(19);
    o.payee = o.seller;
    if (!o.payee && o.is_sold)
        o.payee = paid_seller.run(o.id).value<pg::uuid>();
    return o;
}

const pg::plan touch_balance{R"(
    UPDATE {s}.user_stats_summary SET updated_at = updated_at WHERE user_id = $1)"};
const pg::plan make_balance{R"(
    INSERT INTO {s}.user_stats_summary (user_id)
    SELECT id
    FROM {s}.profiles
    WHERE id = $1
    ON CONFLICT (user_id) DO UPDATE
    SET updated_at = excluded.updated_at)"};

const pg::plan people_of{R"(
    SELECT p.id
    FROM {s}.profiles p
    WHERE p.id IN (
        SELECT person
        FROM {s}.orders o, LATERAL (VALUES (o.buyer_id), (o.seller_id)) AS party (person)
        WHERE o.id = ANY ($1)
    )
    ORDER BY p.id)"};
const pg::plan lock_profile{R"(
    SELECT FROM {s}.profiles
    WHERE id = $1
    FOR NO KEY UPDATE)"};

const pg::plan unbalanced{R"(
    SELECT currency::text, sum(amount)::text
    FROM {s}.ledger_entries
    WHERE journal_id = $1
    GROUP BY currency
    HAVING sum(amount) <> 0
    ORDER BY currency
    LIMIT 1)"};

// KEY SHARE: as a foreign key would, so that the account is there until the entry is.
const pg::plan keep_profile{R"(
    SELECT FROM {s}.profiles
    WHERE id = $1
    FOR KEY SHARE)"};
const pg::plan has_entries{R"(
    SELECT FROM {s}.ledger_entries
    WHERE party_id = $1
    LIMIT 1)"};

} // namespace

std::string money_text(core::money amount, const std::string& currency) {
    return core::format("{} {}", pg::json_text_of(amount), currency);
}

void book(pg::spi spi, const journal& j) {
    book(spi, std::vector<journal>{j});
}

void book(pg::spi spi, const std::vector<journal>& journals) {
    std::vector<pg::uuid> ids, taken_from;
    std::vector<std::string> accounts, currencies, kinds;
    std::vector<std::optional<pg::uuid>> parties, orders;
    std::vector<pg::hundredths> amounts;
    for (const journal& j : journals) {
        const pg::uuid id = pg::md5_uuid(core::format("{}:{}", j.kind, j.reference));
        for (const ledger_line& line : added_up(j.lines)) {
            if (line.amount.minor == 0)
                continue;
            // a seller's balance is spent by one session after the other
            if (line.account == "seller_available" && line.amount.minor < 0 && line.party) {
                if (j.order)
                    taken_from.push_back(*j.order);
                else
                    lock_balance(spi, *line.party);
            }
            ids.push_back(id);
            accounts.emplace_back(line.account);
            parties.push_back(line.party);
            orders.push_back(j.order);
            amounts.push_back({line.amount.minor});
            currencies.push_back(j.currency);
            kinds.emplace_back(j.kind);
        }
    }
    if (!taken_from.empty())
        lock_people(spi, taken_from);
    add_entries.run(ids.size(), ids, accounts, parties, orders, amounts, currencies, kinds);
}

bool is_booked(pg::spi, std::string_view kind, const std::string& reference) {
    return !find_journal.run(kind, reference).empty();
}

std::string_view order_money::seller_account() const {
    return is_released ? "seller_available" : "seller_pending";
}

bool was_booked(pg::spi, const pg::uuid& order) {
    return entries_of.has_any(order).value_or(true);
}

order_money lock_order_money(pg::spi spi, const pg::uuid& order) {
    const pg::rows found = lock_order.run(order);
    if (found.empty())
        throw does_not_exist("order", order);
    if (record_outstanding_steps(spi, order, found.value<std::string>(1)))
        return lock_order_money(spi, order);
    order_money o = money_of(found, 0);
    // whoever waited for the lock has the row as it is now, and the ledger as it was before
    if (!o.is_sold && was_booked(spi, order))
        return read_order_money(spi, {order}).front();
    return o;
}

std::vector<order_money> read_order_money(pg::spi spi, const std::vector<pg::uuid>& orders) {
    const pg::rows found = read_orders.run(orders);
    std::vector<order_money> all;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        all.push_back(money_of(found, i));
        if (record_outstanding_steps(spi, all.back().id, found.value<std::string>(1, i)))
            return read_order_money(spi, orders);
    }
    return all;
}

std::optional<pg::uuid> part_payer(pg::spi, const pg::uuid& order) {
    return payer_of_parts.run(order).value<pg::uuid>();
}

void book_sale(pg::spi spi, const pg::uuid& order) {
    order_money o = lock_order_money(spi, order);
    if (o.is_sold)
        return;
    const core::settlement& s = o.whole;
    const std::string reference = text_of(order);
    const core::money in_parts = std::min(o.part_paid, s.cash);
    // The credit of somebody who is gone went back to the platform, which pays with it after all.
    if (!o.buyer)
        book(spi, {"credit_granted",
                   reference,
                   order,
                   o.currency,
                   {{"store_credit", std::nullopt, s.credit},
                    {"promotions", std::nullopt, core::money{} - s.credit}}});
    book(spi, {"sale",
               reference,
               order,
               o.currency,
               {{o.due.minor > 0 ? "cash_on_delivery" : "processor_clearing", std::nullopt,
                 in_parts - s.cash},
                {"part_payments", part_payer(spi, order), core::money{} - in_parts},
                {"store_credit", o.buyer, core::money{} - s.credit},
                {"promotions", std::nullopt, core::money{} - s.promotion},
                {"seller_pending", o.payee, s.seller},
                {"platform_fees", std::nullopt, s.fee},
                {"taxes", std::nullopt, s.tax}}});
    if (in_parts.minor > 0)
        clear_parts.run(order);
    list_transaction(o, s.seller, s.fee, "sale", reference);
}

void book_reversal(pg::spi spi, order_money& order, core::division taken, std::string_view kind,
                   const std::string& reference, std::vector<ledger_line> to) {
    to.push_back({order.seller_account(), order.payee, core::money{} - taken.seller});
    to.push_back({"platform_fees", std::nullopt, core::money{} - taken.fee});
    to.push_back({"taxes", std::nullopt, core::money{} - taken.tax});
    to.push_back({"promotions", std::nullopt, taken.promotion});
    if (!is_nothing(taken))
        count_refunded.run(order.id, taken.paid().minor, taken.fee.minor, taken.tax.minor,
                           taken.promotion.minor);
    order.refunded += taken.paid();
    order.remaining = order.remaining - taken;
    book(spi, {kind, reference, order.id, order.currency, std::move(to)});
    list_transaction(order, core::money{} - taken.seller, core::money{} - taken.fee, kind,
                     reference);
}

core::division booked_division(pg::spi, std::string_view kind, const std::string& reference) {
    const pg::rows found = read_division.run(kind, reference);
    const auto amount = [&](int column) {
        return core::money{found.value<std::int64_t>(column).value_or(0)};
    };
    core::division d{};
    d.cash = amount(1);
    d.credit = amount(2);
    d.seller = amount(3);
    d.fee = amount(4);
    d.tax = amount(5);
    d.promotion = d.seller + d.fee + d.tax - d.cash - d.credit;
    return d;
}

std::int32_t release_takings(pg::spi spi, std::vector<order_money> orders) {
    orders.erase(std::remove_if(orders.begin(), orders.end(),
                                [](const order_money& order) { return order.is_released; }),
                 orders.end());
    if (!orders.empty())
        move_takings(spi, orders, "release", "seller_pending", "seller_available", true);
    return static_cast<std::int32_t>(orders.size());
}

void hold_takings(pg::spi spi, order_money& order) {
    if (!order.is_sold || !order.is_released)
        return;
    move_takings(spi, {order}, "hold", "seller_available", "seller_pending", false);
    order.is_released = false;
}

void lock_balance(pg::spi, const pg::uuid& seller) {
    // A row lock alone would not be noticed by a REPEATABLE READ transaction, a new row is.
    if (touch_balance.run(seller).empty())
        make_balance.run(seller);
}

void lock_people(pg::spi spi, const std::vector<pg::uuid>& orders) {
    const pg::rows found = people_of.run(orders);
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const auto person = *found.value<pg::uuid>(1, i);
        lock_profile.run(person);
        lock_balance(spi, person);
    }
}

// private.check_journal(): constraint trigger, AFTER INSERT ON ledger_entries, deferred
DRIPLO_FUNCTION(driplo_check_journal) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert);
    const auto journal_id = row.value<pg::uuid>("journal_id");
    pg::session spi;
    const pg::rows found = unbalanced.run(journal_id);
    if (!found.empty())
        throw core::error{
            core::errors::check_violation, "entries of a ledger journal must sum to zero",
            core::format("The entries of journal {} in {} sum to {}.", text_of(*journal_id),
                         found.value<std::string>(1).value_or(""),
                         found.value<std::string>(2).value_or("")),
            "Insert all entries of a journal in one transaction."};
    return row.nothing();
}

// private.check_ledger_party(): BEFORE INSERT OR UPDATE ON ledger_entries
DRIPLO_FUNCTION(driplo_check_ledger_party) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_insert | pg::on_update);
    if (const auto party = row.value<pg::uuid>("party_id")) {
        pg::session spi;
        // What is still open when an account is deleted has to be booked to an end.
        if (keep_profile.run(*party).empty() && has_entries.run(*party).empty())
            throw core::error{
                core::errors::foreign_key_violation,
                core::format("party \"{}\" of ledger entry does not exist", text_of(*party)),
                {},
                "Use the ID of a profile, or of a deleted profile that already has "
                "ledger entries."};
    }
    return row.result();
}

} // namespace driplo
