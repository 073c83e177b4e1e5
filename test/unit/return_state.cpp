#include "core/return_state.hpp"
#include "core/format.hpp"

#include <string>
#include <string_view>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

struct expectation {
    return_state from;
    std::string_view buyer, seller, system;
};

// Written from the published table, not from the code.
constexpr expectation expectations[] = {
    {return_state::requested, "closed", "approved, rejected", "approved, rejected, closed"},
    {return_state::approved, "shipped_back, closed", "closed", "shipped_back, closed"},
    {return_state::rejected, "closed", "closed", "closed"},
    {return_state::shipped_back, "none", "received", "received, rejected"},
    {return_state::received, "none", "inspecting, refunded, replaced, rejected",
     "inspecting, refunded, replaced, rejected"},
    {return_state::inspecting, "none", "refunded, replaced, rejected",
     "refunded, replaced, rejected"},
    {return_state::refunded, "closed", "closed", "closed"},
    {return_state::replaced, "closed", "closed", "closed"},
    {return_state::closed, "none", "none", "none"},
};

bool lists(std::string_view list, std::string_view state) {
    return (", " + std::string(list) + ",").find(" " + std::string(state) + ",") !=
           std::string::npos;
}

} // namespace

int main() {
    tap t;
    t.is(std::size(expectations), return_state_names.size(), "each state has an expectation");
    for (const expectation& e : expectations) {
        const std::string_view from = return_state_name(e.from);
        t.is(next_return_states(e.from, as_buyer), e.buyer,
             driplo::core::format("{}: the buyer's next states", from));
        t.is(next_return_states(e.from, as_seller), e.seller,
             driplo::core::format("{}: the seller's next states", from));
        t.is(next_return_states(e.from, as_system), e.system,
             driplo::core::format("{}: the system's next states", from));
        t.is(next_return_states(e.from, as_nobody), "none",
             driplo::core::format("{}: nobody has a next state", from));
        for (const std::string_view name : return_state_names) {
            const return_state to = *find_return_state(name);
            t.ok(may_transition(e.from, to, as_buyer) == lists(e.buyer, name) &&
                     may_transition(e.from, to, as_seller) == lists(e.seller, name) &&
                     may_transition(e.from, to, as_system) == lists(e.system, name) &&
                     !may_transition(e.from, to, as_nobody),
                 driplo::core::format("{} to {}", from, name));
        }
    }
    t.ok(!find_return_state("REFUNDED") && !find_return_state("") && !find_return_state("closed "),
         "a name is matched exactly");
    for (const auto state :
         {return_state::requested, return_state::approved, return_state::shipped_back,
          return_state::received, return_state::inspecting})
        t.ok(!is_finished(state),
             driplo::core::format("{}: not finished", return_state_name(state)));
    for (const auto state : {return_state::rejected, return_state::refunded, return_state::replaced,
                             return_state::closed})
        t.ok(is_finished(state), driplo::core::format("{}: finished", return_state_name(state)));
    return t.finish();
}
