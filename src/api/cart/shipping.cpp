#include "api/cart/shipping.hpp"

#include "core/amounts.hpp"
#include "pg/json.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace driplo {

namespace {

constexpr int max_rates = 50, max_tiers = 20, max_countries = 300;
constexpr std::int64_t max_pieces = 1'000'000, max_grams = 10'000'000, max_days = 365;

std::optional<core::money> amount_at(const pg::json_reader& object, const char* key,
                                     core::money unit) {
    const auto text = object.text(key);
    const auto amount = text ? core::parse_amount(*text) : std::nullopt;
    return amount ? std::optional(core::rounded(*amount, unit)) : std::nullopt;
}

std::optional<std::int64_t> number(const std::optional<std::string>& text, std::int64_t most) {
    std::int64_t value = 0;
    if (!text)
        return std::nullopt;
    const char* last = text->data() + text->size();
    const auto parsed = std::from_chars(text->data(), last, value);
    if (parsed.ec != std::errc() || parsed.ptr != last || value < 0 || value > most)
        return std::nullopt;
    return value;
}

// What stands at the places of an array, as far as it goes.
template <typename Read>
void each(const pg::json_reader& object, const char* key, int most, Read read) {
    for (int i = 0; i < most; ++i)
        if (!read(std::to_string(i).c_str(), object.at(key)))
            return;
}

std::vector<core::shipping_tier> tiers_of(const pg::json_reader& rate, core::money unit) {
    std::vector<core::shipping_tier> tiers;
    each(rate, "tiers", max_tiers, [&](const char* place, const pg::json_reader& all) {
        const pg::json_reader tier = all.at(place);
        const auto cost = amount_at(tier, "cost", unit);
        const auto pieces = number(tier.text("pieces"), max_pieces);
        const auto grams = number(tier.text("grams"), max_grams);
        if (cost && (pieces || grams))
            tiers.push_back({pieces.value_or(0), grams.value_or(0), *cost});
        return tier.is_object();
    });
    return tiers;
}

std::optional<core::delivery_days> days_of(const pg::json_reader& rate) {
    const auto least = number(rate.text("days", "0"), max_days);
    const auto most = number(rate.text("days", "1"), max_days);
    if (!least || !most || *least > *most)
        return std::nullopt;
    return core::delivery_days{static_cast<std::int32_t>(*least), static_cast<std::int32_t>(*most)};
}

std::vector<std::string> countries_of(const pg::json_reader& rate) {
    std::vector<std::string> countries;
    each(rate, "countries", max_countries, [&](const char* place, const pg::json_reader& all) {
        auto country = all.text(place);
        if (!country)
            return false;
        std::transform(country->begin(), country->end(), country->begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        countries.push_back(*country);
        return true;
    });
    return countries;
}

// What is said of a rate; what is not stays as it is.
void read_rate(const pg::json_reader& told, core::money unit, core::shipping_rate& rate) {
    if (const auto further = amount_at(told, "further", unit))
        rate.further = further;
    if (auto tiers = tiers_of(told, unit); !tiers.empty())
        rate.tiers = std::move(tiers);
    if (const auto days = days_of(told))
        rate.days = days;
}

} // namespace

void read_shipping(pg::jsonb shipping_info, core::money unit, core::shipping_rule& rule) {
    const pg::json_reader info(shipping_info);
    read_rate(info, unit, rule);
    rule.grams = number(info.text("grams"), max_grams).value_or(0);
    rule.can_be_picked_up = info.text("pickup") == "true";
    each(info, "rates", max_rates, [&](const char* place, const pg::json_reader& all) {
        const pg::json_reader told = all.at(place);
        core::shipping_rate rate = rule;
        rate.countries = countries_of(told);
        if (const auto cost = amount_at(told, "cost", unit); cost && !rate.countries.empty()) {
            rate.cost = *cost;
            if (const auto free_over = amount_at(told, "free_over", core::hundredth))
                rate.free_over = free_over;
            read_rate(told, unit, rate);
            rule.elsewhere.push_back(std::move(rate));
        }
        return told.is_object();
    });
}

} // namespace driplo
