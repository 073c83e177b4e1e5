#include "api/cart/quote.hpp"

#include "api/call/arguments.hpp"
#include "api/cart/charges.hpp"
#include "api/cart/contents.hpp"
#include "api/cart/used_coupons.hpp"
#include "api/offers/prices.hpp"
#include "core/coupon_code.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/json.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

namespace driplo {

namespace {

// Those that expire first come first, those that never do last.
const pg::plan usable_credits{R"(
    SELECT
        s.id,
        s.currency::text,
        ((s.amount - s.used_amount - s.expired_amount) * 100)::bigint,
        COALESCE((c.smallest_card_amount * 100)::bigint, 0)
    FROM {s}.store_credits s
    LEFT JOIN {s}.currencies c ON c.code::text = s.currency::text
    WHERE s.user_id = $1
      AND s.used_amount + s.expired_amount < s.amount
      AND (s.expires_at IS NULL OR s.expires_at > now())
    ORDER BY s.expires_at, s.created_at, s.id)"};
// By id, as where they are given back; also those that are used up, which may come back meanwhile.
const pg::plan lock_credits{R"(
    SELECT FROM {s}.store_credits
    WHERE user_id = $1 AND (expires_at IS NULL OR expires_at > now())
    ORDER BY id
    FOR NO KEY UPDATE)"};

void pay_with_credit(calculation& c, const purchase& wanted, purpose why) {
    if (!wanted.use_store_credit)
        return;
    if (why == purpose::to_buy)
        lock_credits.run(wanted.buyer);
    enum { id = 1, currency, left_of_it, smallest };
    const pg::rows found = usable_credits.run(wanted.buyer);
    std::map<std::string, core::money> credit, smallest_left;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const std::string of = found.value<std::string>(currency, i).value_or("");
        credit[of] += core::money{found.value<std::int64_t>(left_of_it, i).value_or(0)};
        smallest_left[of] = {found.value<std::int64_t>(smallest, i).value_or(0)};
    }
    // what each order may take of all credits together
    std::vector<core::money> wanted_of_order;
    for (std::size_t order = 0; order < c.checkout.orders.size(); ++order) {
        core::money& of_currency = credit[c.checkout.orders[order].currency];
        wanted_of_order.push_back(c.checkout.usable_credit(
            order, of_currency, smallest_left[c.checkout.orders[order].currency]));
        of_currency = of_currency - wanted_of_order.back();
    }
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        core::money left{found.value<std::int64_t>(left_of_it, i).value_or(0)};
        for (std::size_t order = 0; order < c.checkout.orders.size(); ++order) {
            if (left.minor == 0 ||
                c.checkout.orders[order].currency != found.value<std::string>(currency, i))
                continue;
            const core::money used =
                c.checkout.pay_with_credit(order, std::min(left, wanted_of_order[order]));
            left = left - used;
            wanted_of_order[order] = wanted_of_order[order] - used;
            if (used.minor > 0)
                c.credit_uses.push_back({*found.value<pg::uuid>(id, i), order, used});
        }
    }
}

// A percentage of four decimal places.
struct rate_json {
    std::int64_t rate;
};
std::string json_text_of(const rate_json& value) {
    return core::format("{}.{:04}", value.rate / 10'000, value.rate % 10'000);
}

struct number_json {
    std::int64_t number;
    std::string text() const { return pg::json_text_of(number); }
};

pg::json_object line_json(const calculation& c, const core::order_line& line) {
    const cart_entry& bought = c.buyable[line.line];
    pg::json_object object;
    object.add("listing_id", bought.line.listing);
    object.add("variant_id", bought.variant);
    object.add("category_id", bought.line.category);
    object.add("title", bought.title);
    object.add("quantity", bought.line.quantity);
    object.add("unit_price", bought.line.unit_price);
    object.add("list_price", bought.list_price);
    object.add("offer_id", bought.offer);
    object.add("total_price", line.total);
    object.add("discount_amount", line.discount);
    object.add("platform_fee", line.fee);
    object.add("shipping_cost", line.shipping);
    object.add("is_picked_up", bought.line.is_picked_up);
    pg::json_array days;
    if (line.days)
        for (const std::int32_t day : {line.days->least, line.days->most})
            days.add(number_json{day});
    object.add("delivery_days", days);
    object.add("tax_amount", line.tax);
    object.add("tax_rate", line.tax_rate ? std::optional(rate_json{*line.tax_rate}) : std::nullopt);
    return object;
}

} // namespace

pg::json_array lines_json(const calculation& c, const core::order_quote& order) {
    pg::json_array lines;
    for (const core::order_line& line : order.lines)
        lines.add(line_json(c, line));
    return lines;
}

namespace {

struct problem_text {
    std::string_view code, message;
};
constexpr std::array<problem_text, 8> problem_texts{{
    {"listing_unavailable", "This listing is no longer for sale."},
    {"variant_unavailable", "This variant is no longer available, or no variant was selected."},
    {"not_enough_stock", "The cart contains more items than are in stock."},
    {"own_listing", "You cannot buy your own listing."},
    {"seller_unavailable", "The seller is currently not selling."},
    {"offer_expired", "The offer no longer applies to this item."},
    {"pickup_unavailable", "The seller no longer offers pick-up for this item."},
    {"not_shipped_there", "The seller does not ship this item to the country of the address."},
}};

pg::json_object order_json(const calculation& c, const core::order_quote& order) {
    pg::json_object object;
    object.add("seller_id", order.seller);
    object.add("currency", order.currency);
    object.add("subtotal", order.subtotal);
    object.add("shipping_cost", order.shipping);
    object.add("tax_amount", order.tax);
    object.add("included_tax_amount", order.included_tax);
    object.add("prices_include_tax", order.prices_include_tax);
    object.add("shipping_tax_amount", order.shipping_tax);
    object.add("fee_tax_amount", order.fee_tax);
    object.add("buyer_fee_amount", order.buyer_fee);
    object.add("discount_amount", order.discount);
    object.add("bundle_discount", order.bundle_discount);
    object.add("store_credit", order.store_credit);
    object.add("total_amount", order.total());
    object.add("lines", lines_json(c, order));
    return object;
}

// What was saved, by currency, in the order of the orders.
using savings = std::vector<std::pair<std::string, core::money>>;

void add_savings(savings& saved, const calculation& c, const known_coupon& coupon) {
    if (coupon.refusal)
        return;
    for (std::size_t i = 0; i < c.checkout.orders.size(); ++i) {
        const core::money amount = coupon.effect.by_order[i];
        const std::string& currency = c.checkout.orders[i].currency;
        const auto known = std::find_if(saved.begin(), saved.end(),
                                        [&](const auto& each) { return each.first == currency; });
        if (known != saved.end())
            known->second += amount;
        else if (amount != core::money{})
            saved.emplace_back(currency, amount);
    }
}

// Amounts of several currencies have no sum.
std::optional<core::money> sum_of(const savings& saved) {
    if (saved.size() > 1)
        return std::nullopt;
    return saved.empty() ? core::money{} : saved.front().second;
}

pg::json_object coupon_json(const calculation& c, const known_coupon& coupon) {
    savings saved;
    add_savings(saved, c, coupon);
    pg::json_array discounts;
    for (const auto& [currency, amount] : saved) {
        pg::json_object each;
        each.add("currency", currency);
        each.add("amount", amount);
        discounts.add(each);
    }
    pg::json_object object;
    object.add("code", coupon.code);
    object.add("valid", !coupon.refusal);
    object.add("reason", coupon.refusal);
    object.add("discount_amount", sum_of(saved));
    object.add("discounts", discounts);
    return object;
}

pg::json_object problem_json(const cart_problem& problem) {
    pg::json_object object;
    object.add("listing_id", problem.entry->line.listing);
    object.add("variant_id", problem.entry->variant);
    object.add("code", std::string(problem.code));
    object.add("available", std::int64_t{problem.entry->available});
    object.add("message", std::string(problem_message(problem.code)));
    return object;
}

// What the cart costs, in whatever way it is paid: what checkout() may be asked to compare.
void add_totals(pg::json_object& quote, const calculation& c) {
    const std::map<std::string, core::money> sums = c.totals();
    // the quote of an empty cart has none
    if (sums.empty())
        return;
    pg::json_object totals;
    for (const auto& [currency, total] : sums)
        totals.add(currency.c_str(), total);
    quote.add("totals", totals);
    if (sums.size() == 1) {
        quote.add("total_amount", sums.begin()->second);
        quote.add("currency", sums.begin()->first);
    } else {
        quote.add_null("total_amount");
        quote.add_null("currency");
    }
}

std::string quote_json(const calculation& c) {
    pg::json_array orders, coupons, problems;
    for (const core::order_quote& order : c.checkout.orders)
        orders.add(order_json(c, order));
    for (const known_coupon& coupon : c.coupons)
        coupons.add(coupon_json(c, coupon));
    for (const cart_problem& problem : c.problems())
        problems.add(problem_json(problem));
    pg::json_object quote;
    quote.add("orders", orders);
    add_totals(quote, c);
    if (c.coupons.empty())
        quote.add_null("coupon");
    else
        quote.add("coupon", coupon_json(c, c.coupons.front()));
    quote.add("coupons", coupons);
    quote.add("problems", problems);
    return quote.text();
}

// The country of the default address, as far as there is one: a quote names no address.
const pg::plan default_address{R"(
    SELECT id, country_code::text
    FROM {s}.shipping_addresses
    WHERE user_id = $1 AND is_default)"};

purchase purchase_of_caller(const std::optional<std::string>& coupon_code) {
    purchase wanted;
    wanted.buyer = cart_owner();
    wanted.coupon_codes = split_coupon_codes(coupon_code);
    return wanted;
}

// Of what was chosen nothing is left out in silence: the buyer would pay for less than was shown.
void keep_chosen(std::vector<cart_entry>& entries, const std::vector<pg::uuid>& chosen) {
    std::vector<cart_entry> kept;
    for (cart_entry& entry : entries)
        if (std::binary_search(chosen.begin(), chosen.end(), entry.item))
            kept.push_back(std::move(entry));
    entries = std::move(kept);
    for (const pg::uuid& item : chosen)
        if (std::none_of(entries.begin(), entries.end(),
                         [&](const cart_entry& entry) { return entry.item == item; }))
            throw does_not_exist("cart item", item);
}

} // namespace

std::vector<cart_problem> calculation::problems() const {
    std::vector<cart_problem> found;
    for (const cart_entry& entry : unbuyable)
        found.push_back({&entry, *entry.problem});
    for (const std::size_t line : checkout.not_served)
        found.push_back({&buyable[line], "not_shipped_there"});
    return found;
}

std::map<std::string, core::money> calculation::totals() const {
    std::map<std::string, core::money> sums;
    for (const core::order_quote& order : checkout.orders)
        sums[order.currency] += order.before_credit();
    return sums;
}

void ship_to_default_address(purchase& wanted) {
    const pg::rows address = default_address.run(wanted.buyer);
    wanted.shipping_address = address.value<pg::uuid>(1);
    wanted.country = address.value<std::string>(2);
}

calculation calculate(pg::spi spi, const purchase& wanted, purpose why) {
    calculation c;
    std::vector<core::cart_line> lines;
    std::vector<cart_entry> entries = why == purpose::to_buy
                                          ? take_from_cart(spi, wanted.buyer, wanted.items)
                                          : read_cart(spi, wanted.buyer);
    if (wanted.items)
        keep_chosen(entries, *wanted.items);
    require_short_cart(static_cast<std::int64_t>(entries.size()));
    price_by_offers(spi, wanted.buyer, entries, why == purpose::to_buy);
    for (cart_entry& entry : entries) {
        if (!entry.problem)
            lines.push_back(entry.line);
        (entry.problem ? c.unbuyable : c.buyable).push_back(std::move(entry));
    }
    c.checkout = core::begin_checkout(std::move(lines), wanted.country);
    take_bundle_discounts(spi, c.checkout);
    apply_coupons(c, wanted, why);
    charge_fees(spi, c);
    charge_taxes(spi, c, wanted);
    for (const core::order_quote& order : c.checkout.orders)
        core::checked(order.before_credit());
    pay_with_credit(c, wanted, why);
    return c;
}

std::vector<std::string> split_coupon_codes(const std::optional<std::string>& list) {
    std::vector<std::string> codes;
    std::set<std::string> known;
    std::string_view rest = list ? std::string_view(*list) : std::string_view();
    while (!rest.empty()) {
        pg::check_for_interrupts();
        const std::size_t end = std::min(rest.find(','), rest.size());
        const std::string_view code = core::trim(rest.substr(0, end));
        if (!code.empty() && known.insert(core::comparable_coupon_code(code)).second)
            codes.emplace_back(code);
        if (codes.size() > max_coupon_codes)
            throw core::error{
                core::errors::invalid_parameter_value,
                core::format("cannot use more than {} coupon codes at once", max_coupon_codes),
                {},
                "Pass only the codes that you were given."};
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return codes;
}

std::optional<std::vector<pg::uuid>> chosen_items(FunctionCallInfo fcinfo, int number) {
    auto items = pg::argument<std::vector<pg::uuid>>(fcinfo, number);
    if (items) {
        std::sort(items->begin(), items->end());
        items->erase(std::unique(items->begin(), items->end()), items->end());
        require_short_cart(static_cast<std::int64_t>(items->size()));
    }
    return items;
}

std::string_view problem_message(std::string_view code) {
    for (const problem_text& text : problem_texts)
        if (text.code == code)
            return text.message;
    return code;
}

// quote_checkout(coupon_code text, use_store_credit boolean, cart_item_ids uuid[]) -> jsonb
DRIPLO_FUNCTION(driplo_quote_checkout) {
    purchase wanted = purchase_of_caller(pg::argument<std::string>(fcinfo, 0));
    wanted.use_store_credit = pg::argument<bool>(fcinfo, 1).value_or(false);
    wanted.items = chosen_items(fcinfo, 2);
    return pg::json_datum(pg::in_session([&](pg::spi spi) {
        ship_to_default_address(wanted);
        return quote_json(calculate(spi, wanted, purpose::to_quote));
    }));
}

const pg::plan coupon_verdict{"SELECT $1::boolean, $2::text, $3::bigint * 0.01"};

// validate_coupon(coupon_code text) -> TABLE(valid boolean, reason text, discount_amount numeric)
DRIPLO_FUNCTION(driplo_validate_coupon) {
    purchase wanted = purchase_of_caller(pg::required<std::string>(fcinfo, 0, "coupon_code"));
    pg::session spi;
    ship_to_default_address(wanted);
    const calculation c = calculate(spi, wanted, purpose::to_quote);
    std::optional<std::string> reason;
    savings saved;
    if (c.coupons.empty())
        reason = "unknown";
    for (const known_coupon& coupon : c.coupons) {
        add_savings(saved, c, coupon);
        if (!reason)
            reason = coupon.refusal;
    }
    std::optional<std::int64_t> discount{0};
    if (const auto sum = sum_of(saved); !reason)
        discount = sum ? std::optional{sum->minor} : std::nullopt;
    return coupon_verdict.run(!reason, reason, discount).as_result(fcinfo);
}

} // namespace driplo
