#include "core/username.hpp"

#include "core/format.hpp"
#include "core/text.hpp"
#include "core/transliteration.hpp"

#include <algorithm>
#include <array>
#include <iterator>

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
    const auto add = [&](char c) {
        if ((!is_letter_or_digit(c) && !is_separator(c)) || (name.empty() && c == '.') ||
            name.size() == max_username_size)
            return;
        name += c;
        named = named || is_letter_or_digit(c);
    };
    while (!source.empty() && name.size() < max_username_size) {
        const code_point c = first_code_point(source);
        source.remove_prefix(c.size);
        if (c.valid && c.value < 0x80)
            add(to_lower(static_cast<char>(c.value)));
        else if (c.valid) {
            const auto letters = transliteration(c.value).value_or("");
            for (const char letter : letters)
                add(letter);
        }
    }
    if (!named)
        return {};
    while (name.back() == '.')
        name.pop_back();
    return name;
}

// Words that speak for the shop also where they are one part of several.
// clang-format off
constexpr std::string_view offices[] = {
    "admin", "administrator", "admins", "billing", "customerservice", "helpdesk", "moderation",
    "moderator", "moderators", "noreply", "official", "postmaster", "security", "staff", "support",
    "sysadmin", "verified", "webmaster",
};
// clang-format on

constexpr std::string_view brand = "driplo";

bool is_office(std::string_view part) noexcept {
    return std::find(std::begin(offices), std::end(offices), part) != std::end(offices);
}

struct plain_name {
    std::array<char, max_username_size> letters{}; // in lower case, without separators
    std::size_t size = 0;
    bool has_parts = false, names_office = false, fits = true;

    std::string_view text() const { return {letters.data(), size}; }
    bool speaks_for_shop() const {
        return (has_parts && names_office) || text().substr(0, brand.size()) == brand;
    }
};

plain_name plain(std::string_view name) noexcept {
    plain_name p;
    std::size_t part = 0;
    const auto end_part = [&] {
        p.names_office = p.names_office || is_office(p.text().substr(part));
        part = p.size;
    };
    for (const char c : name) {
        if (is_separator(c)) {
            p.has_parts = true;
            end_part();
        } else if (p.size == p.letters.size()) {
            p.fits = false;
            return p;
        } else {
            p.letters[p.size++] = to_lower(c);
        }
    }
    end_part();
    return p;
}

// A sign-up that asks for such a name gets another one; of the others digits make a free one.
std::string usable(std::string name) {
    if (plain(name).speaks_for_shop())
        name.clear();
    return name;
}

} // namespace

bool is_valid_username(std::string_view name) noexcept {
    return name.size() >= min_username_size && name.size() <= max_username_size &&
           std::all_of(name.begin(), name.end(),
                       [](char c) { return is_letter_or_digit(c) || is_separator(c); });
}

bool is_reserved_username(std::string_view name) noexcept {
    const plain_name p = plain(name);
    return p.fits && (p.speaks_for_shop() ||
                      std::binary_search(std::begin(reserved), std::end(reserved), p.text()));
}

std::string username_base(std::string_view wanted, std::string_view email) {
    std::string base = usable(sanitised(wanted));
    if (base.empty())
        base = usable(sanitised(email.substr(0, email.find('@'))));
    if (base.empty())
        base = fallback_username_base;
    return base;
}

std::string username_candidate(std::string_view base, unsigned attempt, std::uint64_t random) {
    if (attempt == 0 && is_valid_username(base) && !is_reserved_username(base))
        return std::string(base);
    const suffix_rule& rule = suffix_rule_of(base, attempt);
    return core::format("{}{:0{}}", base.substr(0, max_username_size - rule.digits),
                        random % rule.values, rule.digits);
}

} // namespace driplo::core
