// A refund of an order that several payments have paid: through which of them it goes.
#include "core/refund_routes.hpp"

#include <string>
#include <vector>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

std::string of(std::int64_t amount, const std::vector<money>& left) {
    std::string text;
    for (const money part : by_largest({amount}, left))
        text += (text.empty() ? "" : " ") + std::to_string(part.minor);
    return text;
}

void test_examples(tap& t) {
    t.is(of(8'000, {{6'000}, {5'000}}), "6000 2000", "more than one payment has goes in two parts");
    t.is(of(5'000, {{3'000}, {5'000}}), "0 5000", "the largest sends all of it when it can");
    t.is(of(5'000, {{6'000}, {6'000}}), "5000 0", "of equal ones the earlier one");
    t.is(of(100, {}), "", "no payment sends nothing");
    t.is(of(0, {{6'000}}), "0", "nothing is sent by none");
    t.is(of(9'000, {{1'000}, {-500}, {2'000}}), "1000 0 2000",
         "no more than is left, and nothing of what has less than nothing");
}

void look(laws& held, generator& draw) {
    held.next_case();
    std::vector<money> left;
    money room, most;
    for (std::int64_t i = draw.between(0, 8); i > 0; --i) {
        left.push_back({draw.magnitude(1'000'000) - (draw.chance(10) ? 500 : 0)});
        room += std::max(left.back(), money{});
        most = std::max(most, left.back());
    }
    // in any number of refunds one after the other
    money sent;
    for (std::int64_t i = draw.between(1, 4); i > 0; --i) {
        const money amount{draw.magnitude(2'000'000)};
        const std::vector<money> parts = by_largest(amount, left);
        held.hold(parts.size() == left.size(), "a part for each payment");
        money sum;
        int senders = 0;
        for (std::size_t p = 0; p < parts.size(); ++p) {
            held.hold(parts[p] >= money{}, "no part is negative");
            held.hold(parts[p] <= std::max(left[p], money{}), "no payment sends more than it has");
            senders += parts[p] > money{} ? 1 : 0;
            sum += parts[p];
            left[p] = left[p] - parts[p];
        }
        held.hold(sum == std::min(amount, room - sent), "all that there is room for goes back");
        held.hold(senders <= 1 || amount > most, "one payment sends what it can send alone");
        sent += sum;
        most = money{};
        for (const money each : left)
            most = std::max(most, each);
    }
    held.hold(sent <= room, "what goes back is what came");
}

} // namespace

int main() {
    tap t;
    test_examples(t);
    laws held;
    generator draw(20'261'130);
    for (int i = 0; i < 20'000; ++i)
        look(held, draw);
    held.report(t);
    return t.finish();
}
