#include "core/base64url.hpp"

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using namespace std::string_literals;

int main() {
    tap t;
    struct row {
        std::string bytes, text;
    };
    // RFC 4648, section 10
    for (const row& each :
         {row{"", ""}, row{"f", "Zg"}, row{"fo", "Zm8"}, row{"foo", "Zm9v"}, row{"foob", "Zm9vYg"},
          row{"fooba", "Zm9vYmE"}, row{"foobar", "Zm9vYmFy"}, row{"\xfb\xff\xbf", "-_-_"},
          row{"\0\0"s, "AAA"}}) {
        t.is(base64url(each.bytes), each.text, "written: " + each.text);
        t.ok(from_base64url(each.text) == each.bytes, "read: " + each.text);
    }
    for (const char* text :
         {"Z", "Zh", "Zg==", "Zm8=", "Zm9v+", "Zm9v/", "Zm 9v", "\xc3\xa9", "Zm9vY"})
        t.ok(!from_base64url(text), std::string("refused: ") + text);
    std::string all;
    for (int byte = 0; byte < 256; ++byte)
        all += static_cast<char>(byte);
    t.ok(from_base64url(base64url(all)) == all, "all bytes come back");
    return t.finish();
}
