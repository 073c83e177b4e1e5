#include "api/orders/promises.hpp"

#include "api/call/call_context.hpp"
#include "api/orders/effects.hpp"
#include "api/orders/state_lists.hpp"
#include "core/format.hpp"
#include "pg/json.hpp"
#include "pg/random.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <set>

namespace driplo {

namespace {

// at the checkout

struct tied_coupon {
    std::size_t coupon;
    core::promise terms;
    std::vector<std::size_t> orders; // of each part
};

core::uuid number(std::size_t order) {
    core::uuid id;
    id.bytes[14] = static_cast<unsigned char>(order >> 8);
    id.bytes[15] = static_cast<unsigned char>(order & 0xff);
    return id;
}

// What a coupon gives in one currency, before the orders have ids.
tied_coupon terms_of(const calculation& c, std::size_t coupon, const std::string& currency) {
    const known_coupon& known = c.coupons[coupon];
    tied_coupon tied{coupon, {}, {}};
    tied.terms.coupon = known.coupon.id;
    tied.terms.currency = currency;
    tied.terms.minimum = known.coupon.minimum_purchase;
    if (known.coupon.type == core::discount_type::buy_x_get_y) {
        tied.terms.buy_quantity = known.coupon.buy_quantity;
        tied.terms.get_quantity = known.coupon.get_quantity;
        tied.terms.maximum = known.coupon.maximum_discount;
    }
    for (std::size_t i = 0; i < c.checkout.orders.size(); ++i) {
        if (c.checkout.orders[i].currency != currency ||
            (known.effect.on_subtotal[i].minor == 0 && known.effect.by_order[i].minor == 0))
            continue;
        core::promise_part part{
            number(i), known.effect.on_subtotal[i], known.effect.by_order[i], {}};
        for (const auto& [order, counted] : known.effect.counted)
            if (order == i)
                part.counted.push_back(counted);
        tied.terms.parts.push_back(std::move(part));
        tied.orders.push_back(i);
    }
    return tied;
}

std::string condition_json(const core::promise& terms, const core::promise_part& part) {
    pg::json_object condition;
    condition.add("minimum", terms.minimum.minor);
    if (terms.get_quantity > 0) {
        condition.add("buy", terms.buy_quantity);
        condition.add("get", terms.get_quantity);
        if (terms.maximum)
            condition.add("maximum", terms.maximum->minor);
        pg::json_array lines;
        for (const core::counted_line& counted : part.counted) {
            pg::json_object line;
            line.add("price", counted.unit_price.minor);
            line.add("quantity", counted.quantity);
            line.add("left", counted.left.minor);
            if (counted.is_given)
                line.add("given", true);
            lines.add(line);
        }
        condition.add("lines", lines);
    }
    return condition.text();
}

// afterwards

const pg::plan lock_promise{R"(
    SELECT
        id,
        status::text,
        (total_amount * 100)::bigint,
        (withheld_amount * 100)::bigint,
        refunded_amount * 2 > total_amount + COALESCE(store_credit_amount, 0)
    FROM {s}.orders
    WHERE promise_id = $1
    ORDER BY id
    FOR NO KEY UPDATE)"};
const pg::plan lock_order{R"(
    SELECT FROM {s}.orders
    WHERE id = {with_tied_orders}
    ORDER BY id
    FOR NO KEY UPDATE)",
                          {with_tied_orders}};
const pg::plan find_promise{"SELECT promise_id FROM {s}.orders WHERE id = $1"};
const pg::plan read_promises{R"(
    SELECT
        u.coupon_id,
        o.id,
        (u.order_amount * 100)::bigint,
        (u.discount_amount * 100)::bigint,
        (u.condition ->> 'minimum')::bigint,
        (u.condition ->> 'buy')::bigint,
        (u.condition ->> 'get')::bigint,
        (u.condition ->> 'maximum')::bigint,
        l.price,
        l.quantity,
        l."left",
        o.currency::text,
        l.given
    FROM {s}.orders o
    JOIN {s}.coupon_usage u ON u.order_id = o.id AND u.condition IS NOT NULL
    LEFT JOIN LATERAL pg_catalog.jsonb_to_recordset(u.condition -> 'lines') AS l (
        price bigint, quantity bigint, "left" bigint, given boolean
    ) ON true
    WHERE o.promise_id = $1
    ORDER BY u.coupon_id, o.id)"};
namespace promise_column {
enum {
    coupon = 1,
    order,
    on_subtotal,
    by_order,
    minimum,
    buy,
    get,
    maximum,
    price,
    quantity,
    left,
    currency,
    given
};
}
const pg::plan find_withheld{R"(
    SELECT (withheld_amount * 100)::bigint, currency::text FROM {s}.orders WHERE id = $1)"};
const pg::plan count_withheld{R"(
    UPDATE {s}.orders SET withheld_amount = withheld_amount + $2 * 0.01 WHERE id = $1)",
                              pg::writes{"orders"}};

struct tied_order {
    pg::uuid id;
    core::order_state state;
    core::money total, withheld;
    bool has_gone_back; // more than half of it

    bool has_ended() const {
        return state == core::order_state::cancelled || state == core::order_state::refunded;
    }
    bool is_unpaid() const { return core::is_unpaid(state); }
    bool was_sent() const { return state >= core::order_state::shipped && !has_ended(); }
};

std::vector<tied_order> tied_orders(const pg::rows& found) {
    std::vector<tied_order> orders;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        orders.push_back({*found.value<pg::uuid>(1, i),
                          core::find_order_state(found.value<std::string>(2, i).value_or(""))
                              .value_or(core::order_state::pending_payment),
                          {*found.value<std::int64_t>(3, i)},
                          {*found.value<std::int64_t>(4, i)},
                          found.value<bool>(5, i).value_or(false)});
    return orders;
}

std::vector<tied_order> lock_tied(const pg::uuid& promise) {
    return tied_orders(lock_promise.run(promise));
}

std::vector<core::promise> promises_of(const pg::uuid& id) {
    const pg::rows found = read_promises.run(id);
    const auto number_at = [&](int number, std::uint64_t i) {
        return found.value<std::int64_t>(number, i).value_or(0);
    };
    std::vector<core::promise> promises;
    for (std::uint64_t i = 0; i < found.count(); ++i) {
        const auto coupon = found.value<pg::uuid>(promise_column::coupon, i).value_or(pg::uuid{});
        if (promises.empty() || promises.back().coupon != coupon) {
            core::promise p;
            p.coupon = coupon;
            p.currency = found.value<std::string>(promise_column::currency, i).value_or("");
            p.minimum = {number_at(promise_column::minimum, i)};
            p.buy_quantity = number_at(promise_column::buy, i);
            p.get_quantity = number_at(promise_column::get, i);
            if (const auto maximum = found.value<std::int64_t>(promise_column::maximum, i))
                p.maximum = core::money{*maximum};
            promises.push_back(std::move(p));
        }
        core::promise& p = promises.back();
        const auto order = *found.value<pg::uuid>(promise_column::order, i);
        if (p.parts.empty() || p.parts.back().order != order)
            p.parts.push_back({order,
                               {number_at(promise_column::on_subtotal, i)},
                               {number_at(promise_column::by_order, i)},
                               {}});
        if (found.value<std::int64_t>(promise_column::price, i))
            p.parts.back().counted.push_back(
                {{number_at(promise_column::price, i)},
                 number_at(promise_column::quantity, i),
                 {number_at(promise_column::left, i)},
                 found.value<bool>(promise_column::given, i).value_or(false)});
    }
    return promises;
}

// Without the order that is about to end, and those of which most has gone back already.
std::vector<core::standing_order> standing(const std::vector<tied_order>& orders,
                                           const pg::uuid* but) {
    std::vector<core::standing_order> stand;
    for (const tied_order& each : orders)
        if (!each.has_ended() && !(but && (each.id == *but || each.has_gone_back)))
            stand.push_back({each.id, !each.was_sent()});
    return stand;
}

// Books what the platform keeps of an order's money.
core::money keep(pg::spi spi, order_money& order, core::money kept) {
    if (kept.minor == 0)
        return kept;
    const core::division taken = divide(order.remaining, kept);
    // an order may keep something more than once
    const std::string reference = core::format("{}:{}", text_of(order.id), order.refunded.minor);
    book_reversal(spi, order, taken, "withheld", reference,
                  {{"promotions", std::nullopt, taken.paid()}});
    count_withheld.run(order.id, kept.minor);
    return kept;
}

} // namespace

ties tie(const calculation& c) {
    ties found;
    const std::size_t count = c.checkout.orders.size();
    found.promise_ids.resize(count);
    found.waits.resize(count);
    std::set<std::string> currencies;
    if (count > 1 && !c.coupons.empty())
        for (const core::order_quote& order : c.checkout.orders)
            currencies.insert(order.currency);
    for (const std::string& currency : currencies) {
        const pg::uuid id = pg::time_ordered_uuid();
        for (std::size_t i = 0; i < c.coupons.size(); ++i) {
            // a seller's own coupon touches one order of a currency
            if (c.coupons[i].refusal || c.coupons[i].coupon.seller)
                continue;
            const tied_coupon tied = terms_of(c, i, currency);
            if (!tied.terms.ties())
                continue;
            for (std::size_t part = 0; part < tied.orders.size(); ++part) {
                found.promise_ids[tied.orders[part]] = id;
                found.conditions[{i, tied.orders[part]}] =
                    condition_json(tied.terms, tied.terms.parts[part]);
            }
        }
        const auto is_to_be_paid = [&](std::size_t i) {
            return found.promise_ids[i] == id && c.checkout.orders[i].total().minor > 0;
        };
        bool one_is_to_be_paid = false;
        for (std::size_t i = 0; i < count; ++i)
            one_is_to_be_paid = one_is_to_be_paid || is_to_be_paid(i);
        for (std::size_t i = 0; i < count; ++i)
            if (found.promise_ids[i] == id)
                found.waits[i] = one_is_to_be_paid;
    }
    return found;
}

void require_promise_paid(pg::spi, const pg::uuid& promise, const pg::uuid& order,
                          core::order_state to) {
    for (const tied_order& other : lock_tied(promise))
        if (other.id != order && other.is_unpaid() &&
            (to != core::order_state::paid || other.total.minor > 0))
            throw core::error{
                core::errors::illegal_order_state,
                "order must wait for payment of the orders that share its coupon",
                "The coupon was applied to several orders of one checkout, and not all of them "
                "have been paid.",
                "If the other orders end unpaid, this order proceeds, or is cancelled and refunded "
                "if it does not qualify for the discount on its own."};
}

void pay_what_costs_nothing(pg::spi spi, const pg::uuid& promise) {
    if (orders_are_falling())
        return;
    const std::vector<tied_order> orders = lock_tied(promise);
    if (std::any_of(orders.begin(), orders.end(), [](const tied_order& each) {
            return each.is_unpaid() && each.total.minor > 0;
        }))
        return;
    for (const tied_order& each : orders)
        if (each.is_unpaid()) {
            if (each.state == core::order_state::payment_failed)
                take_step_by_system(spi, each.id, core::order_state::payment_processing,
                                    "nothing is left to pay");
            take_step_by_system(spi, each.id, core::order_state::paid,
                                "the orders that it was bought with are paid");
        }
}

promise_ending::promise_ending(pg::spi spi, const pg::uuid& promise, const pg::uuid& order)
    : promise_(promise), order_(order), end_(), is_first_(!orders_are_falling()) {
    if (!is_first_)
        return;
    const std::vector<tied_order> orders = lock_tied(promise);
    end_ = core::judge(promises_of(promise), standing(orders, &order));
    // what was kept before is not kept again
    for (const tied_order& each : orders)
        end_.lost = end_.lost - std::min(end_.lost, each.withheld);
    std::vector<pg::uuid> all = end_.falls;
    all.push_back(order);
    lock_for_giving_back(spi, all);
}

void promise_ending::withhold(pg::spi spi) const {
    core::money lost = end_.lost;
    std::vector<pg::uuid> ending = end_.falls;
    ending.insert(ending.begin(), order_);
    for (const pg::uuid& each : ending) {
        if (lost.minor == 0)
            return;
        order_money order = lock_order_money(spi, each);
        lost = lost - keep(spi, order, std::min(lost, order.left()));
    }
}

core::money promise_ending::withhold_from(pg::spi spi, order_money& order, core::money most) const {
    return keep(spi, order, std::max(std::min(end_.lost, most), core::money{}));
}

void lock_with_tied(pg::spi, const pg::uuid& order) {
    lock_order.run(order);
}

core::money keep_of_refund(pg::spi spi, order_money& order, core::money amount) {
    const auto promise = find_promise.run(order.id).value<pg::uuid>();
    if (!promise || (order.refunded + amount) * 2 <= order.whole.paid())
        return {};
    const promise_ending ending(spi, *promise, order.id);
    const core::money kept = ending.withhold_from(spi, order, amount - order.whole.unit);
    ending.finish(spi);
    return kept;
}

std::string remark_on_withheld(pg::spi, const pg::uuid& order) {
    const pg::rows found = find_withheld.run(order);
    const core::money kept{found.value<std::int64_t>(1).value_or(0)};
    if (kept.minor == 0)
        return {};
    return core::format("{} are kept, because another order of the checkout was sent with a "
                        "discount that it does not earn without this one",
                        money_text(kept, found.value<std::string>(2).value_or("")));
}

void promise_ending::finish(pg::spi spi) const {
    if (!is_first_)
        return;
    {
        const orders_falling under_way;
        for (const pg::uuid& each : end_.falls)
            take_step_by_system(spi, each, core::order_state::cancelled,
                                "a coupon gave it a discount that it does not earn without another "
                                "order of the same checkout, which has ended");
    }
    pay_what_costs_nothing(spi, promise_);
}

namespace {

const pg::plan open_promises{R"(
    SELECT DISTINCT promise_id
    FROM {s}.orders
    WHERE promise_id IS NOT NULL
      AND status IN ({unpaid_order_states}, 'paid', 'preparing'))",
                             {unpaid_order_states}};
const pg::plan read_tied{R"(
    SELECT
        id,
        status::text,
        0::bigint,
        0::bigint,
        refunded_amount * 2 > total_amount + COALESCE(store_credit_amount, 0)
    FROM {s}.orders
    WHERE promise_id = $1
    ORDER BY id)"};
const pg::plan orders_and_promises{"SELECT o, p FROM unnest($1, $2) AS broken (o, p)"};

} // namespace

// private.broken_promises() -> TABLE(order_id uuid, promise_id uuid)
DRIPLO_FUNCTION(driplo_broken_promises) {
    pg::session spi;
    std::vector<pg::uuid> orders, promises;
    const pg::rows open = open_promises.run();
    for (std::uint64_t i = 0; i < open.count(); ++i) {
        pg::check_for_interrupts();
        const auto promise = *open.value<pg::uuid>(1, i);
        const std::vector<tied_order> tied = tied_orders(read_tied.run(promise));
        const core::promise_end end = core::judge(promises_of(promise), standing(tied, nullptr));
        for (const tied_order& each : tied)
            // one whose money goes back has not to earn anything
            if (!each.has_gone_back &&
                std::find(end.falls.begin(), end.falls.end(), each.id) != end.falls.end()) {
                orders.push_back(each.id);
                promises.push_back(promise);
            }
    }
    return orders_and_promises.run(orders, promises).as_result(fcinfo);
}

} // namespace driplo
