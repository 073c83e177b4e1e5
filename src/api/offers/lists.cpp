// Offers of a user, those whose time is over, and those of a seller to all who like a listing.
#include "api/call/arguments.hpp"
#include "api/call/roles.hpp"
#include "api/offers/row.hpp"
#include "api/payments/ledger.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

// Each role by its own index, in the sequence of the page and not more of them, where their status
// does not matter: all that the caller ever had is not sorted.
const pg::plan offers_of{R"(
    SELECT
        o.id,
        o.listing_id,
        o.variant_id,
        CASE
            WHEN l.status::text IN ('active', 'sold', 'reserved') OR l.seller_id = $1
                THEN l.title::text
        END,
        CASE WHEN o.buyer_id = $1 THEN 'buyer' ELSE 'seller' END,
        CASE WHEN o.buyer_id = $1 THEN o.seller_id ELSE o.buyer_id END,
        o.quantity,
        o.amount,
        o.currency::text,
        CASE
            WHEN l.status::text IN ('active', 'sold', 'reserved') OR l.seller_id = $1
                THEN COALESCE(v.price, l.price)
        END,
        n.status,
        o.made_by,
        n.status = 'pending' AND (o.made_by = 'buyer') = (o.seller_id = $1),
        o.round::integer,
        o.message,
        o.expires_at,
        o.checkout_until,
        o.parent_id,
        o.order_item_id,
        (
            SELECT t.id
            FROM {s}.conversations t
            WHERE t.listing_id = o.listing_id
              AND t.buyer_id = o.buyer_id
              AND t.seller_id = o.seller_id
        ),
        o.created_at
    FROM (
        (
            SELECT *
            FROM {s}.offers
            WHERE buyer_id = $1
              AND $2 IS DISTINCT FROM 'seller'
              AND ($5 IS NULL OR (created_at, id) < ($5, COALESCE($6, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
            ORDER BY created_at DESC, id DESC
            LIMIT CASE WHEN $3 IS NULL THEN $4 END
        )
        UNION ALL
        (
            SELECT *
            FROM {s}.offers
            WHERE seller_id = $1
              AND $2 IS DISTINCT FROM 'buyer'
              AND ($5 IS NULL OR (created_at, id) < ($5, COALESCE($6, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
            ORDER BY created_at DESC, id DESC
            LIMIT CASE WHEN $3 IS NULL THEN $4 END
        )
    ) o
    {offer_sides}
    CROSS JOIN LATERAL (SELECT {offer_now}) AS n (status)
    WHERE ($3 IS NULL OR n.status = $3)
    ORDER BY o.created_at DESC, o.id DESC
    LIMIT $4)",
                         {offer_sides, offer_now, seller_is_away, has_variants},
                         pg::access::read_only,
                         pg::planned::each_time};

void require_choice(const std::optional<std::string>& role,
                    const std::optional<std::string>& status) {
    if (role && role != "buyer" && role != "seller")
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("unrecognized role: \"{}\"", core::excerpt(*role)),
                          "Valid roles are: buyer, seller."};
    if (status && !core::find_offer_state(*status))
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("unrecognized offer status: \"{}\"", core::excerpt(*status)),
            core::format("Valid statuses are: {}.", core::listed(core::offer_state_names))};
}

// Who is at it in another session is left for the next time.
const pg::plan end_offers{R"(
    WITH ended AS MATERIALIZED (
        SELECT o.id, {offer_now} AS status
        FROM {offer_tables}
        WHERE o.status IN ('pending', 'accepted')
          AND {offer_now} <> o.status
        ORDER BY COALESCE(o.checkout_until, o.expires_at), o.id
        LIMIT $1
        FOR NO KEY UPDATE OF o SKIP LOCKED
    )
    UPDATE {s}.offers o
    SET status = ended.status
    FROM ended
    WHERE o.id = ended.id)",
                          {offer_tables, offer_sides, offer_now, seller_is_away, has_variants}};

constexpr std::int64_t most_likers = 200;

// Of the listing `l`: who likes it and can be made an offer, those first who did so last.
constexpr pg::part likers{"likers", R"(
    SELECT c.id
    FROM {s}.favorites f
    JOIN {s}.profiles c ON c.id = f.user_id AND c.deleted_at IS NULL AND c.suspended_at IS NULL
    WHERE f.listing_id = l.id
      AND f.user_id <> l.seller_id
      AND NOT EXISTS (
          SELECT FROM {s}.offers o
          WHERE o.buyer_id = f.user_id
            AND o.listing_id = l.id
            AND o.variant_id IS NULL
            AND o.status IN ('pending', 'accepted')
      )
      AND NOT EXISTS (
          SELECT FROM {s}.user_blocks k
          WHERE (k.blocker_id = l.seller_id AND k.blocked_id = f.user_id)
            OR (k.blocker_id = f.user_id AND k.blocked_id = l.seller_id)
      )
    ORDER BY f.created_at DESC, f.user_id
    LIMIT $2)"};
const pg::plan look_at_listing{R"(
    SELECT
        l.seller_id,
        l.status::text,
        (l.price * 100)::bigint,
        l.currency::text,
        {has_variants},
        EXISTS (
            SELECT FROM {s}.offer_campaigns p
            WHERE p.listing_id = l.id AND p.created_at > now() - pg_catalog.make_interval(days => 7)
        ),
        (SELECT pg_catalog.count(*)::integer FROM ({likers}) liker)
    FROM {s}.listings l
    WHERE l.id = $1)",
                               {has_variants, likers}};
const pg::plan lock_listing{"SELECT FROM {s}.listings WHERE id = $1 FOR NO KEY UPDATE"};
const pg::plan add_campaign{R"(
    INSERT INTO {s}.offer_campaigns (listing_id, percent, message, amount, currency)
    VALUES ($1, $2, $3, $4 * 0.01, $5))",
                            pg::writes{"offer_campaigns"}};

core::error not_for_all(const char* message, const char* hint) {
    return core::error{core::errors::object_not_in_prerequisite_state, message, {}, hint};
}

std::int32_t offer_to_likers(const pg::uuid& seller, const pg::uuid& listing, std::int32_t percent,
                             const std::optional<std::string>& message) {
    enum { owner = 1, status, price, currency, has_variants, is_recent, people };
    lock_listing.run(listing); // of two calls at once the second finds the first one's campaign
    const pg::rows found = look_at_listing.run(listing, most_likers);
    if (found.value<pg::uuid>(owner) != seller)
        throw does_not_exist("listing", listing);
    if (found.value<std::string>(status) != "active")
        throw not_for_all("listing is not for sale", "Only active listings can be offered.");
    if (*found.value<bool>(has_variants))
        throw not_for_all("listing with variants cannot be offered to all users",
                          "Answer the offers for its variants.");
    if (*found.value<bool>(is_recent))
        throw core::error{core::errors::limit_reached,
                          "listing was offered to all users in the last 7 days",
                          {},
                          "Try again later."};
    const auto code = *found.value<std::string>(currency);
    const core::money full{*found.value<std::int64_t>(price)};
    const core::money amount =
        full - core::percent_of(full, percent * std::int64_t{100}, core::smallest_unit(code));
    if (amount <= core::money{} || amount >= full)
        throw core::error{core::errors::invalid_parameter_value,
                          "price is too low for this percentage",
                          core::format("The price is {}.", money_text(full, code))};
    add_campaign.run(listing, percent, message, amount.minor, code);
    return *found.value<std::int32_t>(people);
}

const pg::plan claim_campaign{R"(
    SELECT id, listing_id
    FROM {s}.offer_campaigns
    WHERE made IS NULL
    ORDER BY created_at, id
    LIMIT 1
    FOR UPDATE SKIP LOCKED)"};
const pg::plan lock_offered_listing{"SELECT FROM {s}.listings WHERE id = $1 FOR SHARE"};
// A listing that is sold, or as cheap by now, is offered to nobody.
const pg::plan make_campaign_offers{R"(
    INSERT INTO {s}.offers (
        listing_id, buyer_id, seller_id, amount, currency, made_by, round, message, expires_at
    )
    SELECT
        l.id,
        liker.id,
        l.seller_id,
        p.amount,
        p.currency,
        'seller',
        (
            SELECT pg_catalog.count(*)
            FROM {s}.offers o
            WHERE o.buyer_id = liker.id AND o.listing_id = l.id AND o.made_by = 'buyer'
        ),
        p.message,
        now() + pg_catalog.make_interval(mins => $3)
    FROM {s}.offer_campaigns p
    JOIN {s}.listings l ON l.id = p.listing_id
        AND l.status::text = 'active'
        AND l.currency::text = p.currency::text
        AND l.price > p.amount
        AND NOT {has_variants}
    JOIN {s}.profiles s ON s.id = l.seller_id AND NOT {seller_is_away}
    CROSS JOIN LATERAL ({likers}) liker
    WHERE p.id = $1
    ON CONFLICT DO NOTHING
    RETURNING id)",
                                    {has_variants, seller_is_away, likers}};
const pg::plan open_conversations{R"(
    INSERT INTO {s}.conversations (listing_id, buyer_id, seller_id)
    SELECT listing_id, buyer_id, seller_id
    FROM {s}.offers
    WHERE id = ANY ($1)
    ORDER BY buyer_id
    ON CONFLICT DO NOTHING)"};
const pg::plan write_messages{R"(
    INSERT INTO {s}.messages (conversation_id, sender_id, content, offer_id)
    SELECT t.id, o.seller_id, COALESCE(o.message, o.amount || ' ' || o.currency::text), o.id
    FROM {s}.offers o
    JOIN {s}.conversations t ON t.listing_id = o.listing_id
        AND t.buyer_id = o.buyer_id
        AND t.seller_id = o.seller_id
    WHERE o.id = ANY ($1))"};
const pg::plan finish_campaign{R"(
    UPDATE {s}.offer_campaigns SET made = $2 WHERE id = $1)",
                               pg::writes{"offer_campaigns"}};

std::int32_t send_offers(std::int32_t most) {
    std::int32_t done = 0;
    while (done < most) {
        pg::check_for_interrupts();
        const pg::rows claimed = claim_campaign.run();
        if (claimed.empty())
            break;
        const auto campaign = *claimed.value<pg::uuid>(1);
        lock_offered_listing.run(claimed.value<pg::uuid>(2));
        const std::vector<pg::uuid> made =
            make_campaign_offers
                .run(campaign, most_likers, std::int32_t{pg::settings::offer_window})
                .values<pg::uuid>();
        open_conversations.run(made);
        write_messages.run(made);
        finish_campaign.run(campaign, static_cast<std::int32_t>(made.size()));
        ++done;
    }
    return done;
}

} // namespace

// my_offers(role text, status text, page_size integer, before timestamptz, before_id uuid)
// -> TABLE(...)
DRIPLO_FUNCTION(driplo_my_offers) {
    const auto role = pg::argument<std::string>(fcinfo, 0);
    const auto status = pg::argument<std::string>(fcinfo, 1);
    const auto size = pg::required<std::int32_t>(fcinfo, 2, "page_size");
    require_choice(role, status);
    const auto caller = pg::caller();
    if (!caller)
        throw core::error{core::errors::insufficient_privilege, "must be signed in"};
    pg::session spi;
    return offers_of
        .run(*caller, role, status, std::int64_t{std::clamp(size, 0, 100)},
             pg::argument<pg::timestamp>(fcinfo, 3), pg::argument<pg::uuid>(fcinfo, 4))
        .as_result(fcinfo);
}

// expire_offers(max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_expire_offers) {
    const auto most = pg::required<std::int32_t>(fcinfo, 0, "max_rows");
    require_service("expire offers");
    pg::session spi;
    return pg::to_datum(
        static_cast<std::int32_t>(end_offers.run(std::int64_t{std::max(most, 0)}).count()));
}

// offer_to_likers(listing_id uuid, percent integer, message text) -> integer
DRIPLO_FUNCTION(driplo_offer_to_likers) {
    const auto listing = pg::required<pg::uuid>(fcinfo, 0, "listing_id");
    const auto percent = pg::required<std::int32_t>(fcinfo, 1, "percent");
    const auto message = given_words(fcinfo, 2, "message");
    if (percent < 1 || percent > 50)
        throw core::error{core::errors::invalid_parameter_value,
                          "percent must be between 1 and 50"};
    pg::session spi;
    return pg::to_datum(offer_to_likers(required_trader(), listing, percent, message));
}

// send_offers(max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_send_offers) {
    const auto most = pg::required<std::int32_t>(fcinfo, 0, "max_rows");
    require_service("send offers");
    pg::session spi;
    return pg::to_datum(send_offers(most));
}

} // namespace driplo
