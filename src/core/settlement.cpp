#include "core/settlement.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

money all_of(const division& d) {
    return d.seller + d.fee + d.tax;
}

// A share of whole units never is more than what it is of, as long as that is of whole units too.
money unit_of(const settlement& s) {
    const auto is_whole = [&](money amount) { return is_multiple(amount, s.unit); };
    return is_whole(s.cash) && is_whole(s.credit) && is_whole(s.promotion) && is_whole(s.seller) &&
                   is_whole(s.fee) && is_whole(s.tax)
               ? s.unit
               : hundredth;
}

// What goes back, from those who have it and in proportion to that.
void take_from_all(division& d, const settlement& s, money unit) {
    const std::vector<money> sides =
        spread(d.paid() + d.promotion, {s.seller, s.fee + s.tax}, unit);
    const std::vector<money> rest = spread(sides[1], {s.fee, s.tax}, unit);
    d.seller = sides[0];
    d.fee = rest[0];
    d.tax = rest[1];
}

} // namespace

settlement settle(const order_amounts& amounts, money unit) {
    settlement s;
    s.unit = unit;
    s.cash = amounts.total;
    s.credit = amounts.store_credit;
    s.promotion = amounts.platform_discount;
    money left = s.paid() + s.promotion;
    s.tax = std::min(amounts.tax, left);
    left = left - s.tax;
    s.fee = std::min(amounts.fee - amounts.tax_in_fee, left);
    s.seller = left - s.fee;
    return s;
}

division operator+(const division& a, const division& b) {
    return {a.cash + b.cash,     a.credit + b.credit, a.promotion + b.promotion,
            a.seller + b.seller, a.fee + b.fee,       a.tax + b.tax};
}

division operator-(const division& a, const division& b) {
    return {a.cash - b.cash,     a.credit - b.credit, a.promotion - b.promotion,
            a.seller - b.seller, a.fee - b.fee,       a.tax - b.tax};
}

settlement operator-(const settlement& a, const division& b) {
    return {static_cast<const division&>(a) - b, a.unit};
}

bool is_nothing(const division& d) noexcept {
    return d.cash == money{} && d.credit == money{} && d.promotion == money{} &&
           d.seller == money{} && d.fee == money{} && d.tax == money{};
}

division divide(const settlement& s, money amount) {
    division d;
    if (amount == money{})
        return d;
    const money unit = unit_of(s);
    d.cash = std::min(amount, s.cash);
    d.credit = amount - d.cash;
    d.promotion = spread(s.promotion, {amount, s.paid() - amount}, unit).front();
    take_from_all(d, s, unit);
    return d;
}

money worth_of_pieces(money whole, std::int64_t pieces, std::int64_t of, money unit) {
    return spread(whole, {{pieces}, {of - pieces}}, unit).front();
}

division portion(const settlement& s, std::int64_t pieces, std::int64_t of) {
    if (s.paid().minor > 0)
        return divide(s, worth_of_pieces(s.paid(), pieces, of, unit_of(s)));
    division d;
    d.promotion = worth_of_pieces(s.promotion, pieces, of, unit_of(s));
    if (d.promotion.minor > 0)
        take_from_all(d, s, unit_of(s));
    return d;
}

settlement without(const settlement& left, const division& other_parts) {
    const auto within = [](money wanted, money most) {
        return std::max(money{}, std::min(wanted, most));
    };
    settlement s;
    s.unit = left.unit;
    const money paid = within(left.paid() - other_parts.paid(), left.paid());
    s.cash = std::min(paid, left.cash);
    s.credit = paid - s.cash;
    s.promotion = within(left.promotion - other_parts.promotion, left.promotion);
    s.seller = within(left.seller - other_parts.seller, left.seller);
    s.fee = within(left.fee - other_parts.fee, left.fee);
    s.tax = within(left.tax - other_parts.tax, left.tax);

    money missing = paid + s.promotion - all_of(s);
    const auto make_up = [&](money& share, money most) {
        const money change = missing < money{} ? std::max(missing, money{} - share)
                                               : std::min(missing, most - share);
        share += change;
        missing = missing - change;
    };
    make_up(s.seller, left.seller);
    make_up(s.fee, left.fee);
    make_up(s.tax, left.tax);
    return s;
}

std::vector<std::size_t> closest_below(money limit, const std::vector<money>& amounts) {
    constexpr std::size_t most = 16;
    std::vector<std::size_t> chosen;
    if (amounts.size() > most) {
        for (std::size_t i = 0; i < amounts.size(); ++i)
            if (amounts[i] <= limit) {
                limit = limit - amounts[i];
                chosen.push_back(i);
            }
        return chosen;
    }
    // the first amount is the highest bit: of equal sums the greatest number has the earlier ones
    std::uint32_t best = 0;
    money best_sum;
    for (std::uint32_t choice = 1; choice < std::uint32_t{1} << amounts.size(); ++choice) {
        money sum;
        for (std::size_t i = 0; i < amounts.size(); ++i)
            if ((choice >> (amounts.size() - 1 - i) & 1U) != 0)
                sum += amounts[i];
        if (sum <= limit && sum >= best_sum) {
            best = choice;
            best_sum = sum;
        }
    }
    for (std::size_t i = 0; i < amounts.size(); ++i)
        if ((best >> (amounts.size() - 1 - i) & 1U) != 0)
            chosen.push_back(i);
    return chosen;
}

} // namespace driplo::core
