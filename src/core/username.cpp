#include "core/username.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

// Without "." and "_", in order. No word has a digit: a name with a suffix is therefore never
// reserved.
// clang-format off
constexpr std::string_view reserved[] = {
    "about", "abuse", "account", "accounts", "admin", "administrator", "admins", "all",
    "anonymous", "api", "app", "assets", "auth", "authenticated", "billing", "bot", "cart", "cdn",
    "checkout", "contact", "customerservice", "deleted", "deleteduser", "driplo", "driploofficial",
    "driplosupport", "driploteam", "email", "everyone", "false", "ftp", "guest", "help",
    "helpdesk", "hostmaster", "info", "legal", "login", "logout", "mail", "me", "mod",
    "moderation", "moderator", "moderators", "mods", "nan", "nobody", "none", "noreply", "null",
    "official", "orders", "owner", "payment", "payments", "postmaster", "press", "privacy",
    "profile", "refund", "refunds", "register", "root", "security", "self", "service",
    "servicerole", "settings", "shop", "signin", "signup", "staff", "static", "status",
    "superuser", "support", "sysadmin", "system", "team", "terms", "true", "trust", "undefined",
    "unknown", "user", "username", "users", "verified", "webmaster", "www",
};
// clang-format on

constexpr bool is_well_formed_table() {
    for (std::size_t i = 0; i < std::size(reserved); ++i) {
        if (i > 0 && !(reserved[i - 1] < reserved[i]))
            return false;
        for (const char c : reserved[i])
            if (c < 'a' || c > 'z')
                return false;
    }
    return true;
}

static_assert(is_well_formed_table(), "sorted, without repetition, letters only");

// How many digits follow the base, by the first attempt that is not of the row any more.
struct suffix_rule {
    unsigned before_attempt;
    unsigned digits;
    std::uint64_t values; // 10^digits
};

constexpr std::array<suffix_rule, 3> suffix_rules{{
    {5, 4, 10'000},
    {9, 8, 100'000'000},
    {static_cast<unsigned>(-1), 16, 10'000'000'000'000'000},
}};

// The fallback is shared by everybody who gives nothing, so four digits would soon be used up.
constexpr unsigned fallback_digits = 8;

const suffix_rule& suffix_rule_of(std::string_view base, unsigned attempt) {
    for (const suffix_rule& rule : suffix_rules)
        if (attempt < rule.before_attempt &&
            (base != fallback_username_base || rule.digits >= fallback_digits))
            return rule;
    return suffix_rules.back();
}

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

constexpr bool is_separator(char c) {
    return c == '.' || c == '_';
}

// Empty when nothing is left that could be called a name.
std::string sanitised(std::string_view source) {
    std::string name;
    bool named = false;
    for (const char original : source) {
        const char c = to_lower(original);
        if (!is_letter_or_digit(c) && !is_separator(c))
            continue;
        if (name.empty() && c == '.')
            continue;
        name += c;
        named = named || is_letter_or_digit(c);
        if (name.size() == max_username_size)
            break;
    }
    if (!named)
        return {};
    while (name.back() == '.')
        name.pop_back();
    return name;
}

} // namespace

bool is_valid_username(std::string_view name) noexcept {
    return name.size() >= min_username_size && name.size() <= max_username_size &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return is_letter_or_digit(c) || is_separator(c); });
}

bool is_reserved_username(std::string_view name) noexcept {
    std::array<char, max_username_size> letters{};
    std::size_t size = 0;
    for (const char c : name) {
        if (is_separator(c))
            continue;
        if (size == letters.size())
            return false;
        letters[size++] = to_lower(c);
    }
    return std::binary_search(std::begin(reserved), std::end(reserved),
                              std::string_view{letters.data(), size});
}

std::string username_base(std::string_view wanted, std::string_view email) {
    std::string base = sanitised(wanted);
    if (base.empty())
        base = sanitised(email.substr(0, email.find('@')));
    if (base.empty())
        base = fallback_username_base;
    return base;
}

std::string username_candidate(std::string_view base, unsigned attempt, std::uint64_t random) {
    if (attempt == 0 && is_valid_username(base) && !is_reserved_username(base))
        return std::string(base);
    const suffix_rule& rule = suffix_rule_of(base, attempt);
    return fmt::format("{}{:0{}}", base.substr(0, max_username_size - rule.digits),
                       random % rule.values, rule.digits);
}

} // namespace driplo::core
