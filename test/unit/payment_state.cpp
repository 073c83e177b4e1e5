// What news does to a payment: every order in which the news of a payment's life can come ends the
// same.
#include "core/payment_state.hpp"
#include "core/format.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

struct item {
    payment_news news;
    std::int64_t at;
};

payment_state after(const std::vector<item>& life) {
    payment_state state = payment_state::pending;
    std::optional<std::int64_t> last;
    for (const item& each : life)
        if (const auto next = after_news(state, each.news, each.at, last)) {
            state = *next;
            last = each.at;
        }
    return state;
}

// In every order, and each of it once more at the end.
bool always_ends(const std::vector<item>& life, payment_state end) {
    std::vector<std::size_t> order(life.size());
    for (std::size_t i = 0; i < order.size(); ++i)
        order[i] = i;
    do {
        std::vector<item> came;
        for (const std::size_t i : order)
            came.push_back(life[i]);
        if (after(came) != end)
            return false;
        came.insert(came.end(), life.begin(), life.end());
        if (after(came) != end)
            return false;
    } while (std::next_permutation(order.begin(), order.end()));
    return true;
}

} // namespace

int main() {
    tap t;
    using n = payment_news;
    using s = payment_state;
    struct life {
        const char* name;
        std::vector<item> news;
        payment_state end;
    };
    const std::vector<life> lives{
        {"processing", {{n::processing, 10}}, s::processing},
        {"paid at once", {{n::succeeded, 10}}, s::succeeded},
        {"processing, paid", {{n::processing, 10}, {n::succeeded, 20}}, s::succeeded},
        {"processing, failed", {{n::processing, 10}, {n::failed, 20}}, s::failed},
        {"requires action", {{n::requires_action, 10}}, s::requires_action},
        {"requires action, processing",
         {{n::requires_action, 10}, {n::processing, 20}},
         s::processing},
        {"requires action, processing of one second",
         {{n::requires_action, 10}, {n::processing, 10}},
         s::processing},
        {"processing, requires action again",
         {{n::processing, 10}, {n::requires_action, 20}},
         s::requires_action},
        {"of one second", {{n::processing, 10}, {n::failed, 10}}, s::failed},
        {"failed, tried again, paid",
         {{n::processing, 10}, {n::failed, 20}, {n::processing, 30}, {n::succeeded, 40}},
         s::succeeded},
        {"failed, tried again",
         {{n::processing, 10}, {n::failed, 20}, {n::processing, 30}},
         s::processing},
        {"failed, given up",
         {{n::processing, 10}, {n::failed, 20}, {n::cancelled, 30}},
         s::cancelled},
        {"given up, and paid all the same", {{n::cancelled, 10}, {n::succeeded, 10}}, s::succeeded},
    };
    for (const life& each : lives)
        t.ok(always_ends(each.news, each.end),
             driplo::core::format("{}: whatever comes first", each.name));

    for (const s state : {s::succeeded, s::refunded, s::partially_refunded})
        for (const n news : {n::processing, n::failed, n::cancelled, n::succeeded})
            t.ok(!after_news(state, news, 99, 1),
                 driplo::core::format("{} stays, whatever comes", payment_state_name(state)));
    t.ok(after_news(s::requires_action, n::failed, 5, std::nullopt) == s::failed,
         "what waits for the buyer can fail");
    for (int i = 0; i < 8; ++i) {
        const auto state = static_cast<s>(i);
        t.ok(find_payment_state(payment_state_name(state)) == state,
             driplo::core::format("{} is found by its name", payment_state_name(state)));
    }
    t.ok(!find_payment_state("paid"), "an unknown name is none");
    return t.finish();
}
