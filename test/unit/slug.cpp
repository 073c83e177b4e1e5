#include "core/slug.hpp"

#include <set>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using namespace std::string_view_literals;

namespace {

// without the random part
std::string title_part(std::string_view title) {
    const std::string text = slug(title, 0);
    return text.substr(0, text.rfind('-'));
}

} // namespace

int main() {
    tap t;
    struct row {
        std::string_view title, expected;
    };
    for (const row& r : {row{"Blue lamp", "blue-lamp"}, row{"  Blue -- LAMP!  ", "blue-lamp"},
                         row{"2 m cable", "2-m-cable"}, row{"", "listing"}, row{"---", "listing"},
                         row{"\xe6\x9c\x8d", "listing"},
                         row{"Gr\xc3\xb6\xc3\x9f"
                             "e 38",
                             "grosse-38"},
                         row{"Caf\xc3\xa9 cr\xc3\xa8me", "cafe-creme"}, row{"Cafe\xcc\x81", "cafe"},
                         row{"\xd0\xa0\xd0\xbe\xd0\xba\xd0\xbb\xd1\x8f", "roklya"},
                         row{"\xd0\xa9\xd0\xb8\xd1\x82 \xe2\x84\x96 2", "shchit-2"},
                         row{"\xce\x92\xce\xb9\xce\xb2\xce\xbb\xce\xaf\xce\xbf", "vivlio"},
                         row{"\xe1\xba\xa4m tr\xc3\xa0", "am-tra"}, row{"\xcc\x81", "listing"},
                         row{"a\0b"sv, "a-b"}, row{"\xff\xfe", "listing"}})
        t.is(title_part(r.title), std::string(r.expected), "a title becomes a slug");
    t.is(title_part(std::string(500, 'x')), std::string(80, 'x'), "a long title is cut");
    t.is(title_part(std::string(79, 'x') + " y"), std::string(79, 'x'), "and not after a hyphen");
    t.is(title_part(std::string(79, 'x') + "\xc3\x9f"), std::string(79, 'x'),
         "nor in a letter that becomes two");
    t.is(slug("x", 0), std::string("x-00000000"), "eight random characters follow");
    t.is(slug("x", 35), std::string("x-z0000000"), "of digits and letters");
    std::set<std::string> seen;
    for (std::uint64_t i = 0; i < 10000; ++i)
        seen.insert(slug("x", i * 0x9e3779b97f4a7c15u));
    t.is(seen.size(), std::size_t{10000}, "that differ with the random number");
    return t.finish();
}
