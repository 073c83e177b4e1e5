#include "core/text.hpp"

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr std::uint8_t byte_at(std::string_view text, std::size_t position) {
    return static_cast<std::uint8_t>(text[position]);
}

constexpr bool is_continuation(std::uint8_t byte) {
    return (byte & 0xC0) == 0x80;
}

constexpr bool is_control(std::uint32_t value) {
    return value < 0x20 || (value >= 0x7F && value < 0xA0);
}

constexpr bool is_white_space(std::uint32_t value) {
    return value == 0x20 || (value >= 0x09 && value <= 0x0D) || value == 0x85 || value == 0xA0 ||
           value == 0x1680 || (value >= 0x2000 && value <= 0x200B) || value == 0x2028 ||
           value == 0x2029 || value == 0x202F || value == 0x205F || value == 0x2060 ||
           value == 0x3000 || value == 0xFEFF;
}

// The longest well-formed sequence that ends the text, or its last byte.
code_point last_code_point(std::string_view text) {
    for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
        const std::string_view tail = text.substr(text.size() - size);
        if (is_continuation(byte_at(tail, 0)))
            continue;
        const code_point found = first_code_point(tail);
        if (found.valid && found.size == size)
            return found;
        break;
    }
    return {byte_at(text, text.size() - 1), 1, false};
}

bool has_any(std::string_view text, bool (*is_wanted)(std::uint32_t)) {
    while (!text.empty()) {
        const code_point next = first_code_point(text);
        if (next.valid && is_wanted(next.value))
            return true;
        text.remove_prefix(next.size);
    }
    return false;
}

} // namespace

code_point first_code_point(std::string_view text) noexcept {
    const std::uint8_t lead = byte_at(text, 0);
    const code_point invalid{lead, 1, false};
    if (lead < 0x80)
        return {lead, 1, true};

    std::size_t size;
    std::uint32_t value;
    std::uint32_t smallest;
    if (lead >= 0xC2 && lead <= 0xDF) {
        size = 2, value = lead & 0x1F, smallest = 0x80;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        size = 3, value = lead & 0x0F, smallest = 0x800;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        size = 4, value = lead & 0x07, smallest = 0x10000;
    } else {
        return invalid;
    }
    if (text.size() < size)
        return invalid;
    for (std::size_t i = 1; i < size; ++i) {
        if (!is_continuation(byte_at(text, i)))
            return invalid;
        value = value << 6 | (byte_at(text, i) & 0x3F);
    }
    if (value < smallest || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return invalid;
    return {value, size, true};
}

std::optional<std::size_t> count_code_points(std::string_view text) noexcept {
    std::size_t count = 0;
    while (!text.empty()) {
        const code_point next = first_code_point(text);
        if (!next.valid)
            return std::nullopt;
        text.remove_prefix(next.size);
        ++count;
    }
    return count;
}

std::string_view trim(std::string_view text) noexcept {
    while (!text.empty()) {
        const code_point next = first_code_point(text);
        if (!next.valid || !is_white_space(next.value))
            break;
        text.remove_prefix(next.size);
    }
    while (!text.empty()) {
        const code_point last = last_code_point(text);
        if (!last.valid || !is_white_space(last.value))
            break;
        text.remove_suffix(last.size);
    }
    return text;
}

bool has_white_space(std::string_view text) noexcept {
    return has_any(text, is_white_space);
}

bool has_control_character(std::string_view text) noexcept {
    return has_any(text, is_control);
}

bool is_web_address(std::string_view text) noexcept {
    if (text.size() > max_web_address_bytes || !count_code_points(text) ||
        has_control_character(text) || has_white_space(text))
        return false;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (text.substr(0, scheme.size()) != scheme)
            continue;
        const std::string_view rest = text.substr(scheme.size());
        return !rest.empty() &&
               std::string_view("/?#").find(rest.front()) == std::string_view::npos;
    }
    return false;
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

std::string excerpt(std::string_view text, std::size_t max_bytes) {
    std::string result;
    while (!text.empty()) {
        const code_point next = first_code_point(text);
        const bool printable = next.valid && !is_control(next.value);
        const std::size_t size = printable ? next.size : 1;
        if (result.size() + size > max_bytes) {
            result += "...";
            break;
        }
        if (printable)
            result.append(text.substr(0, size));
        else
            result += '?';
        text.remove_prefix(next.size);
    }
    return result;
}

} // namespace driplo::core
