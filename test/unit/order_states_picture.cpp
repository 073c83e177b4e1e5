// docs/order-states.svg and the table in docs/orders.md show what src/core/order_state.cpp says,
// and nothing else: picture.hpp.
#include "core/order_state.hpp"

#include "picture.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using s = order_state;

int main(int count, char** arguments) {
    const actor_names actors{{as_buyer, "buyer"}, {as_seller, "seller"}, {as_system, "system"}};
    const column_picture<order_state, 11, 24> picture{
        "The states of an order, and who may bring each about",
        order_state_names,
        order_transitions,
        actors,
        {s::pending_payment, s::payment_failed, s::payment_processing, s::paid, s::preparing,
         s::shipped, s::in_transit, s::delivered, s::completed},
        s::cancelled,
        s::refunded,
        // where no bar is
        [](const order_transition& t) { return t.to <= s::paid; }};
    return show(count, arguments, "order-states.svg", picture.draw(), "orders.md",
                markdown_of(order_state_names, order_transitions, actors));
}
