#include "core/offer_state.hpp"
#include "core/format.hpp"

#include <string>
#include <string_view>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

struct expectation {
    offer_state from;
    std::string_view maker, recipient, buyer, system;
};

// Written from the published table, not from the code.
constexpr expectation expectations[] = {
    {offer_state::pending, "withdrawn", "accepted, declined, countered", "none",
     "accepted, declined, expired, void"},
    {offer_state::accepted, "none", "none", "used", "used, expired, void"},
    {offer_state::declined, "none", "none", "none", "none"},
    {offer_state::countered, "none", "none", "none", "none"},
    {offer_state::withdrawn, "none", "none", "none", "none"},
    {offer_state::expired, "none", "none", "none", "none"},
    {offer_state::voided, "none", "none", "none", "none"},
    {offer_state::used, "none", "none", "none", "none"},
};

bool lists(std::string_view list, std::string_view state) {
    return (", " + std::string(list) + ",").find(" " + std::string(state) + ",") !=
           std::string::npos;
}

} // namespace

int main() {
    tap t;
    t.is(std::size(expectations), offer_state_names.size(), "each state has an expectation");
    for (const expectation& e : expectations) {
        const std::string_view from = offer_state_name(e.from);
        t.is(next_offer_states(e.from, as_maker), e.maker,
             driplo::core::format("{}: next states for who made it", from));
        t.is(next_offer_states(e.from, as_recipient), e.recipient,
             driplo::core::format("{}: next states for who is to answer", from));
        t.is(next_offer_states(e.from, as_buyer), e.buyer,
             driplo::core::format("{}: the buyer's next states", from));
        t.is(next_offer_states(e.from, as_seller), "none",
             driplo::core::format("{}: a seller as such has no next state", from));
        t.is(next_offer_states(e.from, as_system), e.system,
             driplo::core::format("{}: the system's next states", from));
        t.is(next_offer_states(e.from, as_nobody), "none",
             driplo::core::format("{}: nobody has a next state", from));
        for (const std::string_view name : offer_state_names) {
            const offer_state to = *find_offer_state(name);
            t.ok(may_transition(e.from, to, as_maker) == lists(e.maker, name) &&
                     may_transition(e.from, to, as_recipient) == lists(e.recipient, name) &&
                     may_transition(e.from, to, as_buyer) == lists(e.buyer, name) &&
                     may_transition(e.from, to, as_system) == lists(e.system, name) &&
                     !may_transition(e.from, to, as_nobody),
                 driplo::core::format("{} to {}", from, name));
        }
    }
    t.ok(!find_offer_state("PENDING") && !find_offer_state("") && !find_offer_state("void "),
         "a name is matched exactly");
    for (const std::string_view name : offer_state_names) {
        const offer_state state = *find_offer_state(name);
        t.ok(is_live(state) == (name == "pending" || name == "accepted"),
             driplo::core::format("{}: whether it is live", name));
    }
    return t.finish();
}
