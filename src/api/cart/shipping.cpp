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
    const auto text = object.at(key).number();
    const auto amount = text ? core::rounded_amount(*text) : std::nullopt;
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

// The objects of an array, up to what is none.
template <typename Read>
void each(const pg::json_reader& object, const char* key, int most, Read read) {
    const pg::json_reader all = object.at(key);
    const int count = std::min(all.array_length(), most);
    for (int i = 0; i < count; ++i) {
        const pg::json_reader one = all.at(std::to_string(i).c_str());
        if (!one.is_object())
            return;
        read(one);
    }
}

std::vector<core::shipping_tier> tiers_of(const pg::json_reader& rate, core::money unit) {
    std::vector<core::shipping_tier> tiers;
    each(rate, "tiers", max_tiers, [&](const pg::json_reader& tier) {
        const auto cost = amount_at(tier, "cost", unit);
        const auto pieces = number(tier.text("pieces"), max_pieces);
        const auto grams = number(tier.text("grams"), max_grams);
        if (cost && (pieces || grams))
            tiers.push_back({pieces.value_or(0), grams.value_or(0), *cost});
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

// What is no text among them is no country, and yet they are not all.
std::vector<std::string> countries_of(const pg::json_reader& rate) {
    std::vector<std::string> countries;
    const pg::json_reader named = rate.at("countries");
    const int count = std::min(named.array_length(), max_countries);
    for (int i = 0; i < count; ++i) {
        std::string country = named.text(std::to_string(i).c_str()).value_or("");
        std::transform(country.begin(), country.end(), country.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        countries.push_back(std::move(country));
    }
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

core::shipping_rule shipping_rule_of(pg::jsonb shipping_info, core::money unit) {
    const pg::json_reader info(shipping_info);
    core::shipping_rule rule;
    if (const auto cost = amount_at(info, "cost", unit))
        rule.cost = *cost;
    rule.free_over = amount_at(info, "free_over", core::hundredth);
    rule.countries = countries_of(info);
    // most say no more
    if (!info.has_any({"further", "tiers", "days", "rates", "pickup"}))
        return rule;
    read_rate(info, unit, rule);
    rule.grams = number(info.text("grams"), max_grams).value_or(0);
    rule.can_be_picked_up = info.text("pickup") == "true";
    each(info, "rates", max_rates, [&](const pg::json_reader& told) {
        core::shipping_rate rate = rule;
        rate.countries = countries_of(told);
        if (const auto cost = amount_at(told, "cost", unit); cost && !rate.countries.empty()) {
            rate.cost = *cost;
            if (const auto free_over = amount_at(told, "free_over", core::hundredth))
                rate.free_over = free_over;
            read_rate(told, unit, rate);
            rule.elsewhere.push_back(std::move(rate));
        }
    });
    return rule;
}

} // namespace driplo
