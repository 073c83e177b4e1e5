#include "core/webhook_url.hpp"

#include <array>
#include <cstddef>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr std::size_t max_url_size = 2000, max_host_size = 253, max_label_size = 63;

// Names that are no host of the internet, by their last label: RFC 6761, 6762, 7686, 8375 (arpa),
// 9476, and what ICANN keeps free because private networks use it.
constexpr std::array<std::string_view, 12> private_domains{
    "alt",     "arpa", "corp",  "home",        "internal",  "intranet",
    "invalid", "lan",  "local", "localdomain", "localhost", "onion"};

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_letter(char c) {
    return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

constexpr bool is_letter_or_digit(char c) {
    return is_letter(c) || (c >= '0' && c <= '9');
}

bool equal_without_case(std::string_view text, std::string_view lower) {
    if (text.size() != lower.size())
        return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (to_lower(text[i]) != lower[i])
            return false;
    return true;
}

// Those of RFC 3986, section 2. "\" is none: many programs take it for "/".
bool is_url_character(char c) {
    constexpr std::string_view others = "-._~:/?#[]@!$&'()*+,;=%";
    return is_letter_or_digit(c) || others.find(c) != others.npos;
}

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > max_label_size || label.front() == '-' ||
        label.back() == '-')
        return false;
    for (const char c : label)
        if (!is_letter_or_digit(c) && c != '-')
            return false;
    return true;
}

// A number as the last label makes the host an IPv4 address: 127.1, 2130706433, 0x7f000001, 0177.1.
bool is_word(std::string_view label) {
    if (equal_without_case(label.substr(0, 4), "xn--"))
        return label.size() > 4;
    for (const char c : label)
        if (!is_letter(c))
            return false;
    return label.size() >= 2;
}

const char* host_problem(std::string_view host) {
    if (host.empty() || host.size() > max_host_size)
        return "Its host name is empty or longer than 253 characters.";
    std::size_t labels = 0;
    std::string_view last, rest = host;
    for (bool more = true; more; ++labels) {
        const std::size_t dot = rest.find('.');
        more = dot != rest.npos;
        last = rest.substr(0, dot);
        if (!is_label(last))
            return "Its host is not a name of letters, digits, and hyphens between dots.";
        rest.remove_prefix(more ? dot + 1 : rest.size());
    }
    if (labels < 2)
        return "Its host name has one part only, which no host of the internet has.";
    if (!is_word(last))
        return "Its host is an IP address, or its name ends with a number.";
    for (const std::string_view domain : private_domains)
        if (equal_without_case(last, domain))
            return "Its host name belongs to a private network.";
    return nullptr;
}

} // namespace

const char* webhook_url_problem(std::string_view url) noexcept {
    constexpr std::string_view scheme = "https://";
    if (url.size() > max_url_size)
        return "It is longer than 2000 characters.";
    for (const char c : url)
        if (!is_url_character(c))
            return "It has characters that no URL has; a host name in other letters is written in "
                   "Punycode.";
    if (!equal_without_case(url.substr(0, scheme.size()), scheme))
        return "It does not begin with https://.";
    url.remove_prefix(scheme.size());
    if (url.find('#') != url.npos)
        return "It has a fragment, which is not sent.";
    std::string_view host = url.substr(0, url.find_first_of("/?"));
    if (host.find('@') != host.npos)
        return "It has a user name or password.";
    if (!host.empty() && host.front() == '[')
        return "Its host is an IP address, or its name ends with a number.";
    if (const std::size_t colon = host.find(':'); colon != host.npos) {
        if (host.substr(colon) != ":443")
            return "It has a port other than 443.";
        host = host.substr(0, colon);
    }
    return host_problem(host);
}

} // namespace driplo::core
