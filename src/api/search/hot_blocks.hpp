// Blocks of four weeks of `hot`, by which the index finds the newest and most popular of many
// matches.
#pragma once

#include "api/search/words.hpp"

#include <optional>

namespace driplo {

class hot_blocks {
public:
    explicit hot_blocks(pg::spi) {}

    // The beginning of a block, above which there is about that share of all rows below another
    // value, or at all.
    double down_to(double share, const std::optional<double>& below) const;

    // What each row has of which hot is between them; none when there would be too many terms.
    conditions terms(double down_to, const std::optional<double>& below) const;

private:
    mutable std::optional<int> top_;
};

} // namespace driplo
