// Bundles: several pieces of a seller's cost less, as far as they are not at the price of an offer.
#include "core/checkout.hpp"
#include "core/format.hpp"

#include <string>
#include <utility>
#include <vector>

#include "carts.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

namespace {

const uuid alice = id(1), bob = id(2);
const std::vector<bundle_tier> tiers{{2, 1000}, {3, 2000}};

cart_line line(std::int64_t listing, const uuid& seller, std::int64_t price,
               std::int64_t quantity = 1, std::string currency = "EUR") {
    cart_line made;
    made.listing = id(100 + listing);
    made.seller = seller;
    made.currency = std::move(currency);
    made.unit_price = {price};
    made.quantity = quantity;
    return made;
}

cart_line offered(cart_line made) {
    made.at_offer = true;
    return made;
}

// The discounts of the first order's lines.
std::string bundled(std::vector<cart_line> lines, const std::vector<bundle_tier>& given = tiers) {
    checkout c = begin_checkout(std::move(lines));
    c.bundle(0, given);
    std::string text;
    for (const order_line& each : c.orders[0].lines)
        text += driplo::core::format("{}{}", text.empty() ? "" : " ", each.discount.minor);
    return text;
}

void test_tiers(tap& t) {
    t.is(bundled({line(1, alice, 1000)}), "0", "one piece is no bundle");
    t.is(bundled({line(1, alice, 1000, 2)}), "200", "two of one listing are");
    t.is(bundled({line(1, alice, 1000), line(2, alice, 500)}), "100 50", "two of two listings too");
    t.is(bundled({line(1, alice, 1000, 3)}), "600", "three are the next tier");
    t.is(bundled({line(1, alice, 1000, 9)}), "1800", "which goes on");
    t.is(bundled({line(1, alice, 1000, 9)}, {}), "0", "without tiers there is nothing");
    t.is(bundled({line(1, alice, 1000, 3)}, {{3, 2000}, {2, 1000}}), "600",
         "in whatever sequence they are");
    t.is(bundled({line(1, alice, 1000), line(2, bob, 1000)}), "0", "another seller's do not count");
    t.is(bundled({line(1, alice, 1000), line(2, alice, 1000, 1, "USD")}), "0",
         "nor those in another currency");
    t.is(bundled({line(1, alice, 0, 2)}), "0", "what costs nothing costs no less");
}

void test_offers(tap& t) {
    t.is(bundled({offered(line(1, alice, 1000)), line(2, alice, 500)}), "0 0",
         "a piece at the price of an offer does not count");
    t.is(bundled({offered(line(1, alice, 1000, 5)), line(2, alice, 500, 2)}), "0 100",
         "and gets no cheaper");
    t.is(bundled({offered(line(1, alice, 1000, 5))}), "0", "alone neither");
}

void test_remainders(tap& t) {
    t.is(bundled({line(1, alice, 333), line(2, alice, 333), line(3, alice, 334)}), "67 66 67",
         "by largest remainder, and the sum is right");
    t.is(bundled({line(1, alice, 1), line(2, alice, 1)}), "0 0", "half a cent of two is none");
    t.is(bundled({line(1, alice, 5), line(2, alice, 5)}), "1 0", "a cent is somebody's");
    t.is(bundled({line(1, alice, 100'500, 1, "JPY"), line(2, alice, 100'000, 1, "JPY")}),
         "10100 10000", "a yen has no part");
}

void test_totals(tap& t) {
    checkout c = begin_checkout({line(1, alice, 1000, 2), offered(line(2, alice, 3200))});
    c.orders[0].lines[0].shipping = {};
    c.bundle(0, tiers);
    const order_quote& order = c.orders[0];
    t.is(order.subtotal.minor, 5200, "the subtotal is before the discount");
    t.is(order.discount.minor, 200, "which is the order's");
    t.is(order.bundle_discount.minor, 200, "and named");
    t.is(order.by_platform().minor, 0, "the platform bears none of it");
    t.is(order.total().minor, 5000, "the total is after it");

    coupon ten;
    ten.value = 1000;
    ten.minimum_purchase = {5200};
    t.ok(c.apply({ten}).front().applies(), "a coupon's minimum is before it");
    t.is(c.orders[0].discount.minor, 700, "its percentage after");
    t.is(c.orders[0].by_platform().minor, 500, "and the platform's share is the coupon's");

    cart_line free = line(1, alice, 1000, 2);
    free.shipping.cost = {499};
    free.shipping.free_over = money{2000};
    checkout shipped = begin_checkout({free});
    shipped.bundle(0, tiers);
    t.is(shipped.orders[0].shipping.minor, 0, "the limit for free shipping counts before it");
    cart_line at_offer = offered(line(1, alice, 1999));
    at_offer.shipping = free.shipping;
    t.is(begin_checkout({at_offer}).orders[0].shipping.minor, 499,
         "and the price of an offer is the price");
}

// Of carts drawn at random.
void test_laws(tap& t) {
    generator draw(20260101);
    std::size_t wrong = 0;
    for (int i = 0; i < 2000; ++i) {
        std::vector<cart_line> lines = some_lines(draw);
        for (cart_line& each : lines)
            each.at_offer = draw.chance(30);
        checkout c = begin_checkout(lines);
        for (std::size_t o = 0; o < c.orders.size(); ++o) {
            c.bundle(o, {{draw.between(2, 4), draw.between(1, 25) * 100},
                         {draw.between(5, 9), draw.between(26, 50) * 100}});
            const order_quote& order = c.orders[o];
            money sum;
            for (const order_line& each : order.lines) {
                sum += each.discount;
                if (each.discount > each.total || each.discount < money{} ||
                    (c.lines[each.line].at_offer && each.discount != money{}) ||
                    !is_multiple(each.discount, money{unit_of(order.currency)}))
                    ++wrong;
            }
            if (sum != order.discount || sum != order.bundle_discount || order.total() < money{} ||
                order.by_platform() != money{})
                ++wrong;
        }
    }
    t.is(wrong, 0u, "discounts sum up, are within the prices, and no offer gets cheaper");
}

} // namespace

int main() {
    tap t;
    test_tiers(t);
    test_offers(t);
    test_remainders(t);
    test_totals(t);
    test_laws(t);
    return t.finish();
}
