// Store credit: given by the platform, spent at checkout, gone when it expires.
#include "api/call/arguments.hpp"
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/payments/ledger.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/identity.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::plan add_credit{R"(
    INSERT INTO {s}.store_credits (user_id, amount, reason, expires_at, currency, created_by)
    SELECT
        p.id,
        $2 * 0.01,
        $3,
        $4,
        $5,
        (SELECT id FROM {s}.profiles WHERE id = $6)
    FROM {s}.profiles p
    WHERE p.id = $1 AND p.deleted_at IS NULL
    RETURNING id)"};
const pg::plan is_future{"SELECT $1 > now()"};

struct grant {
    pg::uuid user;
    std::string currency;
    core::money amount;
    std::string reason;
    std::optional<pg::timestamp> expires_at;
};

pg::uuid give(pg::spi spi, const grant& g) {
    require_admin("grant store credit");
    if (!pg::is_service() && pg::actor() == g.user)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "cannot grant store credit to yourself",
                          {},
                          "Ask another admin."};
    if (!core::is_currency(g.currency))
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("invalid currency code: \"{}\"", core::excerpt(g.currency)),
                          "Use an ISO 4217 currency code in upper case."};
    core::require_payable(g.amount, g.currency, "amount");
    if (g.expires_at && !is_future.run(*g.expires_at).value<bool>().value_or(false))
        throw core::error{core::errors::invalid_parameter_value,
                          "expires_at must be in the future"};
    const auto id =
        add_credit.run(g.user, g.amount.minor, g.reason, g.expires_at, g.currency, pg::actor())
            .value<pg::uuid>();
    if (!id)
        throw does_not_exist("user", g.user);
    audit(spi, {"grant_store_credit", "profile", "store_credit"}, g.user, std::nullopt,
          money_text(g.amount, g.currency), g.reason);
    return *id;
}

// By id, as everybody locks credits; those that somebody is busy with are left for the next time.
const pg::plan expired_credits{R"(
    SELECT
        id,
        user_id,
        currency::text,
        ((amount - used_amount - expired_amount) * 100)::bigint,
        (expired_amount * 100)::bigint,
        EXISTS (
            SELECT FROM {s}.gift_cards g
            WHERE g.id = store_credits.gift_card_id AND g.status::text <> 'cancelled'
        )
    FROM {s}.store_credits
    WHERE expires_at <= now() AND used_amount + expired_amount < amount
    ORDER BY id
    LIMIT $1
    FOR NO KEY UPDATE SKIP LOCKED)"};
const pg::plan count_expired{R"(
    UPDATE {s}.store_credits SET expired_amount = amount - used_amount WHERE id = ANY ($1))"};

std::int32_t expire(pg::spi spi, std::int32_t most) {
    const pg::rows found = expired_credits.run(most);
    const auto credits = found.values<pg::uuid>();
    std::vector<journal> journals;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        pg::check_for_interrupts();
        const auto user = *found.value<pg::uuid>(2, i);
        const core::money left{*found.value<std::int64_t>(4, i)};
        const core::money expired{*found.value<std::int64_t>(5, i)};
        const bool was_sold = found.value<bool>(6, i).value_or(false);
        // given back after it had expired, it expires again
        journals.push_back({"credit_expired",
                            core::format("{}:{}", text_of(credits[i]), (expired + left).minor),
                            std::nullopt,
                            *found.value<std::string>(3, i),
                            {{"store_credit", user, core::money{} - left},
                             {was_sold ? "breakage" : "promotions", std::nullopt, left}}});
    }
    book(spi, journals);
    pg::require_written(count_expired.run(credits), credits.size(), "store_credits");
    return static_cast<std::int32_t>(credits.size());
}

pg::uuid grant_arguments(FunctionCallInfo fcinfo, grant& g, int amount, int reason, int expiry) {
    g.user = pg::required<pg::uuid>(fcinfo, 0, "user_id");
    g.amount = pg::required_amount(fcinfo, amount, "amount");
    g.reason = required_reason(fcinfo, reason, "credit");
    g.expires_at = pg::argument<pg::timestamp>(fcinfo, expiry);
    pg::session spi;
    return give(spi, g);
}

} // namespace

// grant_store_credit(user_id uuid, amount numeric, reason text, expires_at timestamptz) -> uuid
DRIPLO_FUNCTION(driplo_grant_store_credit) {
    grant g;
    g.currency = pg::settings::default_currency;
    return pg::result(grant_arguments(fcinfo, g, 1, 2, 3));
}

// grant_store_credit_in(user_id uuid, currency text, amount numeric, reason text, expires_at
// timestamptz) -> uuid
DRIPLO_FUNCTION(driplo_grant_store_credit_in) {
    grant g;
    g.currency = pg::required<std::string>(fcinfo, 1, "currency");
    return pg::result(grant_arguments(fcinfo, g, 2, 3, 4));
}

// expire_store_credits(max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_expire_store_credits) {
    const auto most = pg::required<std::int32_t>(fcinfo, 0, "max_rows");
    require_service("expire store credit");
    pg::session spi;
    return pg::to_datum(expire(spi, std::max(most, 0)));
}

} // namespace driplo
