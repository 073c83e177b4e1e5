#include "core/parcels.hpp"

#include <algorithm>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

std::vector<std::int64_t> packed(std::size_t lines, const std::vector<sent_parcel>& parcels) {
    std::vector<std::int64_t> pieces(lines);
    for (const sent_parcel& parcel : parcels)
        if (parcel.contents)
            for (const packed_pieces& part : *parcel.contents)
                pieces[part.line] += part.quantity;
    return pieces;
}

} // namespace

std::vector<std::int64_t> left_to_pack(const std::vector<line_to_send>& lines,
                                       const std::vector<sent_parcel>& parcels) {
    std::vector<std::int64_t> left = packed(lines.size(), parcels);
    for (std::size_t i = 0; i < lines.size(); ++i)
        left[i] = lines[i].ordered - std::max(left[i], lines[i].refunded);
    return left;
}

std::vector<bool> covered_lines(const std::vector<line_to_send>& lines,
                                const std::vector<sent_parcel>& parcels) {
    const std::vector<std::int64_t> pieces = packed(lines.size(), parcels);
    std::vector<bool> covered(lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
        covered[i] = lines[i].is_picked_up || pieces[i] >= lines[i].ordered - lines[i].refunded;
    return covered;
}

bool holds_the_rest(const std::vector<sent_parcel>& parcels) noexcept {
    return parcels.empty() ||
           std::any_of(parcels.begin(), parcels.end(),
                       [](const sent_parcel& parcel) { return !parcel.contents; });
}

bool is_all_sent(const std::vector<line_to_send>& lines, const std::vector<sent_parcel>& parcels) {
    if (holds_the_rest(parcels))
        return true;
    const std::vector<bool> covered = covered_lines(lines, parcels);
    return std::all_of(covered.begin(), covered.end(), [](bool is_covered) { return is_covered; });
}

bool is_delivered(const std::vector<line_to_send>& lines, const std::vector<sent_parcel>& parcels) {
    return is_all_sent(lines, parcels) &&
           std::all_of(parcels.begin(), parcels.end(),
                       [](const sent_parcel& parcel) { return parcel.has_arrived; });
}

} // namespace driplo::core
