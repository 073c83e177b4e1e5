#include "core/search_terms.hpp"

#include <algorithm>
#include <cmath>

#include "core/purity.hpp"

namespace driplo::core::terms {

namespace {

// FNV-1a, and MurmurHash's last step: IDs made by hand, such as those of tests and imports, differ
// in their last digits only.
std::uint64_t hash(const uuid& id) noexcept {
    std::uint64_t value = 0xcbf29ce484222325;
    for (const unsigned char byte : id.bytes)
        value = (value ^ byte) * 0x100000001b3;
    value = (value ^ value >> 33) * 0xff51afd7ed558ccd;
    value = (value ^ value >> 33) * 0xc4ceb9fe1a85ec53;
    return value ^ value >> 33;
}

std::string with(const char* prefix, std::string_view key) {
    return key.empty() ? std::string() : prefix + std::string(key);
}

} // namespace

std::string category(const uuid& id) {
    constexpr char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";
    std::string term = "@c";
    std::uint64_t value = hash(id);
    for (int i = 0; i < 8; ++i, value >>= 5)
        term += digits[value & 31];
    return term;
}

std::string brand(std::string_view key) {
    return with("@b", key);
}

std::string size(std::string_view key) {
    return with("@s", key);
}

std::string color(std::string_view key) {
    return with("@k", key);
}

std::string condition(std::string_view key) {
    return with("@d", key);
}

std::string country(std::string_view code) {
    return with("@o", code);
}

std::string currency(std::string_view code) {
    return with("@u", code);
}

int price_octave(double price) noexcept {
    return price > 0 ? std::min(40, static_cast<int>(std::floor(std::log2(1 + price)))) : 0;
}

std::string octave(int number) {
    return "@G" + std::to_string(number);
}

int hot_block(double hot) noexcept {
    return static_cast<int>(std::floor(hot / weeks_of_block));
}

std::string block(int number) {
    return "@H" + std::to_string(number);
}

std::string sample_of(const uuid& listing) {
    return sample(static_cast<int>(hash(listing) % samples));
}

std::string sample(int number) {
    return "@z" + std::to_string(number);
}

std::string of_nothing() {
    return "@-";
}

} // namespace driplo::core::terms
