// Checkout: the whole cart becomes orders in one transaction, or nothing happens.
//
// Locks in this order: cart, listings, variants, lines of the cart, offers, coupons, each by id,
// store credits. Everybody who takes several of them does so, and nobody deadlocks.
#include "api/cart/checkout.hpp"

#include "api/call/arguments.hpp"
#include "api/call/call_context.hpp"
#include "api/call/roles.hpp"
#include "api/cart/means.hpp"
#include "api/limits/rates.hpp"
#include "api/offers/prices.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/promises.hpp"
#include "api/orders/state_lists.hpp"
#include "api/payments/ledger.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/clock.hpp"
#include "pg/identity.hpp"
#include "pg/insertion.hpp"
#include "pg/numeric.hpp"
#include "pg/random.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

// What a request is compared by when its key comes again.
constexpr pg::part request_json{"request_json", R"(
    pg_catalog.jsonb_build_object(
        'shipping_address_id', $3, 'billing_address_id', $4, 'payment_method_id', $5,
        'coupon_code', $6, 'use_store_credit', $7, 'notes', $8, 'cart_item_ids', $9
    ))"};
const pg::plan find_checkout{R"(
    SELECT request = {request_json}, order_ids
    FROM {s}.checkouts
    WHERE buyer_id = $1 AND idempotency_key = $2)",
                             {request_json}};
const pg::plan record_checkout{R"(
    INSERT INTO {s}.checkouts (id, buyer_id, idempotency_key, request, order_ids)
    VALUES ($10, $1, $2, {request_json}, $11))",
                               {request_json},
                               pg::writes{"checkouts"}};

std::optional<std::vector<pg::uuid>> orders_of_earlier_request(const checkout_request& r) {
    const purchase& w = r.wanted;
    const pg::rows found =
        find_checkout.run(w.buyer, *r.key, w.shipping_address, r.billing_address, r.payment_method,
                          r.coupon_code, w.use_store_credit, r.notes, w.items);
    if (found.empty())
        return std::nullopt;
    if (!found.value<bool>(1).value_or(false))
        throw core::error{core::errors::idempotency_key_reused,
                          "idempotency key was already used for another checkout",
                          {},
                          "Use a new idempotency key for each request."};
    return found.value<std::vector<pg::uuid>>(2);
}

void refuse_problems(const calculation& c) {
    const std::vector<cart_problem> problems = c.problems();
    if (problems.empty()) {
        if (c.buyable.empty())
            throw core::error{
                core::errors::cart_not_ready, "cart is empty", {}, "Add items with add_to_cart()."};
        return;
    }
    std::string detail;
    bool only_stock = true;
    for (const cart_problem& problem : problems) {
        only_stock = only_stock && problem.code == "not_enough_stock";
        detail +=
            core::format("{}\"{}\": {} (requested {}, available {}).", detail.empty() ? "" : " ",
                         core::excerpt(problem.entry->title), problem.code,
                         problem.entry->line.quantity, problem.entry->available);
    }
    throw core::error{only_stock ? core::errors::not_enough_stock : core::errors::cart_not_ready,
                      only_stock ? "not enough stock"
                                 : "cart contains items that cannot be purchased",
                      detail, "Call cart_contents() to see the problem with each item."};
}

void refuse_coupons(const calculation& c) {
    for (const known_coupon& coupon : c.coupons)
        if (coupon.spoils_the_purchase())
            throw core::error{
                *coupon.refusal == "used_up" || *coupon.refusal == "used_by_you"
                    ? core::errors::coupon_exhausted
                    : core::errors::coupon_not_applicable,
                core::format("coupon \"{}\" cannot be used", core::excerpt(coupon.code)),
                core::format("Reason: {}.", *coupon.refusal),
                "Remove the coupon or use another one."};
}

// An order with nothing to pay is paid, unless it has to wait for those that it is tied to.
bool is_paid_at_once(const calculation& c, const ties& tied, std::size_t order) {
    return c.checkout.orders[order].total().minor == 0 && !tied.waits[order];
}

void require_expected(const checkout_request& r, const calculation& c) {
    if (!r.expected_total && !r.expected_currency)
        return;
    const std::map<std::string, core::money> totals = c.totals();
    const auto& [currency, total] = *totals.begin();
    if (totals.size() == 1 && r.expected_total.value_or(total) == total &&
        r.expected_currency.value_or(currency) == currency)
        return;
    std::string costs;
    for (const auto& [each, amount] : totals)
        costs += (costs.empty() ? "" : " and ") + money_text(amount, each);
    throw core::error{core::errors::other_total, "cart total does not match the expected total",
                      core::format("The current total is {}. No order was created.", costs),
                      totals.size() == 1
                          ? "Show the buyer a new quote and check out with its total."
                          : "An expected total requires a cart in a single currency."};
}

// What is taken from the stock and not paid for is nobody else's to buy.
void require_within_limits(const checkout_request& r, const calculation& c, const ties& tied) {
    std::int64_t orders = r.unpaid_orders, pieces = r.unpaid_pieces;
    bool adds = false;
    for (std::size_t i = 0; i < c.checkout.orders.size(); ++i) {
        if (is_paid_at_once(c, tied, i))
            continue;
        adds = true;
        ++orders;
        for (const core::order_line& line : c.checkout.orders[i].lines)
            pieces += c.buyable[line.line].line.quantity;
    }
    const auto is_above = [](std::int64_t number, int limit) {
        return limit > 0 && number > limit;
    };
    if (adds && (is_above(orders, pg::settings::max_unpaid_orders) ||
                 is_above(pieces, pg::settings::max_unpaid_pieces)))
        throw core::error{
            core::errors::limit_reached, "limit for unpaid orders exceeded",
            core::format("You would have {} unpaid orders with {} items.", orders, pieces),
            "Pay or cancel unpaid orders, or reduce the quantity."};
}

constexpr pg::part placed_order{"placed_order", R"(
    id, order_number::text, seller_id, total_amount, currency::text)"};
constexpr std::initializer_list<const char*> placed_columns{"id", "order_number", "seller_id",
                                                            "total_amount", "currency"};
const pg::insertion create_orders{"orders",
                                  {"id",
                                   "buyer_id",
                                   "seller_id",
                                   "status",
                                   "paid_at",
                                   "subtotal",
                                   "shipping_cost",
                                   "tax_amount",
                                   "discount_amount",
                                   "store_credit_amount",
                                   "total_amount",
                                   "currency",
                                   "shipping_address_id",
                                   "billing_address_id",
                                   "payment_method_id",
                                   "notes",
                                   "platform_fee_amount",
                                   "buyer_fee_amount",
                                   "platform_discount_amount",
                                   "promise_id",
                                   "metadata",
                                   "included_tax_amount",
                                   "prices_include_tax",
                                   "shipping_tax_amount",
                                   "shipping_tax_rate",
                                   "fee_tax_amount",
                                   "fee_tax_rate"},
                                  placed_columns};

std::string first_status(const calculation& c, const ties& tied, std::size_t order) {
    return is_paid_at_once(c, tied, order) ? "paid" : "pending_payment";
}

std::optional<pg::ten_thousandths> rate_of(const std::optional<std::int64_t>& rate) {
    return rate ? std::optional(pg::ten_thousandths{*rate}) : std::nullopt;
}

// The orders as they are given back to the buyer.
pg::rows insert_orders(const checkout_request& r, const calculation& c, const ties& tied,
                       const std::vector<pg::uuid>& order_ids) {
    std::vector<pg::uuid> sellers;
    std::vector<pg::hundredths> subtotals, shipping, tax, discounts, credits, totals, fees,
        buyer_fees, by_platform, included_taxes, shipping_taxes, fee_taxes;
    std::vector<std::optional<pg::ten_thousandths>> shipping_rates, fee_rates;
    std::vector<std::string> currencies, statuses;
    std::vector<std::optional<pg::timestamp>> paid_at;
    for (std::size_t i = 0; i < order_ids.size(); ++i) {
        const core::order_quote& order = c.checkout.orders[i];
        sellers.push_back(order.seller);
        subtotals.push_back({order.subtotal.minor});
        shipping.push_back({order.shipping.minor});
        tax.push_back({order.tax.minor});
        discounts.push_back({order.discount.minor});
        credits.push_back({order.store_credit.minor});
        totals.push_back({order.total().minor});
        currencies.push_back(order.currency);
        fees.push_back({order.fee.minor});
        included_taxes.push_back({order.included_tax.minor});
        shipping_taxes.push_back({order.shipping_tax.minor});
        shipping_rates.push_back(rate_of(order.shipping_tax_rate));
        fee_taxes.push_back({order.fee_tax.minor});
        fee_rates.push_back(rate_of(order.fee_tax_rate));
        buyer_fees.push_back({order.buyer_fee.minor});
        by_platform.push_back({order.by_platform().minor});
        statuses.push_back(first_status(c, tied, i));
        paid_at.push_back(is_paid_at_once(c, tied, i) ? std::optional(pg::transaction_time())
                                                      : std::nullopt);
    }
    return create_orders.run(order_ids.size(), order_ids, r.wanted.buyer, sellers, statuses,
                             paid_at, subtotals, shipping, tax, discounts, credits, totals,
                             currencies, r.wanted.shipping_address, r.billing_address,
                             r.payment_method, r.notes, fees, buyer_fees, by_platform,
                             tied.promise_ids, r.metadata.value_or("{}"), included_taxes,
                             bool{pg::settings::prices_include_tax}, shipping_taxes, shipping_rates,
                             fee_taxes, fee_rates);
}

const pg::insertion create_lines{pg::ids_by_time,
                                 "order_items",
                                 {"order_id",
                                  "listing_id",
                                  "variant_id",
                                  "quantity",
                                  "unit_price",
                                  "total_price",
                                  "discount_amount",
                                  "platform_fee",
                                  "title",
                                  "variant_name",
                                  "image_url",
                                  "tax_amount",
                                  "buyer_fee_amount",
                                  "platform_discount_amount",
                                  "description",
                                  "condition",
                                  "brand",
                                  "size",
                                  "color",
                                  "offer_id",
                                  "shipping_cost",
                                  "is_picked_up",
                                  "delivery_days_min",
                                  "delivery_days_max",
                                  "included_tax_amount",
                                  "tax_rate",
                                  "commission_rule_id",
                                  "fee_tax_amount"}};

void insert_lines(const calculation& c, const std::vector<pg::uuid>& order_ids) {
    std::vector<pg::uuid> orders, listings;
    std::vector<std::optional<pg::uuid>> variants, offers;
    std::vector<std::int32_t> quantities;
    std::vector<std::optional<std::int32_t>> least_days, most_days;
    std::vector<bool> picked_up;
    std::vector<pg::hundredths> prices, totals, discounts, fees, taxes, buyer_fees, by_platform,
        shipping, included_taxes, fee_taxes;
    std::vector<std::optional<pg::ten_thousandths>> rates;
    std::vector<std::optional<pg::uuid>> rules;
    std::vector<std::string> titles;
    std::vector<std::optional<std::string>> variant_names, images, descriptions, conditions, brands,
        sizes, colors;
    for (std::size_t i = 0; i < order_ids.size(); ++i) {
        const core::order_quote& order = c.checkout.orders[i];
        for (const core::order_line& line : order.lines) {
            const cart_entry& bought = c.buyable[line.line];
            orders.push_back(order_ids[i]);
            listings.push_back(bought.line.listing);
            variants.push_back(bought.variant);
            offers.push_back(bought.offer);
            quantities.push_back(static_cast<std::int32_t>(bought.line.quantity));
            prices.push_back({bought.line.unit_price.minor});
            totals.push_back({line.total.minor});
            discounts.push_back({line.discount.minor});
            by_platform.push_back({line.by_platform.minor});
            fees.push_back({line.fee.minor});
            // on top of the price, or out of it
            buyer_fees.push_back({order.buyer_fee.minor == 0 ? 0 : line.fee.minor});
            taxes.push_back({order.prices_include_tax ? 0 : line.tax.minor});
            included_taxes.push_back({order.prices_include_tax ? line.tax.minor : 0});
            rates.push_back(rate_of(line.tax_rate));
            fee_taxes.push_back({line.fee_tax.minor});
            rules.push_back(bought.commission_rule);
            shipping.push_back({line.shipping.minor});
            picked_up.push_back(bought.line.is_picked_up);
            least_days.push_back(line.days ? std::optional(line.days->least) : std::nullopt);
            most_days.push_back(line.days ? std::optional(line.days->most) : std::nullopt);
            titles.push_back(bought.title);
            variant_names.push_back(bought.variant_name);
            images.push_back(bought.image_url);
            descriptions.push_back(bought.description);
            conditions.push_back(bought.condition);
            brands.push_back(bought.brand);
            sizes.push_back(bought.size);
            colors.push_back(bought.color);
        }
    }
    create_lines.run(orders.size(), orders, listings, variants, quantities, prices, totals,
                     discounts, fees, titles, variant_names, images, taxes, buyer_fees, by_platform,
                     descriptions, conditions, brands, sizes, colors, offers, shipping, picked_up,
                     least_days, most_days, included_taxes, rates, rules, fee_taxes);
}

const pg::plan record_coupon_uses{R"(
    INSERT INTO {s}.coupon_usage (
        coupon_id, user_id, order_id, discount_amount, order_amount, checkout_id, counts, condition
    )
    SELECT
        u.coupon,
        $5,
        u.order_id,
        u.discount * 0.01,
        u.subtotal * 0.01,
        $6,
        row_number() OVER (PARTITION BY u.coupon) = 1,
        u.condition::jsonb
    FROM unnest($1, $2, $3, $4, $7) AS u (coupon, order_id, discount, subtotal, condition))"};

// A row for each order that a coupon takes something off; together they are one use.
void insert_coupon_uses(const checkout_request& r, const calculation& c, const ties& tied,
                        const std::vector<pg::uuid>& order_ids, const pg::uuid& checkout) {
    std::vector<pg::uuid> coupons, orders;
    std::vector<std::int64_t> discounts, subtotals;
    std::vector<std::optional<std::string>> conditions;
    for (std::size_t coupon = 0; coupon < c.coupons.size(); ++coupon)
        for (std::size_t i = 0; i < order_ids.size() && !c.coupons[coupon].refusal; ++i) {
            const known_coupon& known = c.coupons[coupon];
            if (known.effect.on_subtotal[i].minor > 0 || known.effect.by_order[i].minor > 0) {
                coupons.push_back(known.coupon.id);
                orders.push_back(order_ids[i]);
                discounts.push_back(known.effect.by_order[i].minor);
                subtotals.push_back(known.effect.on_subtotal[i].minor);
                const auto condition = tied.conditions.find({coupon, i});
                conditions.push_back(condition == tied.conditions.end()
                                         ? std::nullopt
                                         : std::optional<std::string>(condition->second));
            }
        }
    if (!coupons.empty())
        pg::require_written(record_coupon_uses.run(coupons, orders, discounts, subtotals,
                                                   r.wanted.buyer, checkout, conditions),
                            coupons.size(), "coupon_usage");
}

const pg::plan spend_credits{R"(
    WITH used AS (SELECT * FROM unnest($1, $2, $3) AS u (credit, order_id, amount)),
    recorded AS (
        INSERT INTO {s}.store_credit_usage (store_credit_id, order_id, amount)
        SELECT credit, order_id, amount * 0.01
        FROM used
    )
    UPDATE {s}.store_credits c
    SET used_amount = c.used_amount + spent.amount
    FROM (SELECT credit, sum(amount) * 0.01 AS amount FROM used GROUP BY credit) spent
    WHERE c.id = spent.credit)",
                             pg::writes{"store_credits"}};

void use_credits(const calculation& c, const std::vector<pg::uuid>& order_ids) {
    std::vector<pg::uuid> credits, orders;
    std::vector<std::int64_t> amounts;
    for (const credit_use& use : c.credit_uses) {
        credits.push_back(use.credit);
        orders.push_back(order_ids[use.order]);
        amounts.push_back(use.amount.minor);
    }
    if (!credits.empty())
        spend_credits.run(credits, orders, amounts);
}

const pg::plan placed_orders{R"(
    SELECT {placed_order}
    FROM {s}.orders
    WHERE id = ANY ($1)
    ORDER BY pg_catalog.array_position($1, id))",
                             {placed_order},
                             pg::planned::once};

// What the triggers of the orders and lines would read again. Nothing of lines with variants, whose
// stock is elsewhere.
placement placement_of(const checkout_request& r, const calculation& c, const ties& tied,
                       const std::vector<pg::uuid>& order_ids) {
    placement p{r.wanted.buyer, *r.wanted.shipping_address, r.address_copy, {}, {}, false};
    for (std::size_t i = 0; i < order_ids.size(); ++i) {
        const core::order_quote& order = c.checkout.orders[i];
        p.orders[order_ids[i]] = {order.seller, order.currency, first_status(c, tied, i), false};
    }
    for (const cart_entry& bought : c.buyable)
        if (!bought.variant)
            p.listings[bought.line.listing] = {bought.line.seller, bought.line.currency, "active",
                                               bought.available};
    return p;
}

} // namespace

pg::rows check_out(pg::spi spi, checkout_request& r) {
    const std::optional<std::int64_t> lines = lock_cart(spi, r.wanted.buyer);
    if (r.key)
        if (auto earlier = orders_of_earlier_request(r))
            return placed_orders.run(*earlier);
    // After the key: who asks again gets the same answer, also when the address is gone since.
    find_means(r);

    if (!r.wanted.items)
        require_short_cart(lines.value_or(0));
    const calculation c = lines ? calculate(spi, r.wanted, purpose::to_buy) : calculation{};
    refuse_problems(c);
    refuse_coupons(c);
    require_expected(r, c);
    const ties tied = tie(c);
    require_within_limits(r, c, tied);

    const std::vector<pg::uuid> order_ids = pg::time_ordered_uuids(c.checkout.orders.size());
    const pg::uuid checkout = pg::time_ordered_uuid();
    placement known = placement_of(r, c, tied, order_ids);
    const checkout_in_progress under_way(known);
    const pg::rows placed = insert_orders(r, c, tied, order_ids);
    insert_lines(c, order_ids);
    use_offers(spi, c.buyable);
    insert_coupon_uses(r, c, tied, order_ids, checkout);
    use_credits(c, order_ids);
    if (r.key)
        record_checkout.run(r.wanted.buyer, *r.key, r.wanted.shipping_address, r.billing_address,
                            r.payment_method, r.coupon_code, r.wanted.use_store_credit, r.notes,
                            r.wanted.items, checkout, order_ids);
    count_against_limit(spi, "checkouts");
    return known.is_written_again ? placed_orders.run(order_ids) : placed;
}

// checkout(shipping_address_id uuid, idempotency_key text, billing_address_id uuid,
// payment_method_id uuid, coupon_code text, use_store_credit boolean, notes text,
// expected_total numeric, expected_currency text, cart_item_ids uuid[]) -> TABLE(...)
DRIPLO_FUNCTION(driplo_checkout) {
    checkout_request r;
    r.wanted.shipping_address = pg::required<pg::uuid>(fcinfo, 0, "shipping_address_id");
    r.key = pg::argument<std::string>(fcinfo, 1);
    if (r.key && (r.key->empty() || core::count_code_points(*r.key).value_or(256) > 255))
        throw core::error{core::errors::invalid_parameter_value,
                          "idempotency key must have 1 to 255 characters"};
    r.billing_address = pg::argument<pg::uuid>(fcinfo, 2);
    r.payment_method = pg::argument<pg::uuid>(fcinfo, 3);
    r.coupon_code = pg::argument<std::string>(fcinfo, 4);
    r.wanted.coupon_codes = split_coupon_codes(r.coupon_code);
    r.wanted.use_store_credit = pg::argument<bool>(fcinfo, 5).value_or(false);
    r.notes = given_words(fcinfo, 6, "notes");
    if (const auto total = pg::argument<Datum>(fcinfo, 7))
        r.expected_total = pg::to_money(*total, core::hundredth);
    r.expected_currency = pg::argument<std::string>(fcinfo, 8);
    r.wanted.items = chosen_items(fcinfo, 9);

    pg::session spi;
    r.wanted.buyer = required_trader();
    return check_out(spi, r).as_result(fcinfo);
}

} // namespace driplo
