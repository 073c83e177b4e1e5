#include "core/amounts.hpp"

#include "core/currency.hpp"
#include "core/text.hpp"

#include <algorithm>

#include "core/purity.hpp"

namespace driplo::core {

std::optional<money> parse_amount(std::string_view text) {
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::size_t decimals = point == text.size() ? 0 : text.size() - point - 1;
    if (point == 0 || (point < text.size() && decimals == 0) || decimals > 2)
        return std::nullopt;
    money amount;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == point)
            continue;
        if (text[i] < '0' || text[i] > '9' || amount > max_money)
            return std::nullopt;
        amount = {amount.minor * 10 + (text[i] - '0')};
    }
    for (std::size_t i = decimals; i < 2; ++i)
        amount = {amount.minor * 10};
    return amount <= max_money ? std::optional<money>{amount} : std::nullopt;
}

std::optional<money> rounded_amount(std::string_view text) {
    constexpr std::size_t kept = 2;
    const std::size_t point = std::min(text.find('.'), text.size());
    const std::string_view more =
        text.size() > point + 1 + kept ? text.substr(point + 1 + kept) : std::string_view();
    const auto amount = parse_amount(text.substr(0, text.size() - more.size()));
    if (!amount || more.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    const money up{amount->minor + (!more.empty() && more.front() >= '5' ? 1 : 0)};
    return up <= max_money ? std::optional<money>{up} : std::nullopt;
}

std::optional<amounts_by_currency> amounts_by_currency::parse(std::string_view text) {
    amounts_by_currency found;
    if (trim(text).empty())
        return found;
    for (bool more = true; more;) {
        const std::size_t end = std::min(text.find(','), text.size());
        more = end < text.size();
        const std::string_view entry = trim(text.substr(0, end));
        text.remove_prefix(more ? end + 1 : end);
        const std::size_t space = entry.find(' ');
        const auto amount =
            parse_amount(trim(space == std::string_view::npos ? entry : entry.substr(space)));
        if (!amount)
            return std::nullopt;
        if (space == std::string_view::npos) {
            if (found.others_)
                return std::nullopt;
            found.others_ = amount;
        } else if (!is_currency(entry.substr(0, space)) ||
                   !found.named_.emplace(entry.substr(0, space), *amount).second) {
            return std::nullopt;
        }
    }
    return found;
}

std::optional<money> amounts_by_currency::in(std::string_view currency) const {
    const auto named = named_.find(currency);
    return named == named_.end() ? others_ : named->second;
}

} // namespace driplo::core
