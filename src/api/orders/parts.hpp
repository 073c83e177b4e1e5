// An order is the sum of its parts: one for each line, and the shipping. What each of them is worth
// to whom was fixed at checkout, and a part that goes back takes that from everybody.
#pragma once

#include "api/payments/ledger.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <cstdint>
#include <optional>

namespace driplo {

// So many pieces of a line; of no number all that are left of it.
struct line_pieces {
    pg::uuid line;
    std::optional<std::int64_t> quantity;
};

// How many pieces of the line there are, and how many of them were cancelled, came back in a
// return, or were refunded as pieces. Errors: P0002 for a line of another order.
struct pieces_of_line {
    std::int64_t quantity, gone;
    std::int64_t left() const { return quantity - gone; }
};
pieces_of_line count_pieces(pg::spi spi, const pg::uuid& order, const pg::uuid& line);
// The number that is meant. Error MK009 when fewer are left, or none.
std::int64_t required_pieces(pg::spi spi, const pg::uuid& order, const line_pieces& pieces);

// What can go back for a line, and from whom: what is left of the order without its other parts.
// Refunds that named no line count against the line that is asked about; what was refunded for it
// by name is gone, and once its money went back in a return only what was deducted then is left of
// it. Of the last line, when nothing of the others is left to go back, the shipping goes along.
// Of so many of its pieces: what those that are gone and these are worth together, less what has
// gone back for it and what was deducted; of the last ones all of that.
// Errors: P0002 for a line of another order.
core::settlement share_of_line(pg::spi spi, const order_money& order, const pg::uuid& line,
                               const std::optional<std::int64_t>& pieces = std::nullopt);

// The same of pieces that cost the buyer nothing: what the platform has paid for them. Nothing as
// long as less than that is left of it.
core::division gift_of_line(pg::spi spi, const order_money& order, const pg::uuid& line,
                            const std::optional<std::int64_t>& pieces);

} // namespace driplo
