#include "core/username.hpp"
#include "core/format.hpp"

#include <set>
#include <string>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using namespace std::string_view_literals;

namespace {

void test_validity(tap& t) {
    for (const std::string_view name :
         {"abc"sv, "a.b"sv, "a_b"sv, "123"sv, "..."sv, "abcdefghijklmnopqrstuvwxyz0123"sv})
        t.ok(is_valid_username(name), driplo::core::format("\"{}\" is valid", name));
    for (const std::string_view name :
         {""sv, "ab"sv, "abcdefghijklmnopqrstuvwxyz01234"sv, "Abc"sv, "a-b"sv, "a b"sv, "abc\n"sv,
          "ab\0c"sv, "ab\xc3\xa9"sv, "\xff\xff\xff"sv, "abc@"sv, "ab`"sv, "ab{"sv, "ab/"sv,
          "ab:"sv})
        t.ok(!is_valid_username(name), driplo::core::format("\"{}\" is not valid", excerpt(name)));
}

void test_reserved(tap& t) {
    for (const std::string_view name :
         {"about"sv,        "admin"sv,         "root"sv,
          "support"sv,      "www"sv,           "user"sv,
          "driplo"sv,       "null"sv,          "ad.min"sv,
          "a_d.m_i.n"sv,    "_admin_"sv,       "Admin"sv,
          "ROOT"sv,         "user_"sv,         "................................admin"sv,
          "driplo.admin"sv, "support_team"sv,  "my.support"sv,
          "Driplo1"sv,      "d.r.i.p.l.o_x"sv, "the.official.shop1"sv})
        t.ok(is_reserved_username(name), driplo::core::format("\"{}\" is reserved", name));
    for (const std::string_view name :
         {""sv, "."sv, "jane"sv, "dream.team"sv, "my_shop"sv, "supporter_1"sv, "admin1"sv,
          "xadmin"sv, "adminx"sv, "a"sv, "zzz"sv, "ad-min"sv, "admin\0"sv,
          "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"sv})
        t.ok(!is_reserved_username(name),
             driplo::core::format("\"{}\" is not reserved", excerpt(name)));
}

void test_base(tap& t) {
    struct row {
        std::string_view wanted;
        std::string_view email;
        std::string_view base;
    };
    const row rows[] = {
        {"jane", "x@y.example", "jane"},
        {"JaNe_D.oe", "", "jane_d.oe"},
        {"", "Jane.Doe@mail.example", "jane.doe"},
        {"", "jane+shop@mail.example", "janeshop"},
        {"", "a@b@c", "a"},
        {"", "no-at-sign", "noatsign"},
        {"", "\"quoted local\"@mail.example", "quotedlocal"},
        {"", "@mail.example", "user_"},
        {"", "", "user_"},
        {"   ", "jane@x", "jane"},
        {"-!?", "jane@x", "jane"},
        {"___", "jane@x", "jane"},
        {"...", "...@x", "user_"},
        {"driplo.admin", "jane@x", "jane"},
        {"support_team", "", "user_"},
        {"admin", "", "admin"},
        {"\xd0\x9e\xd0\xbb\xd1\x8f", "", "olya"},
        {"..a..", "", "a"},
        {"_a_", "", "_a_"},
        {"a..b", "", "a..b"},
        {".-.a", "", "a"},
        {"a@b", "", "ab"},
        {"admin", "", "admin"},
        {"ab", "jane@x", "ab"},
        {"abcdefghijklmnopqrstuvwxyz0123456789", "", "abcdefghijklmnopqrstuvwxyz0123"},
        {"abcdefghijklmnopqrstuvwxyz012.456789", "", "abcdefghijklmnopqrstuvwxyz012"},
        {"Jos\xc3\xa9", "", "jose"},
        {"\xe5\xb1\xb1\xe7\x94\xb0", "yamada@x", "yamada"},
        {"\xff\xfe\x80jane\xc3"sv, "", "jane"},
        {"ja\0ne"sv, "", "jane"},
        {"\0"sv, "\0@x"sv, "user_"},
        {"'; DROP TABLE profiles; --", "", "droptableprofiles"},
        {"%s%n{}", "", "sn"},
    };
    for (const row& r : rows)
        t.is(
            username_base(r.wanted, r.email), r.base,
            driplo::core::format("base of \"{}\" and \"{}\"", excerpt(r.wanted), excerpt(r.email)));

    const std::string megabyte(1 << 20, 'x');
    t.is(username_base(megabyte, ""), std::string(30, 'x'), "base of a megabyte");
    t.is(username_base(std::string(1 << 20, '.'), megabyte + "@x"), std::string(30, 'x'),
         "base of a megabyte of dots");
    t.is(username_base(std::string(1 << 20, '\xff'), "jane@x"), "jane",
         "base of a megabyte that is not UTF-8");
    t.is(username_base(std::string(40, '_') + "jane", "doe@x"), "doe",
         "a name must begin to be one within 30 characters");
}

void test_candidates(tap& t) {
    constexpr std::uint64_t random = 12'345'678'901'234'567'890u;
    struct row {
        std::string_view base;
        unsigned attempt;
        std::string_view name;
    };
    const row rows[] = {
        {"jane", 0, "jane"},
        {"jane", 1, "jane7890"},
        {"jane", 4, "jane7890"},
        {"jane", 5, "jane34567890"},
        {"jane", 8, "jane34567890"},
        {"jane", 9, "jane5678901234567890"},
        {"jane", 4'000'000'000u, "jane5678901234567890"},
        {"jane", 4'294'967'295u, "jane5678901234567890"},
        {"ab", 0, "ab7890"},
        {"a", 0, "a7890"},
        {"abc", 0, "abc"},
        {"admin", 0, "admin7890"},
        {"ad.min", 0, "ad.min7890"},
        {"user", 0, "user7890"},
        {"user_", 0, "user_34567890"},
        {"user_", 1, "user_34567890"},
        {"user_", 9, "user_5678901234567890"},
        {"abcdefghijklmnopqrstuvwxyz0123", 0, "abcdefghijklmnopqrstuvwxyz0123"},
        {"abcdefghijklmnopqrstuvwxyz0123", 1, "abcdefghijklmnopqrstuvwxyz7890"},
        {"abcdefghijklmnopqrstuvwxyz0123", 5, "abcdefghijklmnopqrstuv34567890"},
        {"abcdefghijklmnopqrstuvwxyz0123", 9, "abcdefghijklmn5678901234567890"},
    };
    for (const row& r : rows)
        t.is(username_candidate(r.base, r.attempt, random), r.name,
             driplo::core::format("attempt {} at \"{}\"", r.attempt, r.base));
    t.is(username_candidate("jane", 1, 7), "jane0007", "digits have leading zeros");
    t.is(username_candidate("jane", 9, 0), "jane0000000000000000", "sixteen zeros");

    // Whatever comes in, what goes out may be stored.
    const std::string_view hostile[] = {
        ""sv,        "admin"sv, "ad.min"sv, "a.d.m.i.n."sv, "null"sv,      "\0\0\0"sv, "\xff"sv,
        "...a..."sv, "___"sv,   "user_"sv,  "USER"sv,       "undefined"sv, "a"sv,      "www.w"sv,
    };
    for (const std::string_view wanted : hostile)
        for (const std::string_view email : hostile) {
            bool good = true;
            const std::string base = username_base(wanted, email);
            for (unsigned attempt = 0; attempt < 12; ++attempt)
                for (const std::uint64_t digits : {std::uint64_t{0}, random, ~std::uint64_t{0}}) {
                    const std::string name = username_candidate(base, attempt, digits);
                    good = good && is_valid_username(name) && !is_reserved_username(name);
                }
            t.ok(good, driplo::core::format("every name for \"{}\" and \"{}\" is good",
                                            excerpt(wanted), excerpt(email)));
        }

    std::set<std::string> names;
    for (std::uint64_t i = 0; i < 10'000; ++i)
        names.insert(username_candidate("jane", 1, i));
    t.is(names.size(), 10'000u, "four digits give ten thousand names");
}

} // namespace

int main() {
    tap t;
    test_validity(t);
    test_reserved(t);
    test_base(t);
    test_candidates(t);
    return t.finish();
}
