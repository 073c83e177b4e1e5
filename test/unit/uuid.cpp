#include "core/uuid.hpp"

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

std::string written(const uuid& id) {
    std::string digits;
    for (const unsigned char byte : id.bytes)
        digits += format("{:02x}", byte);
    return digits;
}

uuid filled(unsigned char byte) {
    uuid made;
    made.bytes.fill(byte);
    return made;
}

} // namespace

int main() {
    tap t;
    const uuid none = filled(0), all = filled(0xff);
    // RFC 9562, appendix A.6: 2022-02-22 19:22:22 UTC, whose other bits are 0xcc3 and
    // 0x18c4dc0c0c07398f
    constexpr std::uint64_t published = 1'645'557'742'000'000'000;
    uuid random = none;
    random.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f};
    t.is(written(time_ordered_uuid(published + 797'608, random)),
         "017f22e279b07cc398c4dc0c0c07398f", "the example of RFC 9562");

    t.is(written(time_ordered_uuid(0, none)), "00000000000070008000000000000000",
         "the first of all");
    t.is(written(time_ordered_uuid(0, all)), "0000000000007000bfffffffffffffff",
         "what is random changes neither the time nor the version");
    t.is(written(time_ordered_uuid(999'999, none)), "0000000000007fff8000000000000000",
         "the last part of a millisecond");
    t.is(written(time_ordered_uuid(1'000'000, none)), "00000000000170008000000000000000",
         "the next millisecond");

    bool grows = true, is_marked = true;
    uuid last = time_ordered_uuid(published, all);
    for (std::uint64_t step = 1; step <= 10'000; ++step) {
        const uuid next = time_ordered_uuid(published + step * uuid_step, step % 2 ? none : all);
        grows = grows && last < next;
        is_marked = is_marked && next.bytes[6] >> 4 == 7 && next.bytes[8] >> 6 == 2;
        last = next;
    }
    t.ok(grows, "a step later it is greater, whatever is random");
    t.ok(is_marked, "each says that it is of version 7");
    return t.finish();
}
