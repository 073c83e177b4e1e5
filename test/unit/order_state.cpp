#include "core/order_state.hpp"
#include "core/format.hpp"

#include <string>
#include <string_view>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

struct expectation {
    order_state from;
    std::string_view buyer, seller, system;
};

// Written from the published table, not from the code.
constexpr expectation expectations[] = {
    {order_state::pending_payment, "payment_processing, cancelled", "cancelled",
     "payment_processing, paid, payment_failed, cancelled"},
    {order_state::payment_processing, "cancelled", "none", "paid, payment_failed, cancelled"},
    {order_state::payment_failed, "payment_processing, cancelled", "cancelled",
     "payment_processing, cancelled"},
    {order_state::paid, "none", "preparing, shipped, cancelled",
     "preparing, shipped, cancelled, refunded"},
    {order_state::preparing, "none", "shipped, cancelled", "shipped, cancelled, refunded"},
    {order_state::shipped, "delivered", "in_transit", "in_transit, delivered, refunded"},
    {order_state::in_transit, "delivered", "none", "delivered, refunded"},
    {order_state::delivered, "completed", "none", "completed, refunded"},
    {order_state::completed, "none", "none", "refunded"},
    {order_state::cancelled, "none", "none", "none"},
    {order_state::refunded, "none", "none", "none"},
};

bool lists(std::string_view list, std::string_view state) {
    return (", " + std::string(list) + ",").find(" " + std::string(state) + ",") !=
           std::string::npos;
}

// As SQL lists them.
std::string labels_of(bool (*holds)(order_state)) {
    std::string list;
    for (const std::string_view name : order_state_names)
        if (holds(*find_order_state(name)))
            list += driplo::core::format("{}'{}'", list.empty() ? "" : ", ", name);
    return list;
}

} // namespace

int main() {
    tap t;
    t.is(std::size(expectations), order_state_names.size(), "each state has an expectation");
    for (const expectation& e : expectations) {
        const std::string_view from = order_state_name(e.from);
        t.is(next_order_states(e.from, as_buyer), e.buyer,
             driplo::core::format("{}: the buyer's next states", from));
        t.is(next_order_states(e.from, as_seller), e.seller,
             driplo::core::format("{}: the seller's next states", from));
        t.is(next_order_states(e.from, as_system), e.system,
             driplo::core::format("{}: the system's next states", from));
        t.is(next_order_states(e.from, as_nobody), "none",
             driplo::core::format("{}: nobody has a next state", from));
        for (const std::string_view name : order_state_names) {
            const order_state to = *find_order_state(name);
            t.ok(may_transition(e.from, to, as_buyer) == lists(e.buyer, name) &&
                     may_transition(e.from, to, as_seller) == lists(e.seller, name) &&
                     may_transition(e.from, to, as_system) == lists(e.system, name) &&
                     !may_transition(e.from, to, as_nobody),
                 driplo::core::format("{} to {}", from, name));
        }
    }
    t.ok(may_transition(order_state::paid, order_state::refunded, as_buyer | as_system),
         "a buyer who is an admin has the rights of both");
    t.ok(!find_order_state("PAID") && !find_order_state("") && !find_order_state("paid "),
         "a name is matched exactly");
    for (const auto state : {order_state::pending_payment, order_state::payment_processing,
                             order_state::payment_failed, order_state::paid, order_state::preparing,
                             order_state::shipped, order_state::in_transit})
        t.ok(needs_address(state),
             driplo::core::format("{}: the address is needed", order_state_name(state)));
    for (const auto state : {order_state::delivered, order_state::completed, order_state::cancelled,
                             order_state::refunded})
        t.ok(!needs_address(state),
             driplo::core::format("{}: the address is not needed", order_state_name(state)));
    for (const std::string_view name : order_state_names) {
        const order_state state = *find_order_state(name);
        const bool is_unpaid_by_name =
            name == "pending_payment" || name == "payment_processing" || name == "payment_failed";
        const bool has_ended = name == "cancelled" || name == "refunded";
        t.ok(is_unpaid(state) == is_unpaid_by_name &&
                 was_paid(state) == (!is_unpaid_by_name && !has_ended),
             driplo::core::format("{}: {}", name,
                                  is_unpaid_by_name ? "not paid yet"
                                  : has_ended       ? "has ended"
                                                    : "was paid"));
        t.ok(shows_address(state, false) == (!is_unpaid_by_name && !has_ended) &&
                 shows_address(state, true) == !is_unpaid_by_name,
             driplo::core::format("{}: the seller {} told the address", name,
                                  is_unpaid_by_name ? "is not"
                                  : has_ended       ? "of what was shipped was"
                                                    : "is"));
        const bool awaits = name == "pending_payment" || name == "payment_processing" ||
                            name == "payment_failed" || name == "paid" || name == "preparing";
        t.ok(awaits_seller(*find_order_state(name)) == awaits,
             driplo::core::format("{}: its seller is {}", name,
                                  awaits ? "needed" : "not needed any more"));
        const bool sends = name == "preparing" || name == "shipped";
        t.ok(begins_to_send(*find_order_state(name)) == sends,
             driplo::core::format("{}: the goods {}", name, sends ? "begin their way" : "do not"));
    }
    t.is(labels_of(is_unpaid), unpaid_order_states, "SQL lists the unpaid states that C++ knows");
    t.is(labels_of(was_paid), paid_order_states, "SQL lists the paid states that C++ knows");
    return t.finish();
}
