#include "core/dispute_state.hpp"
#include "core/format.hpp"

#include <array>
#include <string>
#include <string_view>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

struct expectation {
    dispute_state from;
    std::string_view buyer, seller, system, initiator, respondent;
};

constexpr std::string_view none = "none";

// Written from the published table, not from the code. In what capacities somebody acts adds up.
constexpr expectation expectations[] = {
    {dispute_state::open, none, none,
     "awaiting_seller_response, awaiting_buyer_response, under_review, resolved, cancelled",
     "cancelled", "under_review"},
    {dispute_state::awaiting_seller_response, none, "under_review",
     "under_review, escalated, resolved, cancelled", "cancelled", none},
    {dispute_state::awaiting_buyer_response, "under_review", none,
     "under_review, escalated, resolved, cancelled", "cancelled", none},
    {dispute_state::under_review, none, none,
     "awaiting_seller_response, awaiting_buyer_response, resolved, cancelled", "cancelled", none},
    {dispute_state::escalated, none, none, "under_review, resolved, cancelled", "cancelled", none},
    {dispute_state::resolved, none, none, "closed", none, none},
    {dispute_state::closed, none, none, none, none, none},
    {dispute_state::cancelled, none, none, "closed", none, none},
};

bool lists(std::string_view list, std::string_view state) {
    return (", " + std::string(list) + ",").find(" " + std::string(state) + ",") !=
           std::string::npos;
}

} // namespace

int main() {
    tap t;
    t.is(std::size(expectations), dispute_state_names.size(), "each state has an expectation");
    for (const expectation& e : expectations) {
        const std::string_view from = dispute_state_name(e.from);
        const std::array<std::pair<unsigned, std::string_view>, 6> by{
            {{as_buyer, e.buyer},
             {as_seller, e.seller},
             {as_system, e.system},
             {as_initiator, e.initiator},
             {as_respondent, e.respondent},
             {as_nobody, none}}};
        for (const auto& [actor, expected] : by) {
            t.is(next_dispute_states(e.from, actor), expected,
                 driplo::core::format("{}: the next states of actor {}", from, actor));
            for (const std::string_view name : dispute_state_names)
                t.ok(may_transition(e.from, *find_dispute_state(name), actor) ==
                         lists(expected, name),
                     driplo::core::format("{} to {} by actor {}", from, name, actor));
        }
    }
    t.is(next_dispute_states(dispute_state::awaiting_buyer_response, as_buyer | as_initiator),
         "under_review, cancelled", "a buyer who has opened the dispute may do both");
    t.ok(!find_dispute_state("OPEN") && !find_dispute_state("") && !find_dispute_state("open "),
         "a name is matched exactly");
    for (const std::string_view name : dispute_state_names)
        t.is(is_open(*find_dispute_state(name)),
             name != "resolved" && name != "closed" && name != "cancelled",
             driplo::core::format("{}: open or not", name));

    for (const std::string_view name : {"full_refund"})
        t.ok(find_resolution(name)->refund == refund_rule::everything,
             driplo::core::format("{} gives everything back", name));
    for (const std::string_view name : {"partial_refund", "keep_item_partial_refund"})
        t.ok(find_resolution(name)->refund == refund_rule::given_amount,
             driplo::core::format("{} gives back what is said", name));
    t.ok(find_resolution("return_and_refund")->refund == refund_rule::everything_or_given_amount,
         "return_and_refund gives everything back unless something else is said");
    for (const std::string_view name :
         {"replacement", "no_action", "cancelled_by_buyer", "cancelled_by_seller"})
        t.ok(find_resolution(name)->refund == refund_rule::nothing,
             driplo::core::format("{} moves no money", name));
    t.ok(!find_resolution("") && !find_resolution("FULL_REFUND") && !find_resolution("refund"),
         "other names are none");
    return t.finish();
}
