// Lines of an order and how many of their pieces, as clients name them in JSON:
//
//     [{"order_item_id": "...", "quantity": 2}, {"order_item_id": "..."}]
#pragma once

#include "api/orders/parts.hpp"

#include <vector>

namespace driplo {

// The jsonb argument, each line once and in the sequence of their ids; without a quantity all that
// is left of a line is meant. Errors: 22004, 22023.
std::vector<line_pieces> required_items(pg::spi spi, FunctionCallInfo fcinfo, int number);

} // namespace driplo
