#include "core/webhook_signature.hpp"

#include <algorithm>
#include <charconv>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

std::optional<std::uint8_t> hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return static_cast<std::uint8_t>(c - '0');
    if (c >= 'a' && c <= 'f')
        return static_cast<std::uint8_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return static_cast<std::uint8_t>(c - 'A' + 10);
    return std::nullopt;
}

std::optional<sha256_digest> parse_digest(std::string_view hex) noexcept {
    sha256_digest digest{};
    if (hex.size() != 2 * digest.size())
        return std::nullopt;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        const auto high = hex_digit(hex[2 * i]), low = hex_digit(hex[2 * i + 1]);
        if (!high || !low)
            return std::nullopt;
        digest[i] = static_cast<std::uint8_t>(*high * 16 + *low);
    }
    return digest;
}

} // namespace

std::optional<webhook_signature> parse_webhook_signature(std::string_view header) {
    webhook_signature found{};
    while (!header.empty()) {
        const std::size_t end = std::min(header.find(','), header.size());
        const std::string_view part = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        const std::size_t equals = part.find('=');
        if (equals == std::string_view::npos)
            continue;
        const std::string_view name = part.substr(0, equals), value = part.substr(equals + 1);
        if (name == "t") {
            const char* last = value.data() + value.size();
            const auto parsed = std::from_chars(value.data(), last, found.timestamp);
            if (parsed.ec != std::errc() || parsed.ptr != last || value.empty())
                return std::nullopt;
            found.timestamp_text = value;
        } else if (name == "v1") {
            if (const auto digest = parse_digest(value))
                found.v1.push_back(*digest);
        }
    }
    if (found.timestamp_text.empty() || found.v1.empty())
        return std::nullopt;
    return found;
}

bool equal_in_constant_time(const sha256_digest& a, const sha256_digest& b) noexcept {
    // volatile, or the compiler may stop at the first difference
    volatile std::uint8_t difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
        difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
    return difference == 0;
}

} // namespace driplo::core
