// Gift cards whose payment went back. What else happens to them is in sql/functions/gift_cards.sql.
#include "core/gift_card.hpp"

#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/payments/ledger.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/numeric.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan lock_card{R"(
    SELECT status::text, (amount * 100)::bigint, currency::text
    FROM {s}.gift_cards
    WHERE id = $1
    FOR NO KEY UPDATE)"};
const pg::plan lock_credits{R"(
    SELECT
        id,
        user_id,
        (amount * 100)::bigint,
        (used_amount * 100)::bigint,
        (expired_amount * 100)::bigint
    FROM {s}.store_credits
    WHERE gift_card_id = $1
    ORDER BY id
    FOR NO KEY UPDATE)"};
// What an order gives back of it later has expired for good.
const pg::plan end_credits{R"(
    UPDATE {s}.store_credits
    SET
        expired_amount = amount - used_amount,
        expires_at = LEAST(expires_at, now()),
        is_extended = true
    WHERE gift_card_id = $1)",
                           pg::writes{"store_credits"}};
const pg::plan end_card{R"(
    UPDATE {s}.gift_cards
    SET status = 'cancelled', cancellation_reason = $2
    WHERE id = $1)",
                        pg::writes{"gift_cards"}};

// Back to the processor, which has sent it.
void take_back(pg::spi spi, const std::string& reference, const std::string& currency,
               std::vector<ledger_line> from) {
    core::money sum;
    for (ledger_line& line : from) {
        sum += line.amount;
        line.amount = core::money{} - line.amount;
    }
    from.push_back({"processor_clearing", std::nullopt, sum});
    book(spi, {"gift_card_cancelled", reference, std::nullopt, currency, std::move(from)});
}

core::money take_back_credit(pg::spi spi, const pg::uuid& card, core::money amount,
                             const std::string& currency) {
    const pg::rows found = lock_credits.run(card);
    std::vector<core::card_credit> credits;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        credits.push_back({{*found.value<std::int64_t>(3, i)},
                           {*found.value<std::int64_t>(4, i)},
                           {*found.value<std::int64_t>(5, i)}});
    const core::card_cancellation taken = core::cancel_redeemed(amount, credits);
    for (std::uint64_t i = 0; i < found.count(); ++i)
        take_back(spi, text_of(*found.value<pg::uuid>(1, i)), currency,
                  {{"store_credit", found.value<pg::uuid>(2, i), taken.from_credits[i]}});
    take_back(spi, text_of(card), currency,
              {{"breakage", std::nullopt, taken.from_income},
               {"promotions", std::nullopt, taken.from_platform}});
    end_credits.run(card);
    return taken.recovered();
}

core::money cancel(pg::spi spi, const pg::uuid& id, const std::string& reason) {
    const pg::rows found = lock_card.run(id);
    if (found.empty())
        throw does_not_exist("gift card", id);
    const auto status = found.value<std::string>(1).value_or("");
    const core::money amount{*found.value<std::int64_t>(2)};
    const auto currency = found.value<std::string>(3).value_or("");
    if (status == "cancelled")
        return {};
    core::money recovered = amount;
    if (status == "redeemed")
        recovered = take_back_credit(spi, id, amount, currency);
    else
        take_back(spi, text_of(id), currency,
                  {{status == "active" ? "gift_cards" : "breakage", std::nullopt, amount}});
    end_card.run(id, reason);
    if (!pg::is_service()) {
        audited_change change{"cancel_gift_card", "gift_card", {}, {}};
        change.before.add("status", status);
        change.after.add("status", std::string("cancelled"));
        change.after.add("reason", reason);
        change.after.add("recovered", recovered);
        audit(spi, pg::actor(), change, id);
    }
    return recovered;
}

} // namespace

// cancel_gift_card(gift_card_id uuid, reason text) -> numeric
DRIPLO_FUNCTION(driplo_cancel_gift_card) {
    require_admin("cancel a gift card");
    const auto id = pg::required<pg::uuid>(fcinfo, 0, "gift_card_id");
    const auto reason = required_reason(fcinfo, 1, "cancellation");
    return pg::to_major_units(pg::in_session([&](pg::spi spi) { return cancel(spi, id, reason); }),
                              core::hundredth);
}

} // namespace driplo
