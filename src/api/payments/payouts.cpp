#include "api/payments/payouts.hpp"

#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/orders/row.hpp"
#include "api/payments/ledger.hpp"
#include "api/payments/refunds.hpp"
#include "api/trust/disputes.hpp"
#include "core/amounts.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/numeric.hpp"
#include "pg/random.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Delivered, past the window of returns, and nobody is arguing about it. $1 is the window, $3 the
// grace after a dispute.
constexpr pg::parts of_what_is_due{{"is_due", R"(o.status IN ('delivered', 'completed')
      AND o.released_at IS NULL
      AND o.due_on_delivery = 0
      AND COALESCE(o.delivered_at, o.created_at) <= now() - pg_catalog.make_interval(mins => $1)
      AND {no_dispute_holds}
      AND {no_return_holds}
      AND {no_refund_request_holds})"},
                                   no_dispute_holds,
                                   was_just_taken_back,
                                   was_heard,
                                   no_return_holds,
                                   no_refund_request_holds,
                                   {"shop_order", "o"},
                                   {"dispute", "d"},
                                   {"order_id", "o.id"},
                                   {"party", "o.buyer_id"},
                                   {"return_window", "$1"},
                                   {"grace", "$3"},
                                   {"decision_window", "$4"}};
const pg::plan due_orders{R"(
    SELECT o.id
    FROM {s}.orders o
    WHERE {is_due}
    ORDER BY o.delivered_at, o.id)",
                          of_what_is_due};
// Not those that somebody else is busy with: whoever asks for payouts in two currencies holds the
// balance when the second one comes here, and orders are locked before balances.
const pg::plan due_orders_of_seller{R"(
    SELECT o.id
    FROM {s}.orders o
    WHERE o.seller_id = $2 AND {is_due}
    ORDER BY o.id
    FOR NO KEY UPDATE SKIP LOCKED)",
                                    of_what_is_due};
const pg::plan due_orders_of_party{R"(
    SELECT o.id
    FROM {s}.orders o
    WHERE o.seller_id IS NULL
      AND o.id IN (
          SELECT e.order_id
          FROM {s}.ledger_entries e
          WHERE e.party_id = $2 AND e.kind = 'sale'
      )
      AND {is_due}
    ORDER BY o.id
    FOR NO KEY UPDATE SKIP LOCKED)",
                                   of_what_is_due};
const pg::plan still_due{R"(
    SELECT o.id
    FROM {s}.orders o
    WHERE o.id = ANY ($2) AND {is_due}
    ORDER BY o.delivered_at, o.id)",
                         of_what_is_due};

template <typename What>
pg::rows find(const pg::plan& due, const What& what) {
    return due.run(std::int32_t{pg::settings::return_window}, what,
                   std::int32_t{pg::settings::dispute_grace},
                   std::int32_t{pg::settings::refund_decision_window});
}

// Of orders that are locked. Asked again: somebody may have opened a dispute before they were.
// Several sellers' balances are never locked here: what becomes available is only added.
std::int32_t release(pg::spi spi, const std::vector<pg::uuid>& orders) {
    return release_takings(spi, read_order_money(spi, find(still_due, orders).values<pg::uuid>()));
}

// What buyers have asked back of takings that are available, in the shares of the party $1, while
// nobody has decided.
constexpr pg::part held_by_requests{"held_by_requests", R"(
    (
        SELECT
            q_order.currency,
            sum(COALESCE((q.metadata ->> 'seller_share')::numeric, q.amount)) AS amount
        FROM {s}.refund_requests q
        JOIN {s}.orders q_order ON q_order.id = q.order_id
        WHERE q.status::text = 'pending'
          AND q.payment_transaction_id IS NULL
          AND q_order.released_at IS NOT NULL
          AND CASE
              WHEN q_order.seller_id IS NULL
                  THEN EXISTS (
                      SELECT FROM {s}.ledger_entries sale
                      WHERE sale.order_id = q_order.id
                        AND sale.kind = 'sale'
                        AND sale.party_id = $1
                        AND sale.account::text = 'seller_pending'
                  )
              ELSE q_order.seller_id = $1
          END
        GROUP BY q_order.currency
    ))"};
const pg::plan balances{R"(
    SELECT b.currency::text, b.pending + h.amount, b.available - h.amount, b.paid_out
    FROM (
        SELECT
            e.currency,
            COALESCE(
                sum(e.amount) FILTER (WHERE e.account::text = 'seller_pending'), 0.00
            ) AS pending,
            COALESCE(
                sum(e.amount) FILTER (WHERE e.account::text = 'seller_available'), 0.00
            ) AS available,
            COALESCE(
                sum(e.amount) FILTER (WHERE e.account::text = 'seller_paid_out'), 0.00
            ) AS paid_out
        FROM {s}.ledger_entries e
        WHERE e.party_id = $1
          AND e.account::text IN (
              'seller_pending', 'seller_available', 'payouts_in_transit', 'seller_paid_out'
          )
        GROUP BY e.currency
    ) b
    LEFT JOIN {held_by_requests} held ON held.currency = b.currency
    CROSS JOIN LATERAL (
        SELECT LEAST(COALESCE(held.amount, 0.00), GREATEST(b.available, 0.00))
    ) AS h (amount)
    ORDER BY b.currency)",
                        {held_by_requests},
                        pg::access::read_only};

// Below zero is what the seller owes, whatever is held.
const pg::plan available{R"(
    SELECT
        b.currency::text,
        (
            CASE
                WHEN b.amount > 0 THEN GREATEST(b.amount - COALESCE(held.amount, 0), 0)
                ELSE b.amount
            END * 100
        )::bigint
    FROM (
        SELECT currency, sum(amount) AS amount
        FROM {s}.ledger_entries
        WHERE party_id = $1 AND account = 'seller_available'
        GROUP BY currency
    ) b
    LEFT JOIN {held_by_requests} held ON held.currency = b.currency
    ORDER BY b.currency)",
                         {held_by_requests}};
const pg::plan add_payout{R"(
    INSERT INTO {s}.seller_payouts (id, seller_id, amount, currency, status)
    VALUES ($1, $2, $3 * 0.01, $4, 'pending'))",
                          pg::writes{"seller_payouts"}};
const pg::plan add_payout_of_deleted{R"(
    INSERT INTO {s}.seller_payouts (id, amount, currency, status, metadata)
    VALUES ($1, $3 * 0.01, $4, 'pending', pg_catalog.jsonb_build_object('party_id', $2)))",
                                     pg::writes{"seller_payouts"}};

struct balance {
    std::string currency;
    core::money amount;
};

core::error too_low(const balance& left) {
    return core::error{
        core::errors::balance_too_low, "payout exceeds the available balance",
        left.currency.empty()
            ? std::string("Nothing is available.")
            : core::format("{} is available.", money_text(left.amount, left.currency)),
        "Earnings become available after delivery, once the return window has closed and no "
        "dispute is open. Requested refunds are held back until they are decided."};
}

// The balance that a payout is taken from. Without a currency there has to be one only.
balance chosen(const std::vector<balance>& all, const std::optional<std::string>& currency) {
    std::vector<balance> found;
    for (const balance& each : all)
        if (currency ? each.currency == *currency : each.amount.minor > 0)
            found.push_back(each);
    if (found.size() > 1)
        throw core::error{
            core::errors::invalid_parameter_value,
            "currency must be specified",
            {},
            "The balance contains several currencies. Use request_payout_in(currency, amount)."};
    if (found.empty())
        return {currency.value_or(""), {}};
    return found.front();
}

core::money smallest_payout(const std::string& currency) {
    const char* setting = pg::settings::minimum_payout;
    return core::amounts_by_currency::parse(setting ? setting : "")
        .value_or(core::amounts_by_currency{})
        .in(currency)
        .value_or(core::money{});
}

void require_enough(core::money wanted, const balance& from, core::money least) {
    if (from.amount < least)
        throw core::error{
            core::errors::balance_too_low, "available balance is below the minimum payout",
            core::format("{} is available; the minimum payout is {}.",
                         money_text(from.amount, from.currency), money_text(least, from.currency)),
            "Request the payout again when more is available."};
    if (wanted < least)
        throw core::error{
            core::errors::invalid_parameter_value, "amount is below the minimum payout",
            core::format("The minimum payout is {}.", money_text(least, from.currency)),
            "Omit amount to pay out everything that is available."};
}

// Under a lock that no other session gets by who it is taken from.
pg::uuid take_out(pg::spi spi, const pg::uuid& party, const std::optional<std::string>& currency,
                  const std::optional<core::money>& amount, const pg::plan& add,
                  bool may_be_small) {
    const pg::rows found = available.run(party);
    std::vector<balance> all;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        all.push_back({*found.value<std::string>(1, i), {*found.value<std::int64_t>(2, i)}});
    const balance from = chosen(all, currency);
    const core::money unit = core::smallest_unit(from.currency);
    const core::money wanted =
        amount.value_or(core::truncated(std::min(from.amount, core::max_money), unit));
    core::require_payable(wanted, from.currency, "amount");
    if (wanted.minor <= 0 || wanted > from.amount)
        throw too_low({from.currency, std::max(from.amount, core::money{})});
    if (!may_be_small)
        require_enough(wanted, from, smallest_payout(from.currency));
    // booked before it is written: a trigger of somebody's may settle the new row at once
    const pg::uuid id = pg::time_ordered_uuid();
    book(spi, {"payout",
               text_of(id),
               std::nullopt,
               from.currency,
               {{"seller_available", party, core::money{} - wanted},
                {"payouts_in_transit", party, wanted}}});
    add.run(id, party, wanted.minor, from.currency);
    return id;
}

pg::uuid request(pg::spi spi, const pg::uuid& seller, const std::optional<std::string>& currency,
                 const std::optional<core::money>& amount) {
    release(spi, find(due_orders_of_seller, seller).values<pg::uuid>());
    lock_balance(spi, seller);
    return take_out(spi, seller, currency, amount, add_payout, false);
}

const pg::plan profile_exists{"SELECT FROM {s}.profiles WHERE id = $1"};
// Who is gone has no row to lock but those of the sales, of which there will be no more: the first
// one is for all sessions the same, and lock_order() leaves a trace in it.
const pg::plan lock_first_sale{R"(
    SELECT l.subtotal
    FROM private.lock_order((
        SELECT e.order_id
        FROM {s}.ledger_entries e
        WHERE e.party_id = $1 AND e.kind = 'sale'
        ORDER BY e.order_id
        LIMIT 1
    )) l)"};

pg::uuid pay_out_deleted(pg::spi spi, const pg::uuid& party, const std::string& currency,
                         const std::optional<core::money>& amount) {
    require_admin("pay out a deleted seller");
    if (!profile_exists.run(party).empty())
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "account of this seller has not been deleted",
                          {},
                          "The seller can call request_payout()."};
    lock_first_sale.run(party);
    release(spi, find(due_orders_of_party, party).values<pg::uuid>());
    // nothing will be added to what is too little
    const pg::uuid id = take_out(spi, party, currency, amount, add_payout_of_deleted, true);
    if (!pg::is_service())
        audit(spi, {"pay_out_deleted_seller", "seller_payout", "status"}, id, std::nullopt,
              "pending", std::nullopt);
    return id;
}

const pg::plan lock_payout{R"(
    SELECT
        (p.amount * 100)::bigint,
        p.currency::text,
        p.status::text,
        COALESCE((p.metadata ->> 'reversed')::numeric * 100, 0)::bigint,
        p.seller_id,
        p.stripe_payout_id IS NOT NULL OR p.stripe_transfer_id IS NOT NULL
    FROM {s}.seller_payouts p
    WHERE p.id = $1
    FOR NO KEY UPDATE)"};
// Also after the account was deleted. A payout that was only written down was not booked.
const pg::plan paid_party{R"(
    SELECT party_id
    FROM {s}.ledger_entries
    WHERE journal_id = pg_catalog.md5('payout:' || $1)::uuid
      AND account::text = 'payouts_in_transit')"};
const pg::plan set_payout{R"(
    UPDATE {s}.seller_payouts
    SET
        status = $2,
        stripe_transfer_id = COALESCE($3, stripe_transfer_id),
        completed_at = CASE WHEN $2 = 'paid' THEN now() ELSE completed_at END,
        failed_at = CASE WHEN $2 = 'failed' THEN now() ELSE failed_at END,
        failure_reason = COALESCE($4, failure_reason)
    WHERE id = $1)",
                          pg::writes{"seller_payouts"}};
const pg::plan set_reversed{R"(
    UPDATE {s}.seller_payouts
    SET metadata = COALESCE(metadata, '{}') || pg_catalog.jsonb_build_object('reversed', $2 * 0.01)
    WHERE id = $1)",
                            pg::writes{"seller_payouts"}};

struct payout {
    pg::uuid id;
    core::money amount, reversed;
    std::string currency, status;
    std::optional<pg::uuid> seller;
    bool was_sent; // the processor knows it

    std::string_view account() const {
        return status == "paid" ? "seller_paid_out" : "payouts_in_transit";
    }
};

payout locked_payout(const pg::uuid& id) {
    enum { amount = 1, currency, status, reversed, seller, was_sent };
    const pg::rows found = lock_payout.run(id);
    if (found.empty())
        throw does_not_exist("payout", id);
    payout p;
    p.id = id;
    p.amount = {*found.value<std::int64_t>(amount)};
    p.currency = *found.value<std::string>(currency);
    p.status = *found.value<std::string>(status);
    p.reversed = {found.value<std::int64_t>(reversed).value_or(0)};
    p.seller = found.value<pg::uuid>(seller);
    p.was_sent = found.value<bool>(was_sent).value_or(false);
    return p;
}

// Money of a booked payout moves on. One that was only written down has none.
void move(pg::spi spi, const payout& p, std::string_view kind, const std::string& reference,
          std::string_view to, core::money amount) {
    if (!is_booked(spi, "payout", text_of(p.id)))
        return;
    const auto party = paid_party.run(text_of(p.id)).value<pg::uuid>();
    book(spi, {kind,
               reference,
               std::nullopt,
               p.currency,
               {{p.account(), party, core::money{} - amount}, {to, party, amount}}});
}

// The order of the outcomes: what comes later in a payout's life counts.
int rank(const std::string& status) {
    constexpr std::array<std::string_view, 5> order{"pending", "processing", "paid", "failed",
                                                    "cancelled"};
    return static_cast<int>(std::find(order.begin(), order.end(), status) - order.begin());
}

// What the processor says to be cancelled is back, however far it was.
bool may_follow(const std::string& from, const std::string& to, bool is_event) {
    if (to == "cancelled")
        return from == "pending" || (is_event && (from == "processing" || from == "paid"));
    return from != "cancelled" && rank(to) > rank(from);
}

} // namespace

void release_when_due(pg::spi spi, const pg::uuid& order) {
    if (pg::settings::return_window == 0)
        release(spi, {order});
}

std::string settle_payout(pg::spi spi, const pg::uuid& id, const std::string& outcome,
                          const std::optional<std::string>& transfer_id,
                          const std::optional<std::string>& failure, bool is_event) {
    const payout p = locked_payout(id);
    if (!may_follow(p.status, outcome, is_event)) {
        // money that moves for a payout that was given back is no old news, unless it had moved
        // before
        if (p.status != outcome && (!is_event || (p.status == "cancelled" && !p.was_sent)))
            throw core::error{
                core::errors::illegal_money_state,
                core::format("cannot change payout status from {} to {}", p.status, outcome)};
        if (transfer_id)
            set_payout.run(id, p.status, transfer_id, std::optional<std::string>());
        return p.status;
    }
    const core::money rest = p.amount - p.reversed;
    if (outcome == "paid")
        move(spi, p, "payout_paid", text_of(id), "seller_paid_out", rest);
    else if (outcome == "failed" || outcome == "cancelled")
        move(spi, p, "payout_failed", text_of(id), "seller_available", rest);
    set_payout.run(id, outcome, transfer_id, failure);
    return outcome;
}

void take_back_payout(pg::spi spi, const pg::uuid& id, core::money reversed_so_far) {
    const payout p = locked_payout(id);
    if (reversed_so_far >= p.amount) {
        settle_payout(spi, id, "failed", std::nullopt, "the transfer was reversed", true);
        return;
    }
    if (p.status == "failed" || p.status == "cancelled" || reversed_so_far <= p.reversed)
        return;
    move(spi, p, "payout_reversed", core::format("{}:{}", text_of(id), reversed_so_far.minor),
         "seller_available", reversed_so_far - p.reversed);
    set_reversed.run(id, reversed_so_far.minor);
}

// seller_balance(seller_id uuid) -> TABLE(currency text, pending numeric, available numeric,
// paid_out numeric)
DRIPLO_FUNCTION(driplo_seller_balance) {
    auto seller = pg::argument<pg::uuid>(fcinfo, 0);
    const auto caller = pg::caller();
    pg::session spi;
    if (!seller)
        seller = caller;
    if (!seller)
        throw core::error{core::errors::null_value_not_allowed, "seller_id must not be NULL",
                          "The caller is not a signed-in user whose ID could be used instead."};
    if (seller != caller)
        require_admin("read the balance of another seller");
    return balances.run(*seller).as_result(fcinfo);
}

// request_payout(amount numeric) -> uuid
DRIPLO_FUNCTION(driplo_request_payout) {
    const auto amount = pg::amount_argument(fcinfo, 0, "amount");
    return pg::result(pg::in_session(
        [&](pg::spi spi) { return request(spi, required_trader(), std::nullopt, amount); }));
}

// request_payout_in(currency text, amount numeric) -> uuid
DRIPLO_FUNCTION(driplo_request_payout_in) {
    const auto currency = pg::required<std::string>(fcinfo, 0, "currency");
    const auto amount = pg::amount_argument(fcinfo, 1, "amount");
    return pg::result(pg::in_session(
        [&](pg::spi spi) { return request(spi, required_trader(), currency, amount); }));
}

// pay_out_deleted_seller(party_id uuid, currency text, amount numeric) -> uuid
DRIPLO_FUNCTION(driplo_pay_out_deleted_seller) {
    const auto party = pg::required<pg::uuid>(fcinfo, 0, "party_id");
    const auto currency = pg::required<std::string>(fcinfo, 1, "currency");
    const auto amount = pg::amount_argument(fcinfo, 2, "amount");
    return pg::result(
        pg::in_session([&](pg::spi spi) { return pay_out_deleted(spi, party, currency, amount); }));
}

// settle_payout(payout_id uuid, outcome text, stripe_transfer_id text) -> text
DRIPLO_FUNCTION(driplo_settle_payout) {
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "payout_id");
    const auto outcome = pg::required<std::string>(fcinfo, 1, "outcome");
    const auto transfer = pg::argument<std::string>(fcinfo, 2);
    require_service("settle a payout");
    if (outcome != "processing" && outcome != "paid" && outcome != "failed" &&
        outcome != "cancelled")
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("unrecognized outcome: \"{}\"", core::excerpt(outcome)),
                          "Valid outcomes are processing, paid, failed, and cancelled."};
    return pg::to_datum(pg::in_session([&](pg::spi spi) {
        return settle_payout(spi, id, outcome, transfer, std::nullopt, false);
    }));
}

// private.orders_to_release() -> TABLE(order_id uuid)
DRIPLO_FUNCTION(driplo_orders_to_release) {
    pg::session spi;
    return find(due_orders, std::optional<pg::uuid>()).as_result(fcinfo);
}

// private.release_orders(order_ids uuid[], max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_release_orders) {
    const auto orders = pg::required<std::vector<pg::uuid>>(fcinfo, 0, "order_ids");
    const auto most = pg::required<std::int32_t>(fcinfo, 1, "max_rows");
    pg::session spi;
    return pg::to_datum(release(spi, lock_free_orders(spi, orders, most)));
}

} // namespace driplo
