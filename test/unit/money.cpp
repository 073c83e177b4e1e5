#include "core/money.hpp"
#include "core/format.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

__extension__ typedef __int128 wide;

constexpr money smallest{INT64_MIN}, largest{INT64_MAX};

void test_operators(tap& t) {
    t.ok(money{1} < money{2} && money{2} > money{1} && money{1} <= money{1} &&
             money{1} >= money{1} && money{1} == money{1} && money{1} != money{2},
         "amounts compare as their minor units");
    t.ok(!(money{1} < money{1}) && !(money{1} > money{1}) && !(money{2} <= money{1}) &&
             !(money{1} >= money{2}) && !(money{1} == money{2}) && !(money{1} != money{1}),
         "and do not where they do not");
    t.is((money{199} + money{1}).minor, 200, "a sum");
    t.is((money{1} - money{200}).minor, -199, "a difference below zero");
    t.is((money{1999} * 3).minor, 5997, "a multiple");
    t.is((money{-5} * 3).minor, -15, "a multiple below zero");
    money sum{5};
    sum += money{6};
    t.is(sum.minor, 11, "a running sum");

    t.is((largest + money{0}).minor, INT64_MAX, "a sum that just fits");
    t.is((smallest - money{0}).minor, INT64_MIN, "a difference that just fits");
    t.is((money{INT64_MAX / 7} * 7).minor, INT64_MAX / 7 * 7, "a multiple that just fits");
    const auto& code = errors::numeric_value_out_of_range;
    t.throws(
        code, [] { largest + money{1}; }, "a sum that is too large");
    t.throws(
        code, [] { smallest + money{-1}; }, "a sum that is too small");
    t.throws(
        code, [] { smallest - money{1}; }, "a difference that is too small");
    t.throws(
        code, [] { largest - money{-1}; }, "a difference that is too large");
    t.throws(
        code, [] { money{} - smallest; }, "the smallest amount has no negative");
    t.throws(
        code, [] { largest * 2; }, "a multiple that is too large");
    t.throws(
        code, [] { largest* INT64_MAX; }, "a multiple that is far too large");
    t.throws(
        code, [] { smallest * -1; }, "a negated multiple that is too large");
    t.throws(
        code, [] { smallest* INT64_MAX; }, "a multiple that is far too small");
    money kept = largest;
    t.throws(
        code, [&] { kept += money{1}; }, "a running sum that is too large");
    t.ok(kept == largest, "and is kept as it was");
}

void test_checked(tap& t) {
    t.is(max_money.minor, 9'999'999'999, "the largest amount of a column is 99,999,999.99");
    for (const std::int64_t fits : {std::int64_t{0}, max_money.minor, -max_money.minor})
        t.is(checked({fits}).minor, fits, driplo::core::format("{} fits into a column", fits));
    for (const std::int64_t beyond : {max_money.minor + 1, -max_money.minor - 1,
                                      std::int64_t{INT64_MAX}, std::int64_t{INT64_MIN}})
        t.throws(
            errors::numeric_value_out_of_range, [&] { checked({beyond}); },
            driplo::core::format("{} does not", beyond));
}

struct percent_case {
    std::int64_t amount, hundredths, wanted;
};

constexpr percent_case percent_cases[] = {
    {0, 1000, 0},
    {10'000, 0, 0},
    {10'000, 10'000, 10'000},
    {10'000, 1250, 1250},
    {999, 1000, 100},                     // 99.9
    {994, 1000, 99},                      // 99.4
    {995, 1000, 100},                     // 99.5
    {1, 5000, 1},                         // 0.5
    {1, 4999, 0},                         // 0.4999
    {3, 5000, 2},                         // 1.5
    {5, 5000, 3},                         // 2.5: not to the even one
    {-1, 5000, -1},                       // -0.5
    {-1, 4999, 0},                        // -0.4999
    {-5, 5000, -3},                       // -2.5
    {5, -5000, -3},                       // -2.5
    {-5, -5000, 3},                       // 2.5
    {333, 3333, 111},                     // 110.9889
    {1, 1, 0},                            // 0.0001
    {5000, 1, 1},                         // 0.5
    {4999, 1, 0},                         // 0.4999
    {9'999'999'999, 9999, 9'998'999'999}, // ...999.0001
    {100, 25'000, 250},
    {INT64_MAX, 10'000, INT64_MAX},
    {INT64_MIN, 10'000, INT64_MIN},
    {10'000, INT64_MAX, INT64_MAX},
};

void test_percent(tap& t) {
    for (const percent_case& c : percent_cases)
        t.is(percent_of({c.amount}, c.hundredths).minor, c.wanted,
             driplo::core::format("{}/100 % of {}", c.hundredths, c.amount));
    const auto& code = errors::numeric_value_out_of_range;
    t.throws(
        code, [] { percent_of(largest, 10'001); }, "a percentage that is too large");
    t.throws(
        code, [] { percent_of(largest, INT64_MAX); }, "one that is far too large");
    t.throws(
        code, [] { percent_of(smallest, INT64_MAX); }, "one that is far too small");
    t.throws(
        code, [] { percent_of(smallest, INT64_MIN); }, "the largest product there is");

    generator draw(20'240'601);
    laws held;
    for (int i = 0; i < 20'000; ++i) {
        held.next_case();
        const std::int64_t sign = draw.chance(20) ? -1 : 1;
        const std::int64_t amount = sign * draw.magnitude(max_money.minor);
        // the percentages that people give make more halves
        const std::int64_t hundredths =
            draw.chance(50) ? draw.between(0, 20) * 500 : draw.magnitude(10'000);
        const wide exact = static_cast<wide>(amount) * hundredths; // in 1/10,000 of a unit
        const wide found = static_cast<wide>(percent_of({amount}, hundredths).minor) * 10'000;
        const wide apart = found > exact ? found - exact : exact - found;
        held.hold(apart <= 5000, "a percentage is off by half a unit at most");
        if (apart == 5000)
            held.hold(exact < 0 ? found < exact : found > exact, "a half goes away from zero");
        held.hold(percent_of({-amount}, hundredths).minor * 10'000 == -found,
                  "the percentage of a negative amount is the negative one");
        held.hold(sign * found <= sign * static_cast<wide>(amount) * 10'000,
                  "up to 100 % are never more than the amount");
    }
    held.report(t);
    t.is(held.count(), 4u, "each of these laws was looked at");
}

std::vector<money> amounts(const std::vector<std::int64_t>& minors) {
    std::vector<money> found;
    for (const std::int64_t minor : minors)
        found.push_back({minor});
    return found;
}

struct spread_case {
    const char* name;
    std::int64_t whole;
    std::vector<std::int64_t> weights, wanted;
};

const spread_case spread_cases[] = {
    {"nothing over nobody", 0, {}, {}},
    {"nothing over somebody", 0, {3, 4}, {0, 0}},
    {"nothing where nothing weighs", 0, {0, 0, 0}, {0, 0, 0}},
    {"all to the only one", 17, {5}, {17}},
    {"without a remainder", 100, {1, 2, 1}, {25, 50, 25}},
    {"the odd unit to the first of equals", 100, {1, 1, 1}, {34, 33, 33}},
    {"two odd units to the first two of equals", 101, {7, 7, 7}, {34, 34, 33}},
    {"the odd unit to the largest remainder", 10, {33, 33, 34}, {3, 3, 4}},
    {"a unit to the largest remainder, not to the largest weight",
     10,
     {28, 72 - 28, 28},
     {3, 4, 3}},
    {"fewer units than shares", 2, {1, 1, 1, 1}, {1, 1, 0, 0}},
    {"a weight of nothing gets nothing", 5, {0, 1, 0, 1}, {0, 3, 0, 2}},
    {"one unit to the heaviest", 1, {1, 98, 1}, {0, 1, 0}},
    {"the whole of the weights", 60, {10, 20, 30}, {10, 20, 30}},
    {"more than the weights", 120, {10, 20, 30}, {20, 40, 60}},
    {"the largest numbers",
     INT64_MAX,
     {INT64_MAX, INT64_MAX, INT64_MAX},
     {INT64_MAX / 3 + 1, INT64_MAX / 3, INT64_MAX / 3}},
    {"the largest whole to the only one", INT64_MAX, {0, INT64_MAX}, {0, INT64_MAX}},
};

// Largest remainder in other words: what is left goes, unit by unit, to the share that is furthest
// below its exact value.
std::vector<money> spread_by_hand(money whole, const std::vector<money>& weights) {
    wide total = 0;
    for (const money weight : weights)
        total += weight.minor;
    std::vector<money> shares(weights.size());
    if (total == 0)
        return shares;
    std::vector<wide> missing; // in 1/total of a unit
    wide left = whole.minor;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const wide exact = static_cast<wide>(whole.minor) * weights[i].minor;
        shares[i].minor = static_cast<std::int64_t>(exact / total);
        missing.push_back(exact - shares[i].minor * total);
        left -= shares[i].minor;
    }
    for (; left > 0; --left) {
        const auto most = std::max_element(missing.begin(), missing.end());
        ++shares[static_cast<std::size_t>(most - missing.begin())].minor;
        *most -= total;
    }
    return shares;
}

void look_at_spread(laws& held, money whole, const std::vector<money>& weights) {
    held.next_case();
    const std::vector<money> shares = spread(whole, weights);
    wide total = 0, sum = 0;
    for (const money weight : weights)
        total += weight.minor;
    for (const money share : shares)
        sum += share.minor;
    held.hold(shares.size() == weights.size(), "there are as many shares as weights");
    held.hold(sum == whole.minor, "shares sum to the whole");
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const wide off =
            total * shares[i].minor - static_cast<wide>(whole.minor) * weights[i].minor;
        held.hold(off == 0 || (-total < off && off < total),
                  "a share is less than a unit from its exact value");
        held.hold(shares[i] >= money{}, "no share is negative");
        if (weights[i] == money{})
            held.hold(shares[i] == money{}, "a weight of nothing gets nothing");
        if (whole.minor <= total)
            held.hold(shares[i] <= weights[i], "of a part nobody gets more than the weight");
        for (std::size_t j = 0; j < i; ++j)
            if (weights[j] == weights[i])
                held.hold(shares[j] == shares[i] || shares[j].minor == shares[i].minor + 1,
                          "of equal weights only an earlier one gets more, and a unit at most");
            else
                held.hold((weights[j] < weights[i]) ? shares[j] <= shares[i] + money{1}
                                                    : shares[i] <= shares[j] + money{1},
                          "a larger weight never gets less by more than the odd unit");
    }
    held.hold(shares == spread_by_hand(whole, weights), "a second implementation agrees");
    held.hold(shares == spread(whole, weights), "the same again is the same");
}

void test_spread(tap& t) {
    for (const spread_case& c : spread_cases)
        t.ok(spread({c.whole}, amounts(c.weights)) == amounts(c.wanted), c.name);

    const auto& defect = errors::internal_error;
    t.throws(
        defect, [] { spread({1}, {}); }, "an amount cannot be spread over nobody");
    t.throws(
        defect,
        [] {
            spread({1}, {{0}, {0}});
        },
        "nor where nothing weighs");
    t.throws(
        defect, [] { spread({-1}, {{1}}); }, "a negative amount cannot be spread");
    t.throws(
        defect,
        [] {
            spread({1}, {{2}, {-1}});
        },
        "nor one over a negative weight");
    t.throws(
        defect,
        [] {
            spread({0}, {{1}, {-1}});
        },
        "nor nothing over weights that sum to it");
    t.throws(
        defect, [] { spread(smallest, {smallest}); }, "nor the smallest amount");

    generator draw(20'240'602);
    laws held;
    for (int i = 0; i < 10'000; ++i) {
        std::vector<money> weights(static_cast<std::size_t>(draw.between(1, 12)));
        std::int64_t total = 0;
        const std::int64_t heaviest = draw.magnitude(max_money.minor);
        for (money& weight : weights) {
            weight.minor = draw.chance(15) ? 0 : draw.between(0, heaviest);
            if (draw.chance(15))
                weight = weights.front();
            total += weight.minor;
        }
        // sometimes more than all of them weigh together
        const std::int64_t most = draw.chance(20) ? max_money.minor : total;
        look_at_spread(held, {total == 0 ? 0 : draw.between(0, most)}, weights);
    }
    // every small case there is
    for (std::int64_t a = 0; a <= 4; ++a)
        for (std::int64_t b = 0; b <= 4; ++b)
            for (std::int64_t c = 0; c <= 4; ++c)
                for (std::int64_t whole = 0; whole <= (a + b + c == 0 ? 0 : 15); ++whole)
                    look_at_spread(held, {whole}, amounts({a, b, c}));
    held.report(t);
    t.is(held.count(), 10u, "each of these laws was looked at");
}

void test_units(tap& t) {
    constexpr money yen{100};
    t.ok(is_multiple({16'600}, yen) && !is_multiple({16'650}, yen) && is_multiple({-100}, yen),
         "what is a whole number of units");
    t.is(rounded({16'650}, yen).minor, 16'700, "a half is rounded away from zero");
    t.is(rounded({16'649}, yen).minor, 16'600, "less is rounded down");
    t.is(rounded({-16'650}, yen).minor, -16'700, "of a negative amount alike");
    t.is(truncated({16'699}, yen).minor, 16'600, "what is cut off is no part of it");
    t.is(percent_of({33'300}, 1'000, yen).minor, 3'300, "10 % of 333 yen are 33");
    t.is(percent_of({33'300}, 500, yen).minor, 1'700, "5 % are 16.65, and so 17");
    t.is(percent_of({33'333}, 1'000, hundredth).minor, 3'333, "of a dollar there are hundredths");
    t.ok(spread({1'000}, amounts({100, 100, 100}), yen) == amounts({400, 300, 300}),
         "the odd yen to the first of equals");
    t.ok(spread({1'050}, amounts({100, 100}), yen) == amounts({525, 525}),
         "what is no whole number of units is spread in hundredths");

    generator draw(20'240'603);
    laws held;
    for (int i = 0; i < 5'000; ++i) {
        held.next_case();
        const money unit{draw.chance(50) ? 100 : draw.between(1, 1'000)};
        std::vector<money> weights(static_cast<std::size_t>(draw.between(1, 12)));
        std::int64_t total = 0;
        for (money& weight : weights)
            total += weight.minor = draw.between(0, draw.magnitude(1'000'000));
        const money whole{total == 0 ? 0 : draw.between(0, total)};
        const std::vector<money> shares = spread(whole, weights);
        std::vector<money> in_units;
        for (const money share : spread(whole * unit.minor, weights, unit)) {
            held.hold(is_multiple(share, unit), "each share is a whole number of units");
            in_units.push_back({share.minor / unit.minor});
        }
        held.hold(in_units == shares, "units are spread as hundredths are");
        const std::int64_t hundredths = draw.magnitude(10'000);
        held.hold(percent_of(whole * unit.minor, hundredths, unit) ==
                      percent_of(whole, hundredths) * unit.minor,
                  "and so are their percentages");
        held.hold(rounded(truncated(whole, unit), unit) == truncated(whole, unit),
                  "what was rounded stays");
    }
    held.report(t);
    t.is(held.count(), 4u, "each of these laws was looked at");
}

} // namespace

int main() {
    tap t;
    test_operators(t);
    test_checked(t);
    test_percent(t);
    test_spread(t);
    test_units(t);
    return t.finish();
}
