// The states of orders that statements list, as core/order_state.hpp has them.
#pragma once

#include "core/order_state.hpp"
#include "pg/part.hpp"

namespace driplo {

// status IN ({unpaid_order_states}), which an index is to serve
inline constexpr pg::part unpaid_order_states{"unpaid_order_states", core::unpaid_order_states};
inline constexpr pg::part paid_order_states{"paid_order_states", core::paid_order_states};

} // namespace driplo
