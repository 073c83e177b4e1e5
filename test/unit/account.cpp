#include "core/account.hpp"
#include "core/format.hpp"

#include <string>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using namespace std::string_view_literals;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
    std::string result;
    for (; times > 0; --times)
        result += text;
    return result;
}

void test_account_type(tap& t) {
    t.ok(is_account_type("personal") && is_account_type("brand"), "the two account types");
    for (const std::string_view value :
         {""sv, "Personal"sv, "brand "sv, "brand\0"sv, "brands"sv, "admin"sv})
        t.ok(!is_account_type(value),
             driplo::core::format("\"{}\" is no account type", excerpt(value)));
}

void test_full_name(tap& t) {
    struct row {
        std::string_view value;
        std::string_view wanted; // empty: not accepted
    };
    const row rows[] = {
        {"Jane Doe", "Jane Doe"},
        {"  Jane Doe \t", "Jane Doe"},
        {"\xe5\xb1\xb1\xe7\x94\xb0\xe3\x80\x80", "\xe5\xb1\xb1\xe7\x94\xb0"},
        {"J", "J"},
        {"O'Brien; --", "O'Brien; --"},
        {"", ""},
        {"   ", ""},
        {"\xe2\x80\x8b\xc2\xa0", ""},
        {"Jane\nDoe", ""},
        {"Jane\0Doe"sv, ""},
        {"Jane\x7f", ""},
        {"Jane\xc2\x9b", ""},
        {"Jane\xff", ""},
        {"Jane\xe2\x82", ""},
        {"\xed\xa0\x80", ""},
    };
    for (const row& r : rows)
        t.is(accepted_full_name(r.value).value_or(""), r.wanted,
             driplo::core::format("full name \"{}\"", excerpt(r.value)));

    t.ok(accepted_full_name(std::string(100, 'x')).has_value(), "100 letters");
    t.ok(!accepted_full_name(std::string(101, 'x')), "101 letters");
    t.ok(accepted_full_name(repeated("\xf0\x9f\x91\x97", 100)).has_value(),
         "100 characters of four bytes");
    t.ok(!accepted_full_name(repeated("\xf0\x9f\x91\x97", 101)), "101 characters of four bytes");
    t.ok(accepted_full_name(std::string(1 << 20, ' ') + "Jane").has_value(),
         "a megabyte of blanks is trimmed first");
    t.ok(!accepted_full_name(std::string(1 << 20, 'x')), "a megabyte of letters");
}

} // namespace

int main() {
    tap t;
    test_account_type(t);
    test_full_name(t);
    return t.finish();
}
