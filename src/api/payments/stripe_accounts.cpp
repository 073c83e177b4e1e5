// Accounts of sellers at Stripe, and the payouts to them.
#include "api/payments/payouts.hpp"
#include "api/payments/stripe.hpp"

#include "pg/spi.hpp"

namespace driplo {

namespace {

// accounts

// The row that the account is written to, and no other: metadata of an account need not be the
// platform's words.
const pg::plan update_account{R"(
    UPDATE {s}.payment_accounts
    SET
        is_verified = $2,
        capabilities = COALESCE($3 #> '{data,object,capabilities}', '{}'),
        requirements = COALESCE($3 #> '{data,object,requirements}', '{}'),
        metadata = COALESCE(metadata, '{}') || pg_catalog.jsonb_build_object('last_news', $4)
    WHERE stripe_account_id = $1
      AND COALESCE((metadata ->> 'last_news')::bigint, 0) <= $4)"};
const pg::plan account_exists{"SELECT FROM {s}.payment_accounts WHERE stripe_account_id = $1"};
const pg::plan account_is_ready{R"(
    SELECT $1 #> '{data,object}' @> '{"charges_enabled": true, "payouts_enabled": true}')"};

// payouts

constexpr pg::part payouts{"payouts", R"(
    SELECT p.id, (p.amount * 100)::bigint, p.currency::text FROM {s}.seller_payouts p)"};
const pg::plan find_payout{"{payouts} WHERE p.id = {uuid_or_null}",
                           {payouts, uuid_or_null, {"text", "$1"}}};
const pg::plan find_payout_by_payout{"{payouts} WHERE p.stripe_payout_id = $1", {payouts}};
const pg::plan find_payout_by_transfer{"{payouts} WHERE p.stripe_transfer_id = $1", {payouts}};
// The platform has written the payout's id, and the account is its seller's.
const pg::plan find_payout_of_account{R"(
    {payouts}
    WHERE p.stripe_payout_id = $1
      AND EXISTS (
          SELECT FROM {s}.payment_accounts a
          WHERE a.user_id = p.seller_id AND a.stripe_account_id = $2
      ))",
                                      {payouts}};
const pg::plan remember_payout{R"(
    UPDATE {s}.seller_payouts
    SET stripe_payout_id = $2
    WHERE id = $1 AND stripe_payout_id IS DISTINCT FROM $2)"};

pg::rows find_payout_of(const stripe_event& e, bool is_payout) {
    // the metadata of what a connected account has made is its owner's word
    if (e.account)
        return find_payout_of_account.run(e.id, *e.account);
    pg::rows found = find_payout.run(e.payout_id);
    if (found.empty())
        found = (is_payout ? find_payout_by_payout : find_payout_by_transfer).run(e.id);
    return found;
}

// nullopt for one that is none of ours: the platform pays out to itself, and connected accounts do
// so on their own.
std::optional<pg::uuid> payout_of(const stripe_event& e, bool is_payout) {
    const pg::rows found = find_payout_of(e, is_payout);
    if (found.empty())
        return std::nullopt;
    require_same(money_of(e.amount, e, "amount"), {*found.value<std::int64_t>(2)},
                 *found.value<std::string>(3), e);
    return found.value<pg::uuid>(1);
}

bool settle_by_payout(pg::spi spi, const stripe_event& e, const char* outcome,
                      const std::optional<std::string>& failure) {
    const auto id = payout_of(e, true);
    if (!id)
        return false;
    remember_payout.run(*id, e.id);
    settle_payout(spi, *id, outcome, std::nullopt, failure, true);
    return true;
}

} // namespace

bool on_account_updated(pg::spi, const stripe_event& e) {
    if (e.account && *e.account != e.id)
        return false;
    const bool ready = account_is_ready.run(e.json).value<bool>().value_or(false);
    return !update_account.run(e.id, ready, e.json, e.created).empty() ||
           !account_exists.run(e.id).empty();
}

bool on_payout_paid(pg::spi spi, const stripe_event& e) {
    return settle_by_payout(spi, e, "paid", std::nullopt);
}

bool on_payout_failed(pg::spi spi, const stripe_event& e) {
    return settle_by_payout(spi, e, "failed",
                            e.reason ? e.reason : std::optional<std::string>("payout failed"));
}

// Before it was sent: the money is back, as after one that failed.
bool on_payout_cancelled(pg::spi spi, const stripe_event& e) {
    return settle_by_payout(spi, e, "cancelled", std::string("payout canceled"));
}

bool on_transfer_created(pg::spi spi, const stripe_event& e) {
    const auto id = payout_of(e, false);
    if (id)
        settle_payout(spi, *id, "processing", e.id, std::nullopt, true);
    return id.has_value();
}

bool on_transfer_reversed(pg::spi spi, const stripe_event& e) {
    const auto id = payout_of(e, false);
    if (!id)
        return false;
    settle_payout(spi, *id, "processing", e.id, std::nullopt, true);
    take_back_payout(spi, *id, money_of(e.amount_reversed, e, "amount_reversed"));
    return true;
}

} // namespace driplo
