// docs/offer-states.svg and the table in docs/offers.md show what src/core/offer_state.cpp says,
// and nothing else: picture.hpp.
#include "core/offer_state.hpp"

#include "picture.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using s = offer_state;

int main(int count, char** arguments) {
    const actor_names actors{{as_maker, "maker"},
                             {as_recipient, "recipient"},
                             {as_buyer, "buyer"},
                             {as_system, "system"}};
    const column_picture<offer_state, 8, 9> picture{
        "The states of an offer, and who may bring each about",
        offer_state_names,
        offer_transitions,
        actors,
        {s::withdrawn, s::declined, s::countered, s::pending, s::accepted, s::used},
        s::expired,
        s::voided,
        [](const transition<offer_state>& t) { return t.to == s::declined; }};
    return show(count, arguments, "offer-states.svg", picture.draw(), "offers.md",
                markdown_of(offer_state_names, offer_transitions, actors));
}
