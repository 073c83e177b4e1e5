#include "core/text.hpp"
#include "core/format.hpp"

#include <string>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using namespace std::string_view_literals;

namespace {

void test_web_address(tap& t) {
    for (const std::string_view value :
         {"https://cdn.example/a.png"sv, "http://a"sv, "https://[::1]/a"sv,
          "https://x/\xc3\xa9.png"sv, "https://x?y#z"sv})
        t.ok(is_web_address(value), driplo::core::format("address \"{}\"", value));
    for (const std::string_view value : {""sv,
                                         "https://"sv,
                                         "http://"sv,
                                         "https:///a"sv,
                                         "https://?a"sv,
                                         "https://#a"sv,
                                         "https:/a"sv,
                                         "ftp://a"sv,
                                         "javascript:alert(1)"sv,
                                         "javascript://a"sv,
                                         "data:image/png,x"sv,
                                         " https://a"sv,
                                         "https://a "sv,
                                         "https://a b"sv,
                                         "https://a\n"sv,
                                         "https://a\0"sv,
                                         "https://a\x7f"sv,
                                         "https://a\xc2\xa0"sv,
                                         "https://a\xe2\x80\xa8"sv,
                                         "https://a\xff"sv,
                                         "xhttps://a"sv,
                                         "//a/b"sv,
                                         "a.png"sv,
                                         "http"sv})
        t.ok(!is_web_address(value), driplo::core::format("no address \"{}\"", excerpt(value)));
    const std::string begin = "https://";
    t.ok(is_web_address(begin + std::string(2048 - begin.size(), 'a')), "2048 bytes");
    t.ok(!is_web_address(begin + std::string(2049 - begin.size(), 'a')), "2049 bytes");
    t.ok(!is_web_address(begin + std::string(1 << 20, 'a')), "a megabyte");
}

} // namespace

int main() {
    tap t;

    struct sequence {
        std::string_view bytes;
        std::uint32_t value;
        std::size_t size;
        bool valid;
        const char* name;
    };
    const sequence sequences[] = {
        {"a"sv, 'a', 1, true, "ASCII"},
        {"\0"sv, 0, 1, true, "NUL"},
        {"\x7f"sv, 0x7F, 1, true, "the last of one byte"},
        {"\xc2\x80"sv, 0x80, 2, true, "the first of two bytes"},
        {"\xdf\xbf"sv, 0x7FF, 2, true, "the last of two bytes"},
        {"\xe0\xa0\x80"sv, 0x800, 3, true, "the first of three bytes"},
        {"\xed\x9f\xbf"sv, 0xD7FF, 3, true, "the last before the surrogates"},
        {"\xee\x80\x80"sv, 0xE000, 3, true, "the first after the surrogates"},
        {"\xef\xbf\xbf"sv, 0xFFFF, 3, true, "the last of three bytes"},
        {"\xf0\x90\x80\x80"sv, 0x10000, 4, true, "the first of four bytes"},
        {"\xf4\x8f\xbf\xbf"sv, 0x10FFFF, 4, true, "the last of all"},
        {"\x80"sv, 0x80, 1, false, "a continuation alone"},
        {"\xc0\x80"sv, 0xC0, 1, false, "an overlong NUL"},
        {"\xc1\xbf"sv, 0xC1, 1, false, "overlong in two bytes"},
        {"\xe0\x9f\xbf"sv, 0xE0, 1, false, "overlong in three bytes"},
        {"\xf0\x8f\xbf\xbf"sv, 0xF0, 1, false, "overlong in four bytes"},
        {"\xed\xa0\x80"sv, 0xED, 1, false, "a surrogate"},
        {"\xf4\x90\x80\x80"sv, 0xF4, 1, false, "above U+10FFFF"},
        {"\xf5\x80\x80\x80"sv, 0xF5, 1, false, "a lead that does not exist"},
        {"\xff"sv, 0xFF, 1, false, "0xFF"},
        {"\xe2\x82"sv, 0xE2, 1, false, "cut short"},
        {"\xe2\x82\x61"sv, 0xE2, 1, false, "a letter inside"},
    };
    for (const sequence& s : sequences) {
        const code_point found = first_code_point(s.bytes);
        t.ok(found.value == s.value && found.size == s.size && found.valid == s.valid,
             driplo::core::format("first_code_point: {}", s.name));
    }

    t.is(count_code_points("").value(), 0u, "an empty text has no characters");
    t.is(count_code_points("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x91\x97").value(), 4u,
         "characters of one to four bytes");
    t.ok(!count_code_points("abc\xff"), "no count for what is not UTF-8");
    t.ok(!count_code_points("abc\xe2\x82"), "no count for a text cut inside a character");

    struct trimming {
        std::string_view text;
        std::string_view wanted;
        const char* name;
    };
    const trimming trimmings[] = {
        {""sv, ""sv, "nothing"},
        {"a"sv, "a"sv, "one letter"},
        {" \t\r\n\v\f"sv, ""sv, "blanks only"},
        {"  a b\t"sv, "a b"sv, "the blank inside stays"},
        {"\xc2\xa0"
         "a\xe3\x80\x80"sv,
         "a"sv, "no-break and ideographic space"},
        {"\xef\xbb\xbf\xe2\x80\x8b\xe2\x81\xa0\xe1\x9a\x80\xe2\x80\xa8"sv, ""sv,
         "invisible characters only"},
        {" \xff "sv, "\xff"sv, "bytes that are not UTF-8 are no blanks"},
        {"a\x80 "sv, "a\x80"sv, "a continuation before a blank"},
        {"a\xe2\x80\x80\x80"sv, "a\xe2\x80\x80\x80"sv, "one continuation too many"},
        {"\xf0\x9f\x91\x97 "sv, "\xf0\x9f\x91\x97"sv, "a character of four bytes at the end"},
        {"\x80\x80\x80\x80\x80"sv, "\x80\x80\x80\x80\x80"sv, "continuations only"},
        {"\0 "sv, "\0"sv, "NUL is no blank"},
    };
    for (const trimming& row : trimmings)
        t.is(trim(row.text), row.wanted, driplo::core::format("trim: {}", row.name));
    t.is(trim(std::string(1 << 20, ' ')), ""sv, "trim: a megabyte of blanks");

    t.ok(has_white_space("a b") && has_white_space("a\xc2\xa0"), "white space is found");
    t.ok(!has_white_space("ab\xff") && !has_white_space(""), "no white space is found");
    t.ok(has_control_character("a\x1f") && has_control_character("a\0b"sv) &&
             has_control_character("\x7f") && has_control_character("\xc2\x85"),
         "control characters are found");
    t.ok(!has_control_character("a b\xc2\xa0\xff\x80"), "no control character is found");

    t.is(excerpt("short"), "short", "excerpt: a short text is whole");
    t.is(excerpt(std::string(64, 'x')), std::string(64, 'x'), "excerpt: just short enough");
    t.is(excerpt(std::string(65, 'x')), std::string(64, 'x') + "...", "excerpt: cut");
    t.is(excerpt("ab\xe2\x82\xac", 4), "ab...", "excerpt: never cut inside a character");
    t.is(excerpt("a\nb\0c\xff\x80\xc2\x85"sv), "a?b?c???", "excerpt: nothing unprintable");
    t.ok(count_code_points(excerpt(std::string(1 << 20, '\xf0'))).has_value(),
         "excerpt: always UTF-8");
    test_web_address(t);
    return t.finish();
}
