// What an order's parcels hold: how much of each line can still be packed, and when everything has
// been sent and has arrived.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace driplo::core {

/// A line of the order, in pieces: those that were bought and not cancelled, and those of them that
/// were refunded, which may be in a parcel already or not.
struct line_to_send {
    std::int64_t ordered, refunded;
    bool is_picked_up = false;
};

/// So many pieces of the line with this place in the order.
struct packed_pieces {
    std::size_t line;
    std::int64_t quantity;
};

/// Without contents of its own it holds all that no other parcel names.
struct sent_parcel {
    std::optional<std::vector<packed_pieces>> contents;
    bool has_arrived = false;
};

/// How many pieces a parcel beside these can hold of each line: as much of what was refunded as can
/// be in these counts as being there. Negative where more was refunded since than is in none.
std::vector<std::int64_t> left_to_pack(const std::vector<line_to_send>& lines,
                                       const std::vector<sent_parcel>& parcels);

/// Whether the parcels hold all of each line that is to be sent. What is picked up is in none.
std::vector<bool> covered_lines(const std::vector<line_to_send>& lines,
                                const std::vector<sent_parcel>& parcels);

/// Whether one parcel holds all that the others do not name; also of an order that has none.
bool holds_the_rest(const std::vector<sent_parcel>& parcels) noexcept;

/// Whether nothing is still to be sent.
bool is_all_sent(const std::vector<line_to_send>& lines, const std::vector<sent_parcel>& parcels);

/// Whether the order has arrived: all its parcels have, and nothing is still to be sent.
bool is_delivered(const std::vector<line_to_send>& lines, const std::vector<sent_parcel>& parcels);

} // namespace driplo::core
