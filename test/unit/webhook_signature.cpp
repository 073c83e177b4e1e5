// The header that signs a webhook: what is read from it, and what is not.
#include "core/webhook_signature.hpp"

#include <string>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

int main() {
    tap t;
    const std::string hex(64, 'a'), other(64, 'B');
    const std::string header = "t=1700000000,v1=" + hex;
    const auto one = parse_webhook_signature(header);
    t.ok(one && one->timestamp == 1'700'000'000 && one->v1.size() == 1 && one->v1[0][31] == 0xaa,
         "a time and a signature");
    t.ok(one && one->timestamp_text == "1700000000", "the time as it was signed");
    const std::string rolled = "t=5,v1=" + hex + ",v1=" + other + ",v0=" + hex;
    const auto two = parse_webhook_signature(rolled);
    t.ok(two && two->v1.size() == 2 && two->v1[1][0] == 0xbb,
         "two while the secret is replaced, and none of another scheme");
    for (const std::string& broken :
         {std::string(), std::string("t=5"), "v1=" + hex, std::string("t=5,v1=abc"), "t=,v1=" + hex,
          "t=5x,v1=" + hex, "t=99999999999999999999,v1=" + hex, "t=5,v1=" + hex + "a",
          "t=5,v1=" + std::string(64, 'g'), "t=5,v0=" + hex, std::string(",,,=,"), "t 5,v1 " + hex})
        t.ok(!parse_webhook_signature(broken), "no signature: " + broken);
    t.ok(parse_webhook_signature("x,t=5,v1=zz,v1=" + hex + ",").has_value(),
         "what is not understood is passed over");

    sha256_digest a{}, b{};
    t.ok(equal_in_constant_time(a, b), "equal ones are equal");
    for (const std::size_t i : {0, 15, 31}) {
        b = a;
        b[i] = 1;
        t.ok(!equal_in_constant_time(a, b), "a difference in any place is one");
    }
    return t.finish();
}
