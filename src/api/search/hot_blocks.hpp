// Blocks of 13 weeks of `hot`, by which the index finds the newest and most popular of many
// matches.
#pragma once

#include "pg/session.hpp"

#include <optional>
#include <string>

namespace driplo {

class hot_blocks {
public:
    explicit hot_blocks(pg::spi) {}

    // The beginning of a block, above which there is about that share of all rows below another
    // value, or at all.
    double down_to(double share, const std::optional<double>& below) const;

    // What each row has of which hot is between them; empty when there would be too many terms.
    std::string terms(double down_to, const std::optional<double>& below) const;

private:
    mutable std::optional<int> top_;
};

} // namespace driplo
