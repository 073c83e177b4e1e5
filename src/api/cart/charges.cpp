#include "api/cart/charges.hpp"

#include "core/commission.hpp"
#include "core/currency.hpp"
#include "core/tax.hpp"
#include "pg/json.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/tax.hpp"

#include <algorithm>

namespace driplo {

namespace {

// What a shop has tables for, and most shops have nothing in.
const pg::whole_table tax_rates{"tax_rates"}, commission_rules{"commission_rules"};
const pg::plan has_tax_rates{"SELECT EXISTS (SELECT FROM {s}.tax_rates)"},
    has_commission_rules{"SELECT EXISTS (SELECT FROM {s}.commission_rules)"};

bool has_rows(const pg::whole_table& table, const pg::plan& statement) {
    if (const auto is_empty = table.is_empty())
        return !*is_empty;
    return statement.run().value<bool>().value_or(false);
}

core::money sum_of(const std::vector<core::money>& amounts) {
    core::money sum;
    for (const core::money amount : amounts)
        sum += amount;
    return sum;
}

core::money fee_of(core::money price, core::money unit) {
    return pg::percentage_of(price, pg::settings::platform_fee_percent, unit);
}

bool takes_fee_of_seller() {
    return pg::settings::fee_payer == pg::settings::paid_by_seller;
}

// What the fee of a line is of: what the seller gets for it, also of the platform, whose coupons
// leave sellers as they are; or what the buyer pays, where the buyer pays the fee.
core::money price_with_fee(const core::order_line& line) {
    return line.total - line.discount + (takes_fee_of_seller() ? line.by_platform : core::money{});
}

core::money shipping_with_fee(const core::order_line& line) {
    return line.shipping + (takes_fee_of_seller() ? line.shipping_by_platform : core::money{});
}

// A category and those above it, the nearest first.
constexpr pg::part categories_above{"categories_above", R"(
    WITH RECURSIVE above (position, id, distance) AS (
        SELECT w.position, w.category, 0
        FROM wanted w
        WHERE w.category IS NOT NULL
        UNION ALL
        SELECT a.position, c.parent_id, a.distance + 1
        FROM above a
        JOIN {s}.categories c ON c.id = a.id
        WHERE c.parent_id IS NOT NULL AND a.distance < 50
    ))"};

const pg::plan find_rules{R"(
    WITH wanted AS (
        SELECT *
        FROM unnest($1, $2, $3, $4)
            WITH ORDINALITY AS w (seller, category, price, currency, position)
    ),
    above AS ({categories_above} SELECT * FROM above)
    SELECT DISTINCT ON (w.position)
        w.position,
        r.id,
        (r.percent * 100)::bigint,
        (r.flat * 100)::bigint,
        (r.minimum * 100)::bigint,
        (r.maximum * 100)::bigint,
        r.of_shipping
    FROM wanted w
    JOIN {s}.commission_rules r ON (r.seller_id IS NULL OR r.seller_id = w.seller)
        AND (r.currency IS NULL OR r.currency::text = w.currency)
        AND (r.price_from IS NULL OR w.price * 0.01 >= r.price_from)
        AND (r.price_below IS NULL OR w.price * 0.01 < r.price_below)
        AND r.valid_from <= now()
        AND (r.valid_until IS NULL OR r.valid_until > now())
    LEFT JOIN above a ON a.position = w.position AND a.id = r.category_id
    WHERE r.category_id IS NULL OR a.id IS NOT NULL
    ORDER BY
        w.position,
        r.priority DESC,
        r.seller_id IS NULL,
        COALESCE(a.distance, 1000),
        r.valid_from DESC,
        r.id)",
                          {categories_above}};

// By the number of the line in the checkout.
std::vector<std::optional<core::commission_rule>> rules_of(calculation& c) {
    std::vector<pg::uuid> sellers;
    std::vector<std::optional<pg::uuid>> categories;
    std::vector<std::int64_t> prices;
    std::vector<std::string> currencies;
    for (const core::cart_line& line : c.checkout.lines) {
        sellers.push_back(line.seller);
        categories.push_back(line.category);
        prices.push_back(line.unit_price.minor);
        currencies.push_back(line.currency);
    }
    enum { position = 1, id, percent, flat, least, most, of_shipping };
    const pg::rows found = find_rules.run(sellers, categories, prices, currencies);
    std::vector<std::optional<core::commission_rule>> rules(c.checkout.lines.size());
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const auto line = static_cast<std::size_t>(*found.value<std::int64_t>(position, i) - 1);
        const auto amount = [&](int column) -> std::optional<core::money> {
            const auto value = found.value<std::int64_t>(column, i);
            return value ? std::optional(core::money{*value}) : std::nullopt;
        };
        rules[line] = {found.value<std::int64_t>(percent, i).value_or(0),
                       amount(flat).value_or(core::money{}), amount(least), amount(most),
                       found.value<bool>(of_shipping, i).value_or(pg::settings::fee_on_shipping)};
        c.buyable[line].commission_rule = found.value<pg::uuid>(id, i);
    }
    return rules;
}

void charge_fee(core::order_quote& order,
                const std::vector<std::optional<core::commission_rule>>& rules) {
    const core::money unit = core::smallest_unit(order.currency);
    const auto rule_of = [&](const core::order_line& line) {
        return rules.empty() ? std::optional<core::commission_rule>{} : rules[line.line];
    };
    // What no rule is for is rounded as one sum, and its shipping has what is left of it.
    std::vector<core::money> prices;
    core::money with_shipping;
    for (const core::order_line& line : order.lines) {
        prices.push_back(rule_of(line) ? core::money{} : price_with_fee(line));
        with_shipping += prices.back();
        if (!rule_of(line) && pg::settings::fee_on_shipping)
            with_shipping += shipping_with_fee(line);
    }
    order.fee = fee_of(with_shipping, unit);
    const std::vector<core::money> fees = core::spread(fee_of(sum_of(prices), unit), prices, unit);
    for (std::size_t i = 0; i < order.lines.size(); ++i) {
        core::order_line& line = order.lines[i];
        line.fee = fees[i];
        if (const auto rule = rule_of(line)) {
            const core::line_commission kept =
                core::commission_of(*rule, price_with_fee(line), shipping_with_fee(line), unit);
            line.fee = kept.goods;
            order.fee += kept.goods + kept.shipping;
        }
    }
    if (!takes_fee_of_seller())
        order.buyer_fee = order.fee;
}

} // namespace

void charge_fees(pg::spi, calculation& c) {
    std::vector<std::optional<core::commission_rule>> rules;
    if (has_rows(commission_rules, has_commission_rules))
        rules = rules_of(c);
    for (core::order_quote& order : c.checkout.orders)
        charge_fee(order, rules);
}

namespace {

const pg::plan find_rates{R"(
    WITH wanted AS (
        SELECT * FROM pg_catalog.unnest($1) WITH ORDINALITY AS w (category, position)
    ),
    above AS ({categories_above} SELECT * FROM above)
    SELECT DISTINCT ON (w.position) w.position, (r.percent * 10000)::bigint, r.taxes_shipping
    FROM wanted w
    CROSS JOIN {s}.shipping_addresses address
    JOIN {s}.tax_rates r ON r.country_code::text = address.country_code::text
        AND (
            r.region IS NULL
            OR pg_catalog.lower(r.region::text) = pg_catalog.lower(address.state_province::text)
        )
        AND r.valid_from <= (now() AT TIME ZONE 'UTC')::date
    LEFT JOIN above a ON a.position = w.position AND a.id = r.category_id
    WHERE address.id = $2
      AND address.user_id = $3
      AND (r.category_id IS NULL OR a.id IS NOT NULL)
    ORDER BY
        w.position,
        r.region IS NULL,
        COALESCE(a.distance, 1000),
        r.valid_from DESC,
        r.id)",
                          {categories_above}};

// What the platform does is taxed as what has no category of its own.
const pg::plan find_fee_rate{R"(
    SELECT (r.percent * 10000)::bigint, r.taxes_fee
    FROM {s}.shipping_addresses address
    JOIN {s}.tax_rates r ON r.country_code::text = address.country_code::text
        AND (
            r.region IS NULL
            OR pg_catalog.lower(r.region::text) = pg_catalog.lower(address.state_province::text)
        )
        AND r.valid_from <= (now() AT TIME ZONE 'UTC')::date
    WHERE address.id = $1
      AND address.user_id = $2
      AND r.category_id IS NULL
    ORDER BY r.region IS NULL, r.valid_from DESC, r.id
    LIMIT 1)"};

struct found_rate {
    core::tax_rate rate;
    bool taxes_shipping;
};

struct found_rates {
    std::vector<std::optional<found_rate>> of_lines;
    std::optional<core::tax_rate> of_fee;
};

std::optional<core::tax_rate> fee_rate_of(const calculation& c, const purchase& wanted) {
    const auto& orders = c.checkout.orders;
    if (std::none_of(orders.begin(), orders.end(), [](const core::order_quote& order) {
            return order.buyer_fee > core::money{};
        }))
        return std::nullopt;
    const pg::rows found = find_fee_rate.run(*wanted.shipping_address, wanted.buyer);
    return found.value<bool>(2).value_or(false) ? found.value<std::int64_t>(1) : std::nullopt;
}

found_rates rates_of(const calculation& c, const purchase& wanted) {
    std::vector<std::optional<pg::uuid>> categories;
    for (const core::cart_line& line : c.checkout.lines)
        categories.push_back(line.category);
    const pg::rows found = find_rates.run(categories, *wanted.shipping_address, wanted.buyer);
    std::vector<std::optional<found_rate>> rates(c.checkout.lines.size());
    for (std::uint64_t i = 0; i < found.count(); ++i)
        rates[static_cast<std::size_t>(*found.value<std::int64_t>(1, i) - 1)] = {
            *found.value<std::int64_t>(2, i), found.value<bool>(3, i).value_or(true)};
    return {rates, fee_rate_of(c, wanted)};
}

// What the buyer pays as the fee of each line, and last of the shipping.
std::vector<core::money> fees_of_buyer(const core::order_quote& order) {
    std::vector<core::money> fees;
    core::money rest = order.buyer_fee;
    for (const core::order_line& line : order.lines) {
        fees.push_back(order.buyer_fee == core::money{} ? core::money{} : line.fee);
        rest = rest - fees.back();
    }
    fees.push_back(rest);
    return fees;
}

core::money tax_by_rates(core::order_quote& order, const found_rates& rates) {
    std::vector<core::taxable_line> taxable;
    const std::vector<core::money> fees = fees_of_buyer(order);
    for (const core::order_line& line : order.lines) {
        const auto& rate = rates.of_lines[line.line];
        taxable.push_back({line.total - line.discount, line.shipping,
                           rate ? std::optional(rate->rate) : std::nullopt,
                           rate && rate->taxes_shipping, fees[taxable.size()]});
    }
    taxable.push_back({{}, {}, std::nullopt, false, fees.back()});
    const std::vector<core::line_tax> taxes = core::taxes_by_rate(
        taxable, pg::settings::prices_include_tax ? core::tax_is::included : core::tax_is::on_top,
        core::smallest_unit(order.currency), rates.of_fee);
    // one rate for all shipping that costs something, or none to tell
    std::optional<core::tax_rate> of_shipping;
    bool is_one_rate = true;
    order.fee_tax = taxes.back().fee;
    core::money sum = order.fee_tax;
    for (std::size_t i = 0; i < order.lines.size(); ++i) {
        core::order_line& line = order.lines[i];
        line.fee_tax = taxes[i].fee;
        line.tax = taxes[i].goods + line.fee_tax;
        line.tax_rate = taxable[i].rate;
        order.shipping_tax += taxes[i].shipping;
        order.fee_tax += line.fee_tax;
        sum += line.tax + taxes[i].shipping;
        if (line.shipping == core::money{})
            continue;
        const auto rate = taxable[i].taxes_shipping ? taxable[i].rate : std::nullopt;
        is_one_rate = is_one_rate && rate && (!of_shipping || *of_shipping == *rate);
        of_shipping = rate;
    }
    if (is_one_rate)
        order.shipping_tax_rate = of_shipping;
    if (order.buyer_fee != core::money{})
        order.fee_tax_rate = rates.of_fee;
    return core::checked(sum);
}

} // namespace

namespace {

// A text that is JSON already.
struct raw_json {
    std::optional<std::string> value;
};
std::string json_text_of(const raw_json& json) {
    return json.value.value_or("null");
}

constexpr pg::part told_address{"told_address", R"(
    pg_catalog.to_jsonb(a) - '{id,user_id,is_default}'::text[])"};
const pg::plan address_for_tax{R"(
    SELECT {told_address}
    FROM {s}.shipping_addresses a
    WHERE a.id = $1 AND a.user_id = $2)",
                               {told_address}};
const pg::plan default_address_of{R"(
    SELECT ({told_address})::text
    FROM {s}.shipping_addresses a
    WHERE a.user_id = $1 AND a.is_default)",
                                  {told_address}};
const pg::plan address_text{R"(
    SELECT ({told_address})::text
    FROM {s}.shipping_addresses a
    WHERE a.id = $1 AND a.user_id = $2)",
                            {told_address}};

// What f(lines jsonb, address jsonb) says is the tax of the order, spread over its lines.
core::money tax_by_amount(const calculation& c, core::order_quote& order,
                          const std::optional<Datum>& address) {
    const core::money unit = core::smallest_unit(order.currency);
    const core::money tax = core::checked(pg::tax(lines_json(c, order).text(), address, unit));
    std::vector<core::money> charged;
    for (const core::order_line& line : order.lines)
        charged.push_back(line.total - line.discount);
    if (sum_of(charged) != core::money{}) {
        const std::vector<core::money> shares = core::spread(tax, charged, unit);
        for (std::size_t i = 0; i < shares.size(); ++i)
            order.lines[i].tax = shares[i];
    }
    return tax;
}

std::string sale_json(const calculation& c, const purchase& wanted,
                      const core::order_quote& order) {
    pg::json_object sale;
    sale.add("lines", lines_json(c, order));
    sale.add("shipping_cost", order.shipping);
    sale.add("buyer_fee_amount", order.buyer_fee);
    sale.add("currency", order.currency);
    sale.add("seller_id", order.seller);
    sale.add("buyer_id", wanted.buyer);
    sale.add("prices_include_tax", bool{pg::settings::prices_include_tax});
    raw_json to, from;
    if (wanted.shipping_address)
        to.value = address_text.run(*wanted.shipping_address, wanted.buyer).value<std::string>();
    from.value = default_address_of.run(order.seller).value<std::string>();
    sale.add("shipping_address", to);
    sale.add("seller_address", from);
    return sale.text();
}

// An element for each line, then one for the shipping and one for the buyer's fee, as far as there
// are any.
const pg::plan read_taxes{R"(
    SELECT
        e.part ->> 'amount' IS NULL,
        CASE WHEN pg_catalog.jsonb_typeof(e.part -> 'amount') = 'number'
            THEN (e.part ->> 'amount')::numeric
        END,
        CASE
            WHEN pg_catalog.jsonb_typeof(e.part -> 'rate') = 'number'
              AND (e.part ->> 'rate')::numeric BETWEEN 0 AND 999
                THEN pg_catalog.round((e.part ->> 'rate')::numeric * 10000)::bigint
        END
    FROM (
        SELECT l.part, l.place
        FROM pg_catalog.jsonb_array_elements(
            CASE WHEN pg_catalog.jsonb_typeof($1 -> 'lines') = 'array' THEN $1 -> 'lines' END
        ) WITH ORDINALITY AS l (part, place)
        UNION ALL
        SELECT COALESCE($1 -> 'shipping', '{"amount": 0}'), 9223372036854775806
        UNION ALL
        SELECT COALESCE($1 -> 'fee', '{"amount": 0}'), 9223372036854775807
    ) e
    ORDER BY e.place)"};

void take_fee_tax(core::order_quote& order, core::money tax,
                  const std::optional<core::tax_rate>& rate) {
    if (tax == core::money{})
        return;
    if (order.buyer_fee == core::money{})
        throw pg::bad_tax_function(
            "tax function returned tax on a fee that the buyer does not pay");
    const std::vector<core::money> shares =
        core::spread(tax, fees_of_buyer(order), core::smallest_unit(order.currency));
    for (std::size_t i = 0; i < order.lines.size(); ++i) {
        order.lines[i].fee_tax = shares[i];
        order.lines[i].tax += shares[i];
    }
    order.fee_tax = tax;
    order.fee_tax_rate = rate;
}

// What f(sale jsonb) says is the tax of each line, of the shipping and of the buyer's fee.
core::money tax_by_line(const calculation& c, const purchase& wanted, core::order_quote& order) {
    const core::money unit = core::smallest_unit(order.currency);
    const auto told = pg::taxes(sale_json(c, wanted, order));
    if (!told)
        return {};
    const pg::rows found = read_taxes.run(*told);
    if (found.count() != order.lines.size() + 2)
        throw pg::bad_tax_function("tax function did not return an element for each line");
    core::money sum;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const auto amount = found.datum(2, i, NUMERICOID);
        if (!amount)
            throw pg::bad_tax_function("tax function returned a line without an amount");
        const core::money tax = core::checked(pg::to_money(*amount, unit));
        if (tax < core::money{})
            throw pg::bad_tax_function("tax function returned a negative amount");
        sum += tax;
        if (i < order.lines.size()) {
            order.lines[i].tax = tax;
            order.lines[i].tax_rate = found.value<std::int64_t>(3, i);
        } else if (i == order.lines.size()) {
            order.shipping_tax = tax;
            order.shipping_tax_rate = found.value<std::int64_t>(3, i);
        } else
            take_fee_tax(order, tax, found.value<std::int64_t>(3, i));
    }
    return core::checked(sum);
}

// An included tax is a part of what it is included in.
void require_included(const core::order_quote& order, core::money tax) {
    bool fits = tax <= order.subtotal + order.shipping + order.buyer_fee - order.discount &&
                order.shipping_tax <= order.shipping && order.fee_tax <= order.buyer_fee;
    for (const core::order_line& line : order.lines)
        fits = fits && line.tax - line.fee_tax <= line.total - line.discount;
    if (!fits)
        throw pg::bad_tax_function("tax function returned more tax than the prices include");
}

} // namespace

void charge_taxes(pg::spi, calculation& c, const purchase& wanted) {
    const pg::tax_function_kind kind = pg::kind_of_tax_function();
    const bool by_rates = kind == pg::tax_function_kind::none && wanted.shipping_address &&
                          has_rows(tax_rates, has_tax_rates);
    found_rates rates;
    if (by_rates)
        rates = rates_of(c, wanted);
    std::optional<Datum> address;
    if (kind == pg::tax_function_kind::amount && wanted.shipping_address)
        address = address_for_tax.run(*wanted.shipping_address, wanted.buyer).json();
    for (core::order_quote& order : c.checkout.orders) {
        order.prices_include_tax = pg::settings::prices_include_tax;
        core::money tax;
        if (kind == pg::tax_function_kind::amount)
            tax = tax_by_amount(c, order, address);
        else if (kind == pg::tax_function_kind::lines)
            tax = tax_by_line(c, wanted, order);
        else if (by_rates)
            tax = tax_by_rates(order, rates);
        if (order.prices_include_tax)
            require_included(order, tax);
        (order.prices_include_tax ? order.included_tax : order.tax) = tax;
    }
}

} // namespace driplo
