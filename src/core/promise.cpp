#include "core/promise.hpp"

#include <algorithm>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

bool contains(const std::vector<uuid>& orders, const uuid& order) {
    return std::find(orders.begin(), orders.end(), order) != orders.end();
}

/// What the coupon gives to lines that it was used for, by the same arithmetic as at the checkout.
money free_pieces_of(const promise& p, const std::vector<const promise_part*>& parts) {
    std::vector<cart_line> lines;
    std::vector<money> left;
    coupon used;
    uuid given;
    given.bytes[0] = 1;
    for (const promise_part* part : parts)
        for (const counted_line& counted : part->counted) {
            cart_line line;
            line.seller = part->order; // an order for each
            line.currency = p.currency;
            line.unit_price = counted.unit_price;
            line.quantity = counted.quantity;
            if (counted.is_given) {
                line.listing = given;
                used.get_listings = {given};
            }
            lines.push_back(std::move(line));
            left.push_back(counted.left);
        }
    checkout again = begin_checkout(std::move(lines));
    for (order_quote& order : again.orders)
        for (order_line& line : order.lines) {
            line.discount = line.total - left[line.line];
            order.discount += line.discount;
        }
    used.type = discount_type::buy_x_get_y;
    used.buy_quantity = p.buy_quantity;
    used.get_quantity = p.get_quantity;
    used.maximum_discount = p.maximum;
    return again.apply({used}).front().total();
}

std::vector<uuid> orders_of(const std::vector<standing_order>& standing) {
    std::vector<uuid> orders;
    for (const standing_order& each : standing)
        orders.push_back(each.order);
    return orders;
}

/// The first that does not keep what it was given.
std::vector<standing_order>::iterator next_to_fall(const std::vector<promise>& promises,
                                                   std::vector<standing_order>& standing) {
    std::vector<uuid> gets_unearned;
    for (const promise& p : promises)
        if (p.unearned(orders_of(standing)).minor > 0)
            for (const promise_part& part : p.parts)
                if (part.given.minor > 0)
                    gets_unearned.push_back(part.order);
    return std::find_if(standing.begin(), standing.end(), [&](const standing_order& each) {
        return each.can_fall && contains(gets_unearned, each.order);
    });
}

} // namespace

bool promise::ties() const {
    return std::any_of(parts.begin(), parts.end(),
                       [&](const promise_part& part) { return unearned({part.order}).minor > 0; });
}

money promise::unearned(const std::vector<uuid>& standing) const {
    std::vector<const promise_part*> left;
    money contributed, given;
    for (const promise_part& part : parts)
        if (contains(standing, part.order)) {
            left.push_back(&part);
            contributed += part.contributes;
            given += part.given;
        }
    if (given.minor == 0)
        return {};
    if (contributed < minimum)
        return given;
    if (get_quantity == 0)
        return {};
    return given - std::min(given, free_pieces_of(*this, left));
}

promise_end judge(const std::vector<promise>& promises, std::vector<standing_order> standing) {
    promise_end end;
    for (auto next = next_to_fall(promises, standing); next != standing.end();
         next = next_to_fall(promises, standing)) {
        end.falls.push_back(next->order);
        standing.erase(next);
    }
    for (const promise& p : promises)
        end.lost += p.unearned(orders_of(standing));
    return end;
}

} // namespace driplo::core
