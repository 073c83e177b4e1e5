// Refunds that Stripe tells of: each by its id, as refund.created and its like do, and their sum so
// far, which is all that a charge tells since the API of 2022-11-15.
//
// An id and metadata are certain. A sum is not: what it can only mean is taken from it, and given
// back when the refunds behind it become known and are others; where approved requests could be
// meant in several ways it waits for them.
#include "api/payments/part_payments.hpp"
#include "api/payments/refunds.hpp"
#include "api/payments/shares.hpp"
#include "api/payments/stripe.hpp"

#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// One refund of the event: itself, or each of a charge's list.
const pg::plan read_refunds{R"(
    SELECT
        r ->> 'id',
        r ->> 'amount',
        r ->> 'status',
        r #>> '{metadata,refund_request_id}',
        COALESCE(r #>> '{metadata,order_ids}', r #>> '{metadata,order_id}')
    FROM pg_catalog.jsonb_array_elements(
        CASE
            WHEN $2 THEN pg_catalog.jsonb_build_array($1 #> '{data,object}')
            WHEN pg_catalog.jsonb_typeof($1 #> '{data,object,refunds,data}') = 'array'
                THEN $1 #> '{data,object,refunds,data}'
            ELSE '[]'
        END
    ) WITH ORDINALITY AS list (r, place)
    ORDER BY place DESC)"};

struct told_refund {
    std::string id;
    core::money amount;
    bool has_failed;
    std::optional<std::string> request, orders;
};

// Of a payment's rows, those of surplus payments by themselves. What another payment of the order
// is to send is not this one's, unless somebody says so.
constexpr pg::part is_of_payment{"is_of_payment", R"(
    CASE
        WHEN r.payment_transaction_id IS NULL
            THEN r.order_id = ANY ($1)
                AND (
                    r.through_payment_id IS NULL
                    OR r.through_payment_id = ANY ($4)
                    OR r.id::text = $5
                )
        ELSE r.payment_transaction_id = ANY ($2)
    END)"};
const pg::plan requests_of_payment{R"(
    SELECT
        r.id,
        r.order_id,
        ((r.amount - r.credit_amount) * 100)::bigint,
        r.status::text,
        r.stripe_refund_id::text,
        r.metadata ->> 'evidence',
        EXISTS (
            SELECT FROM {s}.ledger_entries e
            WHERE e.journal_id = pg_catalog.md5('refund_sent:' || r.id)::uuid
              AND e.account::text = 'disputes'
        ),
        COALESCE(
            (
                SELECT sum(each.value::bigint)
                FROM pg_catalog.jsonb_each_text(r.metadata -> 'failed_refunds') AS each
            ),
            0
        )::bigint,
        COALESCE(r.metadata -> 'failed_refunds', '{}') ? $3,
        r.payment_transaction_id IS NOT NULL
    FROM {s}.refund_requests r
    WHERE {is_of_payment}
    ORDER BY r.requested_at, r.id)",
                                   {is_of_payment}};
namespace request_column {
enum {
    id = 1,
    order,
    cash,
    status,
    stripe_refund,
    evidence,
    is_of_bank,
    failed,
    has_failed,
    is_surplus
};
}
const pg::plan request_exists{"SELECT FROM {s}.refund_requests WHERE id = {uuid_or_null}",
                              {uuid_or_null, {"text", "$1"}}};
const pg::plan read_total{R"(
    SELECT COALESCE(max((metadata ->> 'refunded_so_far')::bigint), 0)
    FROM {s}.payment_transactions
    WHERE processor = 'stripe' AND processor_transaction_id = $1)"};
const pg::plan remember_total{R"(
    UPDATE {s}.payment_transactions
    SET metadata = COALESCE(metadata, '{}') || pg_catalog.jsonb_build_object('refunded_so_far', $2)
    WHERE processor = 'stripe' AND processor_transaction_id = $1)"};

struct known_request {
    pg::uuid id, order;
    core::money cash;
    std::string status;
    std::optional<std::string> refund, evidence;
    bool is_by_bank;
    core::money failed;      // attempts that came back
    bool has_failed_with_it; // one of them is the refund that was asked for
    bool is_surplus;

    bool is_sent() const { return status == "processed" && !is_by_bank; }
    bool is_guess() const { return is_sent() && !refund && evidence; }
};

// What is known of a payment's refunds.
struct refund_book {
    payment p;
    std::vector<known_request> requests;
    core::money total; // the sum that the processor has told of

    core::money counted() const {
        core::money sum = p.refunded();
        for (const known_request& r : requests)
            sum = sum + r.failed - (r.is_by_bank ? r.cash : core::money{});
        return sum;
    }
    core::money unknown() const { return std::max(total - counted(), core::money{}); }
};

refund_book read_book(pg::spi spi, const std::string& processor_id, const std::string& refund = "",
                      const std::optional<std::string>& named = std::nullopt) {
    refund_book book{lock_payment(spi, std::string(stripe), processor_id), {}, {}};
    std::vector<pg::uuid> orders, surplus, rows;
    for (const payment_row& row : book.p.rows) {
        (row.is_surplus ? surplus : orders).push_back(row.is_surplus ? row.id : row.order);
        rows.push_back(row.id);
    }
    const pg::rows found = requests_of_payment.run(orders, surplus, refund, rows, named);
    for (std::uint64_t i = 0; i < found.count(); ++i)
        book.requests.push_back({*found.value<pg::uuid>(request_column::id, i),
                                 *found.value<pg::uuid>(request_column::order, i),
                                 {*found.value<std::int64_t>(request_column::cash, i)},
                                 *found.value<std::string>(request_column::status, i),
                                 found.value<std::string>(request_column::stripe_refund, i),
                                 found.value<std::string>(request_column::evidence, i),
                                 *found.value<bool>(request_column::is_of_bank, i),
                                 {*found.value<std::int64_t>(request_column::failed, i)},
                                 *found.value<bool>(request_column::has_failed, i),
                                 *found.value<bool>(request_column::is_surplus, i)});
    book.total = {*read_total.run(processor_id).value<std::int64_t>()};
    return book;
}

void tell_total(const std::string& processor_id, core::money total) {
    if (total.minor > *read_total.run(processor_id).value<std::int64_t>())
        remember_total.run(processor_id, total.minor);
}

std::optional<pg::uuid> only_row(const payment& p) {
    return p.rows.size() == 1 ? std::optional(p.rows.front().id) : std::nullopt;
}

bool is_named(const std::vector<pg::uuid>& orders, const pg::uuid& order) {
    return orders.empty() || std::find(orders.begin(), orders.end(), order) != orders.end();
}

std::vector<open_surplus> open_surpluses(const refund_book& book,
                                         const std::vector<pg::uuid>& named) {
    std::vector<open_surplus> open;
    for (const known_request& r : book.requests)
        if (r.status == "approved" && r.is_surplus && is_named(named, r.order))
            open.push_back({r.id, r.cash});
    return open;
}

// What somebody refunded at the processor without asking here: of the orders that it names or that
// follow from the amount. What a chargeback has taken from everybody before, the platform pays
// twice. A sum that no order takes may become a surplus's as a whole, and waits.
void send_unasked(pg::spi spi, const refund_book& book, core::money amount,
                  const std::vector<pg::uuid>& named, const std::optional<std::string>& refund) {
    const payment& p = book.p;
    core::money left = amount;
    for (const order_share& share : share_refund(spi, p, amount, named)) {
        const refund_evidence evidence =
            share.is_shared ? refund_evidence::shared : refund_evidence::unasked;
        if (share.owed.minor > 0) {
            const pg::uuid id =
                refund_now(spi, share.order, share.owed, "refunded at the processor", std::nullopt,
                           std::nullopt, share.row);
            process_refund(spi, id, refund, share.row, evidence);
        }
        if (share.lost.minor > 0)
            note_evidence(spi,
                          refund_lost_money(spi, share.order, share.lost,
                                            "refunded at the processor", share.row),
                          evidence, refund);
        left = left - share.owed - share.lost;
    }
    if (refund)
        send_surplus(spi, open_surpluses(book, named), left, *refund);
}

// Which request a sum must mean: the only one of that amount, when no others add up to it.
std::optional<pg::uuid> only_meaning(core::money sum, const std::vector<known_request>& fitting) {
    std::optional<pg::uuid> found;
    std::vector<core::money> others;
    for (const known_request& r : fitting) {
        if (r.cash == sum && found)
            return std::nullopt;
        if (r.cash == sum)
            found = r.id;
        else
            others.push_back(r.cash);
    }
    core::money several;
    for (const std::size_t i : core::closest_below(sum, others))
        several += others[i];
    return several == sum && sum.minor > 0 ? std::nullopt : found;
}

// The sum tells of more than the refunds that are known.
void guess(pg::spi spi, const std::string& processor_id) {
    const refund_book book = read_book(spi, processor_id);
    core::money left = book.unknown();
    if (left.minor == 0)
        return;
    const bool is_everything = book.total >= book.p.amount();
    std::vector<known_request> fitting;
    for (const known_request& r : book.requests)
        if (r.status == "approved" && r.cash <= left)
            fitting.push_back(r);
    if (is_everything) {
        for (const known_request& r : fitting)
            if (r.cash <= left) {
                process_refund(spi, r.id, std::nullopt, only_row(book.p), refund_evidence::by_sum);
                left = left - r.cash;
            }
        fitting.clear();
    }
    if (const auto meant = only_meaning(left, fitting))
        process_refund(spi, *meant, std::nullopt, only_row(book.p), refund_evidence::by_sum);
    else if (fitting.empty())
        send_unasked(spi, book, left, {}, std::nullopt);
}

void take_back_guess(pg::spi spi, const known_request& r) {
    if (r.evidence != "sum")
        withdraw_refund(spi, r.id, "a different refund at the processor was meant");
    else
        unsend_refund(spi, r.id, std::nullopt);
}

// Guesses that the refund is a part of give way to it.
void make_place(pg::spi spi, const std::string& processor_id, core::money amount) {
    for (;;) {
        const refund_book book = read_book(spi, processor_id);
        if (book.counted() + amount <= book.total)
            return;
        const auto last = std::find_if(book.requests.rbegin(), book.requests.rend(),
                                       [](const known_request& r) { return r.is_guess(); });
        if (last == book.requests.rend())
            return;
        take_back_guess(spi, *last);
    }
}

std::vector<pg::uuid> orders_of(pg::spi spi, const payment& p,
                                const std::optional<std::string>& named) {
    std::vector<pg::uuid> orders;
    if (named)
        for (const pg::uuid& id : named_orders(spi, *named)) {
            if (std::none_of(p.rows.begin(), p.rows.end(),
                             [&](const payment_row& row) { return row.order == id; }))
                throw core::error{core::errors::check_violation,
                                  "refund names an order that its payment does not cover"};
            orders.push_back(id);
        }
    return orders;
}

// A refund that was counted before anybody knew its id.
bool was_counted(pg::spi spi, const refund_book& book, const told_refund& told,
                 const std::vector<pg::uuid>& orders) {
    std::vector<const known_request*> guesses;
    core::money all;
    for (const known_request& r : book.requests) {
        if (!r.is_sent() || r.refund || !is_named(orders, r.order))
            continue;
        if (r.cash == told.amount) {
            name_refund(spi, r.id, told.id);
            return true;
        }
        if (r.is_guess()) {
            guesses.push_back(&r);
            all += r.cash;
        }
    }
    // what a sum was divided into, of several orders
    if (guesses.empty() || all != told.amount || !orders.empty())
        return false;
    for (const known_request* r : guesses)
        name_refund(spi, r->id, told.id);
    return true;
}

void settle_unnamed(pg::spi spi, const std::string& processor_id, const told_refund& told,
                    const std::vector<pg::uuid>& orders) {
    const refund_book before = read_book(spi, processor_id);
    if (was_counted(spi, before, told, orders))
        return;
    make_place(spi, processor_id, told.amount);
    const refund_book book = read_book(spi, processor_id);
    for (const known_request& r : book.requests)
        if (r.status == "approved" && r.cash == told.amount && is_named(orders, r.order)) {
            process_refund(spi, r.id, told.id, only_row(book.p), refund_evidence::by_sum);
            return;
        }
    send_unasked(spi, book, told.amount, orders, told.id);
}

// What the refund is counted as already, in this order.
core::money counted_as(const refund_book& book, const std::string& refund, const pg::uuid& order) {
    core::money sum;
    for (const known_request& r : book.requests)
        if (r.is_sent() && r.refund == refund && r.order == order)
            sum += r.cash;
    return sum;
}

// Its metadata name a request: that one is it, whatever it or a sum was taken for before.
void settle_named(pg::spi spi, const std::string& processor_id, const told_refund& told,
                  const known_request& request) {
    const bool was_sent_once_more =
        request.status == "processed" && request.refund && !request.evidence;
    if (was_sent_once_more || (request.status != "approved" && request.status != "processed")) {
        if (counted_as(read_book(spi, processor_id), told.id, request.order) == told.amount)
            return;
        claim_refund(spi, request.id, told.id);
        return settle_unnamed(spi, processor_id, told, {request.order});
    }
    if (request.cash != told.amount)
        throw core::error{core::errors::check_violation,
                          "refund amount does not match the approved amount",
                          "An approved refund must be sent in full."};
    claim_refund(spi, request.id, told.id);
    if (request.status == "processed") {
        note_evidence(spi, request.id, refund_evidence::said, told.id);
        // the refund that was taken for it, because of its amount, is another one
        if (request.refund && request.refund != told.id)
            settle_unnamed(spi, processor_id, {*request.refund, request.cash, false, {}, {}}, {});
        return;
    }
    make_place(spi, processor_id, told.amount);
    process_refund(spi, request.id, told.id, only_row(read_book(spi, processor_id).p));
}

void settle(pg::spi spi, const std::string& processor_id, const told_refund& told) {
    const refund_book book = read_book(spi, processor_id, told.id, told.request);
    for (const known_request& r : book.requests)
        if (r.refund == told.id && r.status == "processed")
            if (!told.request || !r.evidence || text_of(r.id) == *told.request)
                return;
    if (told.request)
        for (const known_request& r : book.requests)
            if (text_of(r.id) == *told.request)
                return settle_named(spi, processor_id, told, r);
    if (told.request && !request_exists.run(*told.request).empty())
        throw core::error{core::errors::check_violation,
                          "refund names a refund request that its payment does not cover"};
    settle_unnamed(spi, processor_id, told, orders_of(spi, book.p, told.orders));
}

void apply_refund(pg::spi spi, const std::string& processor_id, const told_refund& told) {
    const refund_book before = read_book(spi, processor_id, told.id);
    // that it failed is the last that is heard of it
    if (std::any_of(before.requests.begin(), before.requests.end(),
                    [](const known_request& r) { return r.has_failed_with_it; }))
        return;
    settle(spi, processor_id, told);
    if (!told.has_failed)
        return;
    for (const known_request& r : read_book(spi, processor_id, told.id).requests)
        if (r.refund == told.id)
            unsend_refund(spi, r.id, told.id);
}

bool has_failed(const stripe_event& e, const std::optional<std::string>& status) {
    if (e.type == "refund.failed" || status == "failed" || status == "canceled")
        return true;
    if (status && status != "pending" && status != "requires_action" && status != "succeeded")
        throw unreadable("status");
    return false;
}

std::vector<told_refund> refunds_of(const stripe_event& e, bool is_refund) {
    const pg::rows found = read_refunds.run(e.json, is_refund);
    std::vector<told_refund> all;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const auto id = found.value<std::string>(1, i);
        if (!id || id->empty())
            throw unreadable("refund's id");
        all.push_back({*id, money_of(found.value<std::string>(2, i), e, "refund's amount"),
                       has_failed(e, found.value<std::string>(3, i)),
                       found.value<std::string>(4, i), found.value<std::string>(5, i)});
    }
    return all;
}

const pg::plan told_sums_of{R"(
    SELECT DISTINCT p.processor_transaction_id::text
    FROM {s}.refund_requests r
    JOIN {s}.payment_transactions p ON p.order_id = r.order_id
    WHERE r.id = $1
      AND p.processor = 'stripe'
      AND p.metadata ? 'refunded_so_far'
    ORDER BY 1)"};

} // namespace

std::vector<std::string> lock_told_sums(pg::spi spi, const pg::uuid& refund) {
    auto payments = told_sums_of.run(refund).values<std::string>();
    for (const std::string& payment : payments)
        lock_payment(spi, std::string(stripe), payment);
    return payments;
}

void explain_sums(pg::spi spi, const std::vector<std::string>& payments) {
    for (const std::string& payment : payments)
        guess(spi, payment);
}

bool on_refund(pg::spi spi, const stripe_event& e) {
    payment p = payment_of_charge(spi, e.payment_intent, e.charge.value_or(e.id));
    if (p.rows.empty())
        return false;
    for (const told_refund& told : refunds_of(e, true)) {
        if (told.amount > p.amount())
            throw unreadable("amount");
        require_same(told.amount, told.amount, p.currency, e);
        money_came_in(spi, p, e);
        owe_parts_of(spi, p, "the part was refunded");
        apply_refund(spi, p.processor_id, told);
    }
    guess(spi, p.processor_id);
    return true;
}

bool on_charge_refunded(pg::spi spi, const stripe_event& e) {
    // Money that was held on a card and never collected: Stripe tells its release as a refund.
    if (e.captured == "false")
        return false;
    payment p = payment_of_charge(spi, e.payment_intent, e.id);
    if (p.rows.empty())
        return false;
    const core::money held = money_of(e.amount, e, "amount");
    const core::money collected =
        e.amount_captured ? money_of(e.amount_captured, e, "amount") : held;
    // Of what was collected: the rest of what was held is told as refunded, too.
    const core::money so_far = std::max(
        money_of(e.amount_refunded, e, "amount_refunded") - (held - collected), core::money{});
    const bool is_part = held == p.amount() && collected < held && collected.minor > 0;
    require_same(is_part ? held : collected, p.amount(), p.currency, e);
    if (so_far > p.amount())
        throw unreadable("amount_refunded");
    remember_charge(spi, p, e.id);
    if (is_part)
        come_in_partly(spi, p, collected, e.created);
    else
        money_came_in(spi, p, e);
    if (so_far.minor > 0)
        owe_parts_of(spi, p, "the part was refunded");
    for (const told_refund& told : refunds_of(e, false))
        apply_refund(spi, p.processor_id, told);
    tell_total(p.processor_id, so_far);
    guess(spi, p.processor_id);
    return true;
}

} // namespace driplo
