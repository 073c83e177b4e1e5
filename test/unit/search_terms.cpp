#include "core/search_terms.hpp"

#include "core/fold.hpp"

#include <array>
#include <set>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

uuid numbered(unsigned n) {
    uuid id;
    id.bytes[14] = static_cast<unsigned char>(n >> 8);
    id.bytes[15] = static_cast<unsigned char>(n);
    return id;
}

} // namespace

int main() {
    tap t;

    t.is(terms::brand(folded_key("H & M")), std::string("@bh_m"), "a brand");
    t.is(terms::size(folded_key("EU 38,5")), std::string("@seu_38.5"), "a size");
    t.is(terms::color(""), std::string(), "nothing has no term");
    t.is(terms::country("BG"), std::string("@oBG"), "a country");

    std::set<std::string> keys;
    for (unsigned n = 0; n < 10000; ++n)
        keys.insert(terms::category(numbered(n)));
    t.is(keys.size(), std::size_t{10000},
         "categories with neighboring IDs have terms of their own");
    t.is(keys.begin()->size(), std::size_t{10}, "of ten characters");

    std::array<int, terms::samples> count{};
    for (unsigned n = 0; n < 64000; ++n)
        ++count[std::stoul(terms::sample_of(numbered(n)).substr(2))];
    bool is_even = true;
    for (const int each : count)
        is_even = is_even && each > 850 && each < 1150;
    t.ok(is_even, "samples are of one size, whatever the IDs");

    t.is(terms::price_octave(0), 0, "the octave of nothing");
    t.is(terms::price_octave(0.99), 0, "below one");
    t.is(terms::price_octave(1), 1, "of one");
    t.is(terms::price_octave(2.99), 1, "below three");
    t.is(terms::price_octave(3), 2, "of three");
    t.is(terms::price_octave(99999999.99), 26, "of the dearest");
    t.is(terms::hot_block(2911.99), 727, "the end of a block");
    t.is(terms::hot_block(2912), 728, "and the beginning of the next");
    t.is(terms::hot_block(-0.5), -1, "before 1970");

    return t.finish();
}
