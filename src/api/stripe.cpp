// Stripe's events: what each of them means for payments, refunds, chargebacks, accounts and
// payouts.
//
// An event says what is so, and not only what has changed: that money was refunded means that it
// had come in. So each handler brings about what the event presupposes, and does nothing where that
// is so already. Whatever order events come in, and however often, the end is the same.
//
// A handler that raises has done nothing: record_stripe_event() keeps the event as failed.
#include "api/chargebacks.hpp"
#include "api/payments.hpp"
#include "api/payouts.hpp"
#include "api/refunds.hpp"
#include "core/currency.hpp"
#include "core/text.hpp"
#include "core/webhook_signature.hpp"
#include "pg/hmac.hpp"
#include "pg/sequence.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace driplo {

namespace {

// An id, or the object itself where the API was asked to expand it.
#define ID_OF(field)                                                                               \
    "CASE pg_catalog.jsonb_typeof(o -> '" field "') WHEN 'object' THEN o #>> '{{" field            \
    ",id}}' ELSE o ->> '" field "' END"
const pg::plan read_event{
    "SELECT e ->> 'type', e ->> 'created', o ->> 'id', o ->> 'currency', o ->> 'amount', "
    "o ->> 'amount_received', o ->> 'amount_refunded', o ->> 'amount_reversed', o ->> "
    "'status', " ID_OF("payment_intent") ", " ID_OF(
        "charge") ", "
                  "COALESCE(" ID_OF(
                      "latest_charge") ", o #>> '{{charges,data,0,id}}'), "
                                       "COALESCE(o ->> 'failure_message', o #>> "
                                       "'{{last_payment_error,message}}', o ->> 'reason'), "
                                       "COALESCE(o #>> '{{metadata,order_ids}}', o #>> "
                                       "'{{metadata,order_id}}'), "
                                       "o #>> '{{metadata,payout_id}}', o #>> "
                                       "'{{metadata,user_id}}', o ->> 'captured', o ->> 'amount_captured' "
                                       "FROM (SELECT $1 AS e, $1 #> '{{data,object}}' AS o) event"};
#undef ID_OF

struct stripe_event {
    pg::jsonb json;
    std::string type;
    std::int64_t created = 0;
    std::string id; // of the object that it is about
    std::optional<std::string> currency, amount, amount_received, amount_refunded, amount_reversed,
        status, payment_intent, charge, latest_charge, reason, order_ids, payout_id, user_id,
        captured, amount_captured;
};

core::error unreadable(const char* field) {
    return core::error{core::errors::invalid_parameter_value,
                       fmt::format("the event's {} cannot be read", field)};
}

std::int64_t number(const std::optional<std::string>& text, const char* field) {
    std::int64_t value = 0;
    if (text) {
        const char* last = text->data() + text->size();
        const auto parsed = std::from_chars(text->data(), last, value);
        if (parsed.ec == std::errc() && parsed.ptr == last && !text->empty() && value >= 0)
            return value;
    }
    throw unreadable(field);
}

stripe_event read(pg::jsonb json) {
    const pg::rows found = read_event.run(json);
    int column = 0;
    const auto next = [&] { return found.value<std::string>(++column); };
    stripe_event e;
    e.json = json;
    e.type = next().value_or("");
    e.created = number(next(), "created");
    const auto id = next();
    if (!id || id->empty())
        throw unreadable("data.object.id");
    e.id = *id;
    for (auto* field : {&e.currency, &e.amount, &e.amount_received, &e.amount_refunded,
                        &e.amount_reversed, &e.status, &e.payment_intent, &e.charge,
                        &e.latest_charge, &e.reason, &e.order_ids, &e.payout_id, &e.user_id,
                        &e.captured, &e.amount_captured})
        *field = next();
    return e;
}

core::money money_of(const std::optional<std::string>& text, const stripe_event& e,
                     const char* field) {
    if (!e.currency)
        throw unreadable("currency");
    return core::from_processor_amount(number(text, field), *e.currency);
}

void require_same(core::money told, core::money known, const std::string& currency,
                  const stripe_event& e) {
    std::string told_currency = e.currency.value_or("");
    std::transform(told_currency.begin(), told_currency.end(), told_currency.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (told != known || told_currency != currency)
        throw core::error{core::errors::check_violation,
                          "the amount of the event is not the one that is known",
                          fmt::format("It tells of {}, expected are {}.",
                                      money_text(told, core::excerpt(told_currency)),
                                      money_text(known, currency))};
}

// payments

constexpr std::string_view stripe = "stripe";

const pg::plan find_by_charge{"SELECT processor_transaction_id FROM {s}.payment_transactions "
                              "WHERE processor = 'stripe' AND metadata ->> 'charge' = $1 LIMIT 1"};
const pg::plan remember_charge{
    "UPDATE {s}.payment_transactions SET metadata = COALESCE(metadata, '{{}}') || "
    "pg_catalog.jsonb_build_object('charge', $2) WHERE processor = 'stripe' "
    "AND processor_transaction_id = $1 AND metadata ->> 'charge' IS DISTINCT FROM $2"};
const pg::plan read_ids{
    "SELECT pg_catalog.btrim(part)::uuid FROM pg_catalog.string_to_table($1, ',') AS part "
    "WHERE pg_catalog.btrim(part) <> ''"};

core::error unknown_payment(const std::string& id) {
    return core::error{core::errors::no_data_found, "no payment with this id was started",
                       fmt::format("The processor's id is \"{}\".", core::excerpt(id)),
                       "Call start_payment(), then replay_stripe_event()."};
}

// The payment of a payment intent. One that nobody started begins with the orders that its metadata
// names.
payment payment_of_intent(const stripe_event& e) {
    payment p = lock_payment(std::string(stripe), e.id);
    if (p.rows.empty() && e.order_ids) {
        const pg::rows found = read_ids.run(*e.order_ids);
        std::vector<pg::uuid> orders;
        for (std::uint64_t i = 0; i < found.count(); ++i)
            orders.push_back(*found.value<pg::uuid>(1, i));
        adopt_payment(orders, std::string(stripe), e.id);
        p = lock_payment(std::string(stripe), e.id);
    }
    if (p.rows.empty())
        throw unknown_payment(e.id);
    return p;
}

// The payment that a charge or a dispute belongs to: by its payment intent, or by the charge, which
// is all that events of old versions of the API name.
payment payment_of_charge(const std::optional<std::string>& intent, const std::string& charge) {
    const auto id = intent ? intent : find_by_charge.run(charge).value<std::string>();
    payment p = lock_payment(std::string(stripe), id.value_or(charge));
    if (p.rows.empty())
        throw unknown_payment(id.value_or(charge));
    lock_for_ending(p);
    return p;
}

void come_in(payment& p, const stripe_event& e) {
    if (!p.is_paid())
        apply_news(p, core::payment_news::succeeded, e.created);
}

void on_payment_processing(const stripe_event& e) {
    payment p = payment_of_intent(e);
    apply_news(p, core::payment_news::processing, e.created);
}

void on_payment_failed(const stripe_event& e) {
    payment p = payment_of_intent(e);
    apply_news(p, core::payment_news::failed, e.created);
}

void on_payment_cancelled(const stripe_event& e) {
    payment p = payment_of_intent(e);
    apply_news(p, core::payment_news::cancelled, e.created);
}

void on_payment_succeeded(const stripe_event& e) {
    payment p = payment_of_intent(e);
    require_same(money_of(e.amount_received ? e.amount_received : e.amount, e, "amount"),
                 p.amount(), p.currency, e);
    // that of an attempt which failed is not the one that is refunded or disputed
    if (e.latest_charge)
        remember_charge.run(e.id, *e.latest_charge);
    come_in(p, e);
}

// refunds

const pg::plan approved_refunds{
    "SELECT r.id, ((r.amount - r.credit_amount) * 100)::bigint, told.refund "
    "FROM {s}.refund_requests r LEFT JOIN (SELECT DISTINCT ON (1) "
    "each #>> '{{metadata,refund_request_id}}' AS request, each ->> 'id' AS refund "
    "FROM pg_catalog.jsonb_array_elements(CASE pg_catalog.jsonb_typeof($1 #> "
    "'{{data,object,refunds,data}}') WHEN 'array' THEN $1 #> '{{data,object,refunds,data}}' "
    "ELSE '[]' END) AS each) told ON told.request = r.id::text "
    "WHERE r.status::text = 'approved' AND CASE WHEN r.payment_transaction_id IS NULL "
    "THEN r.order_id = ANY ($2) ELSE r.payment_transaction_id = ANY ($3) END "
    "ORDER BY told.refund IS NULL, r.requested_at, r.id"};
const pg::plan refunded_before{
    "SELECT COALESCE(max((metadata ->> 'refunded_so_far')::bigint), 0) "
    "FROM {s}.payment_transactions WHERE processor = 'stripe' AND processor_transaction_id = $1"};
// Counted as refunded, and not by the processor.
const pg::plan settled_by_bank{
    "SELECT COALESCE((sum(e.amount) * 100)::bigint, 0) FROM {s}.refund_requests r "
    "JOIN {s}.payment_transactions p ON p.order_id = r.order_id AND CASE WHEN p.is_surplus "
    "THEN p.id = r.payment_transaction_id ELSE r.payment_transaction_id IS NULL END "
    "JOIN {s}.ledger_entries e ON e.journal_id = pg_catalog.md5('refund_sent:' || r.id)::uuid "
    "AND e.account::text = 'disputes' "
    "WHERE p.processor = 'stripe' AND p.processor_transaction_id = $1"};
const pg::plan remember_refunded{
    "UPDATE {s}.payment_transactions SET metadata = COALESCE(metadata, '{{}}') || "
    "pg_catalog.jsonb_build_object('refunded_so_far', $2) WHERE processor = 'stripe' "
    "AND processor_transaction_id = $1"};

const pg::plan owed_of_order{
    "SELECT COALESCE((sum(amount - credit_amount) * 100)::bigint, 0) FROM {s}.refund_requests "
    "WHERE order_id = $1 AND status::text = 'approved' AND payment_transaction_id IS NULL"};

struct approved_refund {
    pg::uuid id;
    core::money cash;
    std::optional<std::string> named; // the processor's refund
};

std::vector<approved_refund> approved_of(const payment& p, const stripe_event& e) {
    std::vector<pg::uuid> orders, surplus;
    for (const payment_row& row : p.rows)
        (row.is_surplus ? surplus : orders).push_back(row.is_surplus ? row.id : row.order);
    const pg::rows found = approved_refunds.run(e.json, orders, surplus);
    std::vector<approved_refund> all;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        all.push_back({*found.value<pg::uuid>(1, i),
                       {*found.value<std::int64_t>(2, i)},
                       found.value<std::string>(3, i)});
    return all;
}

// What was approved here, as whole requests: the ones that the event names, then those that
// together come closest to the sum. The oldest alone would not do: when another one was sent first,
// a part of that would be taken for a refund that nobody asked for.
core::money send_approved(const payment& p, const stripe_event& e, core::money left) {
    std::vector<approved_refund> unnamed;
    const auto only_row = p.rows.size() == 1 ? std::optional(p.rows.front().id) : std::nullopt;
    const auto send = [&](const approved_refund& refund) {
        process_refund(refund.id, refund.named, only_row);
        left = left - refund.cash;
    };
    for (const approved_refund& refund : approved_of(p, e)) {
        if (!refund.named)
            unnamed.push_back(refund);
        else if (refund.cash <= left)
            send(refund);
    }
    std::vector<core::money> sums;
    for (const approved_refund& refund : unnamed)
        sums.push_back(refund.cash);
    for (const std::size_t i : core::closest_below(left, sums))
        send(unnamed[i]);
    return left;
}

// What somebody refunded at the processor without asking here.
core::money send_unasked(const payment& p, core::money left) {
    for (const payment_row& row : p.rows) {
        if (row.is_surplus || left.minor == 0)
            continue;
        const core::money sent = std::min(left, lock_order_money(row.order).cash_left());
        if (sent.minor == 0)
            continue;
        process_refund(refund_now(row.order, sent, "refunded at the processor", std::nullopt),
                       std::nullopt, row.id);
        left = left - sent;
    }
    return left;
}

// A chargeback has taken it from everybody before.
core::money send_lost(const std::string& processor_id, core::money left) {
    for (const payment_row& row : lock_payment(std::string(stripe), processor_id).rows) {
        if (row.is_surplus || left.minor == 0)
            continue;
        const core::money owed{*owed_of_order.run(row.order).value<std::int64_t>()};
        const core::money sent = std::min(left, row.amount - row.refunded - owed);
        if (sent.minor <= 0)
            continue;
        refund_lost_money(row.order, sent, "refunded at the processor", row.id);
        left = left - sent;
    }
    return left;
}

// Money that was held on a card and never collected: Stripe tells its release as a refund.
bool had_come_in(const stripe_event& e) {
    return e.captured != "false";
}

void on_charge_refunded(const stripe_event& e) {
    payment p = payment_of_charge(e.payment_intent, e.id);
    const core::money so_far = money_of(e.amount_refunded, e, "amount_refunded");
    // Of what was collected: the rest of what was held is told as refunded, too.
    require_same(money_of(e.amount_captured ? e.amount_captured : e.amount, e, "amount"),
                 p.amount(), p.currency, e);
    if (so_far > p.amount())
        throw unreadable("amount_refunded");
    remember_charge.run(p.processor_id, e.id);
    come_in(p, e);
    const core::money by_bank{*settled_by_bank.run(p.processor_id).value<std::int64_t>()};
    const core::money before =
        std::max(p.refunded() - by_bank,
                 core::money{*refunded_before.run(p.processor_id).value<std::int64_t>()});
    if (so_far <= before)
        return; // news that is older than what is known
    const core::money left =
        send_lost(p.processor_id, send_unasked(p, send_approved(p, e, so_far - before)));
    // A part of a surplus or of what was approved: it counts when all of that was sent.
    remember_refunded.run(p.processor_id, (so_far - left).minor);
}

// chargebacks

chargeback chargeback_of(const stripe_event& e) {
    const std::string status = e.status.value_or("");
    return {e.id, money_of(e.amount, e, "amount"), e.reason.value_or("general"),
            status.rfind("warning", 0) != 0};
}

payment disputed_payment(const stripe_event& e) {
    payment p = payment_of_charge(e.payment_intent, e.charge.value_or(e.id));
    const core::money amount = money_of(e.amount, e, "amount");
    require_same(amount, amount, p.currency, e);
    come_in(p, e);
    return p;
}

void on_dispute_open(const stripe_event& e) {
    open_chargeback(disputed_payment(e), chargeback_of(e));
}

void on_dispute_closed(const stripe_event& e) {
    close_chargeback(disputed_payment(e), chargeback_of(e),
                     e.status == "lost" ? chargeback_end::lost : chargeback_end::won);
}

// What somebody wrote into metadata need not be an id.
#define UUID_OR_NULL(text)                                                                         \
    "CASE WHEN " text " ~* '^[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}$' THEN " text       \
    "::uuid END"

// accounts

const pg::plan update_account{
    "UPDATE {s}.payment_accounts SET is_verified = $2, capabilities = COALESCE($3 #> "
    "'{{data,object,capabilities}}', '{{}}'), requirements = COALESCE($3 #> "
    "'{{data,object,requirements}}', '{{}}'), metadata = COALESCE(metadata, '{{}}') || "
    "pg_catalog.jsonb_build_object('last_news', $4) WHERE stripe_account_id = $1 "
    "AND COALESCE((metadata ->> 'last_news')::bigint, 0) <= $4"};
const pg::plan account_exists{"SELECT FROM {s}.payment_accounts WHERE stripe_account_id = $1"};
const pg::plan add_account{
    "INSERT INTO {s}.payment_accounts (user_id, stripe_account_id, account_type) "
    "SELECT p.id, $2, $3 #>> '{{data,object,type}}' FROM {s}.profiles p WHERE p.id = " UUID_OR_NULL(
        "$1") " "
              "ON CONFLICT (user_id) DO UPDATE SET stripe_account_id = excluded.stripe_account_id "
              "WHERE {s}.payment_accounts.stripe_account_id IS NULL"};
const pg::plan account_is_ready{
    "SELECT $1 #> '{{data,object}}' @> '{{\"charges_enabled\": true, \"payouts_enabled\": true}}'"};

void on_account_updated(const stripe_event& e) {
    if (e.user_id && account_exists.run(e.id).empty())
        add_account.run(*e.user_id, e.id, e.json);
    const bool ready = account_is_ready.run(e.json).value<bool>().value_or(false);
    if (update_account.run(e.id, ready, e.json, e.created).empty() &&
        account_exists.run(e.id).empty())
        throw core::error{core::errors::no_data_found, "there is no such payment account",
                          fmt::format("The processor's id is \"{}\".", core::excerpt(e.id)),
                          "Write it into payment_accounts, then replay_stripe_event()."};
}

// payouts

#define PAYOUT "SELECT id, (amount * 100)::bigint, currency::text FROM {s}.seller_payouts WHERE "
const pg::plan find_payout{PAYOUT "id = " UUID_OR_NULL("$1")};
const pg::plan find_payout_by_payout{PAYOUT "stripe_payout_id = $1"};
const pg::plan find_payout_by_transfer{PAYOUT "stripe_transfer_id = $1"};
#undef PAYOUT
const pg::plan remember_payout{"UPDATE {s}.seller_payouts SET stripe_payout_id = $2 WHERE id = $1 "
                               "AND stripe_payout_id IS DISTINCT FROM $2"};

pg::uuid payout_of(const stripe_event& e, bool is_payout) {
    pg::rows found = find_payout.run(e.payout_id);
    if (found.empty())
        found = (is_payout ? find_payout_by_payout : find_payout_by_transfer).run(e.id);
    if (found.empty())
        throw core::error{
            core::errors::no_data_found, "no payout with this id is known",
            fmt::format("The processor's id is \"{}\".", core::excerpt(e.id)),
            "Give the transfer or payout the metadata payout_id, or write its id into "
            "seller_payouts; then replay_stripe_event()."};
    require_same(money_of(e.amount, e, "amount"), {*found.value<std::int64_t>(2)},
                 *found.value<std::string>(3), e);
    return *found.value<pg::uuid>(1);
}

// The platform pays out to itself, and connected accounts do so on their own: Stripe tells of these
// payouts too, and would deliver each again for days if it were an error.
bool is_payout_of_ours(const stripe_event& e) {
    return e.payout_id || !find_payout_by_payout.run(e.id).empty();
}

void settle_by_payout(const stripe_event& e, const char* outcome,
                      const std::optional<std::string>& failure) {
    const pg::uuid id = payout_of(e, true);
    remember_payout.run(id, e.id);
    settle_payout(id, outcome, std::nullopt, failure, true);
}

void on_payout_paid(const stripe_event& e) {
    settle_by_payout(e, "paid", std::nullopt);
}

void on_payout_failed(const stripe_event& e) {
    settle_by_payout(e, "failed",
                     e.reason ? e.reason : std::optional<std::string>("payout failed"));
}

// The money is back, as after one that failed.
void on_payout_cancelled(const stripe_event& e) {
    settle_by_payout(e, "failed", std::string("payout canceled"));
}

void on_transfer_created(const stripe_event& e) {
    settle_payout(payout_of(e, false), "processing", e.id, std::nullopt, true);
}

void on_transfer_reversed(const stripe_event& e) {
    const pg::uuid id = payout_of(e, false);
    settle_payout(id, "processing", e.id, std::nullopt, true);
    take_back_payout(id, money_of(e.amount_reversed, e, "amount_reversed"));
}

// Asked first: the objects of other types need not have what is read of these.
const pg::plan type_of{"SELECT $1 ->> 'type'"};
struct handled_type {
    std::string_view type;
    void (*handle)(const stripe_event&);
    bool (*is_ours)(const stripe_event&) = nullptr; // null: whatever is of this type
};
constexpr std::array<handled_type, 15> handled_types{{
    {"payment_intent.processing", on_payment_processing},
    {"payment_intent.succeeded", on_payment_succeeded},
    {"payment_intent.payment_failed", on_payment_failed},
    {"payment_intent.canceled", on_payment_cancelled},
    {"charge.refunded", on_charge_refunded, had_come_in},
    {"charge.dispute.created", on_dispute_open},
    // an inquiry that has become a chargeback
    {"charge.dispute.updated", on_dispute_open},
    {"charge.dispute.funds_withdrawn", on_dispute_open},
    {"charge.dispute.closed", on_dispute_closed},
    {"account.updated", on_account_updated},
    {"payout.paid", on_payout_paid, is_payout_of_ours},
    {"payout.failed", on_payout_failed, is_payout_of_ours},
    {"payout.canceled", on_payout_cancelled, is_payout_of_ours},
    {"transfer.created", on_transfer_created},
    {"transfer.reversed", on_transfer_reversed},
}};

bool is_signed(const std::string& payload, const std::string& header, const std::string& secret,
               std::int64_t tolerance, std::int64_t now) {
    const auto signature = core::parse_webhook_signature(header);
    if (!signature)
        return false;
    // Not a difference, which could overflow: the time is the sender's word.
    if (signature->timestamp < now - tolerance || signature->timestamp > now + tolerance)
        return false;
    const auto expected = pg::hmac_sha256(secret, signature->timestamp_text, ".", payload);
    bool matches = false;
    for (const core::sha256_digest& each : signature->v1)
        matches = core::equal_in_constant_time(each, expected) || matches;
    return matches;
}

} // namespace

// private.apply_stripe_event(event jsonb) -> boolean: false when it is none of ours
DRIPLO_FUNCTION(driplo_apply_stripe_event) {
    const pg::jsonb json{pg::required<Datum>(fcinfo, 0, "event")};
    pg::session spi;
    const std::string type = type_of.run(json).value<std::string>().value_or("");
    for (const handled_type& known : handled_types)
        if (known.type == type) {
            const stripe_event event = read(json);
            const bool is_ours = !known.is_ours || known.is_ours(event);
            if (is_ours)
                known.handle(event);
            return pg::to_datum(is_ours);
        }
    return pg::to_datum(false);
}

// verify_stripe_signature(payload text, header text, secret text, tolerance interval) -> boolean
DRIPLO_FUNCTION(driplo_verify_stripe_signature) {
    const auto payload = pg::required<std::string>(fcinfo, 0, "payload");
    const auto header = pg::required<std::string>(fcinfo, 1, "header");
    const auto secret = pg::required<std::string>(fcinfo, 2, "secret");
    const std::int64_t tolerance =
        pg::interval_seconds(pg::required<Datum>(fcinfo, 3, "tolerance"));
    if (secret.empty())
        throw core::error{core::errors::invalid_parameter_value, "the secret must not be empty"};
    if (tolerance < 0)
        throw core::error{core::errors::invalid_parameter_value,
                          "the tolerance must not be negative"};
    return pg::to_datum(is_signed(payload, header, secret, tolerance, pg::transaction_unix_time()));
}

} // namespace driplo
