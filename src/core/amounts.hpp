// Amounts by currency, as a setting writes them: "100, JPY 15000". An amount without a currency is
// for every one that is not named.
#pragma once

#include "core/money.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace driplo::core {

/// An amount as people write it, such as 12.50: nothing when it is none, has more than two digits
/// after the point, or does not fit into a table.
std::optional<money> parse_amount(std::string_view text);

/// The same of a number with more digits after the point, rounded half up.
std::optional<money> rounded_amount(std::string_view text);

class amounts_by_currency {
public:
    /// Nothing when the text is no such list: an amount has two digits after the point at most and
    /// fits into a table, a currency is one that there is, and none comes twice. An empty text is a
    /// list without amounts.
    static std::optional<amounts_by_currency> parse(std::string_view text);

    std::optional<money> in(std::string_view currency) const;

private:
    std::map<std::string, money, std::less<>> named_;
    std::optional<money> others_;
};

} // namespace driplo::core
