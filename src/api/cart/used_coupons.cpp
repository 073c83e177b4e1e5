#include "api/cart/used_coupons.hpp"

#include "core/amounts.hpp"
#include "core/coupon_code.hpp"
#include "pg/entry_point.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

using ids = std::vector<pg::uuid>;

// As the index idx_coupons_code_any_case has it.
constexpr pg::part comparable_code{"comparable_code", R"(
    pg_catalog.upper(c.code::text COLLATE "C"))"};
const pg::plan lock_coupons{R"(
    SELECT FROM {s}.coupons c
    WHERE {comparable_code} = ANY ($1)
    ORDER BY c.id
    FOR NO KEY UPDATE)",
                            {comparable_code}};
// Who may use a coupon when. How often it may be used private.count_coupon_use() asks again when a
// use is written, under the lock: whoever writes one past checkout() is bound by that alone. A user
// is new until an order was placed that was not cancelled.
const pg::plan find_coupons{R"(
    SELECT
        wanted.code,
        CASE
            WHEN c.id IS NULL OR c.is_active IS NOT TRUE THEN 'unknown'
            -- not told apart from a code that does not exist, unless everybody reads it
            WHEN COALESCE(c.user_ids, '{}') <> '{}' AND ($2 = ANY (c.user_ids)) IS NOT TRUE
                THEN CASE WHEN c.is_public THEN 'not_for_you' ELSE 'unknown' END
            -- the platform's money is not for those who decide about it
            WHEN c.seller_id IS NULL
              AND EXISTS (
                  SELECT FROM {s}.admin_audit_log a
                  WHERE a.admin_id = $2
                    AND a.target_id = c.id
                    AND a.target_type::text = 'coupon'
              )
                THEN 'not_for_you'
            WHEN c.valid_from > now() THEN 'not_started'
            WHEN c.valid_until < now() THEN 'expired'
            WHEN c.new_users_only
              AND EXISTS (
                  SELECT FROM {s}.orders o
                  WHERE o.buyer_id = $2
                    AND o.status::text <> 'cancelled'
              )
                THEN 'new_users_only'
            WHEN c.minimum_account_age_days > 0
              AND NOT EXISTS (
                  SELECT FROM {s}.profiles p
                  WHERE p.id = $2
                    AND now() - p.created_at >= pg_catalog.make_interval(
                        days => c.minimum_account_age_days
                    )
              )
                THEN 'account_too_young'
            WHEN c.usage_count >= c.usage_limit THEN 'used_up'
            WHEN (
                SELECT count(*)
                FROM {s}.coupon_usage u
                WHERE u.coupon_id = c.id
                  AND u.user_id = $2
                  AND u.is_successful
                  AND u.counts
            ) >= c.usage_limit_per_user
                THEN 'used_by_you'
        END,
        c.id,
        c.discount_type::text,
        (c.discount_value * 100)::bigint,
        (COALESCE(c.minimum_purchase, 0) * 100)::bigint,
        (c.maximum_discount * 100)::bigint,
        COALESCE(c.buy_quantity, 0),
        COALESCE(c.get_quantity, 0),
        COALESCE(c.target_type::text, 'all_items'),
        c.seller_id,
        ARRAY(
            WITH RECURSIVE below (id) AS (
                SELECT pg_catalog.unnest(c.category_ids)
                UNION
                SELECT child.id
                FROM {s}.categories child
                JOIN below ON child.parent_id = below.id
            )
            SELECT id
            FROM below
        ),
        c.listing_ids,
        c.excluded_listing_ids,
        COALESCE(c.can_stack, false),
        COALESCE(c.new_users_only, false),
        c.currency::text,
        -- most coupons name none, and have no categories to look below
        CASE
            WHEN c.get_category_ids <> '{}'
                THEN ARRAY(
                    WITH RECURSIVE below (id) AS (
                        SELECT pg_catalog.unnest(c.get_category_ids)
                        UNION
                        SELECT child.id
                        FROM {s}.categories child
                        JOIN below ON child.parent_id = below.id
                    )
                    SELECT id
                    FROM below
                )
        END,
        c.get_listing_ids
    FROM pg_catalog.unnest($1) WITH ORDINALITY AS wanted (code, position)
    LEFT JOIN {s}.coupons c ON {comparable_code} = wanted.code
    ORDER BY wanted.position)",
                            {comparable_code}};

// Two first orders at once: REPEATABLE READ notices a row that was written, and not one that was
// only locked.
const pg::plan write_cart{"UPDATE {s}.shopping_carts SET user_id = user_id WHERE user_id = $1"};

// Of find_coupons.
namespace column {
enum {
    code = 1,
    refusal,
    id,
    discount_type,
    value,
    minimum_purchase,
    maximum_discount,
    buy_quantity,
    get_quantity,
    target_type,
    seller,
    categories,
    listings,
    excluded_listings,
    can_stack,
    new_users_only,
    currency,
    get_categories,
    get_listings
};
}

known_coupon coupon_at(const pg::rows& found, std::uint64_t i) {
    known_coupon known;
    known.refusal = found.value<std::string>(column::refusal, i);
    core::coupon& c = known.coupon;
    c.id = found.value<pg::uuid>(column::id, i).value_or(pg::uuid{});
    const auto type =
        core::find_discount_type(found.value<std::string>(column::discount_type, i).value_or(""));
    const auto target =
        core::find_promotion_target(found.value<std::string>(column::target_type, i).value_or(""));
    // a label that somebody added to an enum
    if (!known.refusal && (!type || !target))
        known.refusal = "unknown";
    c.type = type.value_or(core::discount_type::fixed_amount);
    c.target = target.value_or(core::promotion_target::specific_items);
    c.value = found.value<std::int64_t>(column::value, i).value_or(0);
    c.minimum_purchase = {found.value<std::int64_t>(column::minimum_purchase, i).value_or(0)};
    if (const auto maximum = found.value<std::int64_t>(column::maximum_discount, i))
        c.maximum_discount = core::money{*maximum};
    c.buy_quantity = found.value<std::int32_t>(column::buy_quantity, i).value_or(0);
    c.get_quantity = found.value<std::int32_t>(column::get_quantity, i).value_or(0);
    c.seller = found.value<pg::uuid>(column::seller, i);
    c.categories = found.value<ids>(column::categories, i).value_or(ids{});
    c.listings = found.value<ids>(column::listings, i).value_or(ids{});
    c.excluded_listings = found.value<ids>(column::excluded_listings, i).value_or(ids{});
    c.get_categories = found.value<ids>(column::get_categories, i).value_or(ids{});
    c.get_listings = found.value<ids>(column::get_listings, i).value_or(ids{});
    c.can_stack = found.value<bool>(column::can_stack, i).value_or(false);
    c.currency = found.value<std::string>(column::currency, i);
    return known;
}

// What the platform gives away at most is the platform's to say, not its coupons' alone: prices and
// the cost of shipping are what the sellers write.
void limit_platform(core::checkout& c) {
    const auto read = [](const char* setting) {
        return core::amounts_by_currency::parse(setting ? setting : "")
            .value_or(core::amounts_by_currency{});
    };
    const auto shipping = read(pg::settings::max_shipping_cost);
    const auto total = read(pg::settings::max_platform_discount);
    for (core::order_quote& order : c.orders)
        order.limits = {shipping.in(order.currency), total.in(order.currency)};
}

} // namespace

void apply_coupons(calculation& c, const purchase& wanted, purpose why) {
    if (wanted.coupon_codes.empty())
        return;
    limit_platform(c.checkout);
    std::vector<std::string> codes;
    for (const std::string& code : wanted.coupon_codes)
        codes.push_back(core::comparable_coupon_code(code));
    if (why == purpose::to_buy)
        lock_coupons.run(codes);
    const pg::rows found = find_coupons.run(codes, wanted.buyer);
    std::vector<core::coupon> usable;
    bool is_for_new_users = false;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        pg::check_for_interrupts();
        c.coupons.push_back(coupon_at(found, i));
        c.coupons.back().code = wanted.coupon_codes[i];
        if (c.coupons.back().refusal)
            continue;
        usable.push_back(c.coupons.back().coupon);
        is_for_new_users =
            is_for_new_users || found.value<bool>(column::new_users_only, i).value_or(false);
    }
    if (why == purpose::to_buy && is_for_new_users)
        write_cart.run(wanted.buyer);
    const std::vector<core::coupon_effect> effects =
        c.checkout.apply(usable, pg::check_for_interrupts);
    std::size_t next = 0;
    for (known_coupon& known : c.coupons)
        if (!known.refusal) {
            known.effect = effects[next++];
            if (!known.effect.applies())
                known.refusal = std::string(known.effect.reason);
        }
}

} // namespace driplo
