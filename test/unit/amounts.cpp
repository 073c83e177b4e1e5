#include "core/amounts.hpp"
#include "core/format.hpp"

#include <string>
#include <string_view>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

// The amounts in USD and JPY, or that there is no such list.
std::string read(std::string_view text) {
    const auto list = amounts_by_currency::parse(text);
    if (!list)
        return "refused";
    const auto in = [&](std::string_view currency) {
        const auto amount = list->in(currency);
        return amount ? driplo::core::format("{}", amount->minor) : std::string("none");
    };
    return in("USD") + " " + in("JPY");
}

std::string round(std::string_view text) {
    const auto amount = rounded_amount(text);
    return amount ? driplo::core::format("{}", amount->minor) : std::string("refused");
}

} // namespace

int main() {
    tap t;
    t.is(round("12.345"), "1235", "half a cent is rounded up");
    t.is(round("12.3449"), "1234", "less is not");
    t.is(round("12.3"), "1230", "what has few digits is as it is");
    t.is(round("0.0000"), "0", "nothing is nothing");
    t.is(round("99999999.994"), "9999999999", "the largest amount and a little more");
    for (const std::string_view text : {"99999999.995", "-1", "1.2.3", "1.234x", "1.", "", "1e3"})
        t.is(round(text), "refused", driplo::core::format("\"{}\" is no amount", text));
    t.is(read(""), "none none", "an empty list has no amounts");
    t.is(read("  "), "none none", "nor has a blank one");
    t.is(read("100"), "10000 10000", "one for every currency");
    t.is(read("100, JPY 15000"), "10000 1500000", "another for a currency by name");
    t.is(read("JPY 15000"), "none 1500000", "or for that one only");
    t.is(read("JPY 15000,100"), "10000 1500000", "in any order");
    t.is(read(" JPY   0 , USD 0.5"), "50 0", "blanks do not matter, and nothing is an amount");
    t.is(read("99999999.99"), "9999999999 9999999999", "the largest amount");
    t.is(read("0.01"), "1 1", "the smallest");
    t.is(read("007.50"), "750 750", "zeros in front of it");
    for (const std::string_view text : {",",          "100,",     ",100",
                                        "100,,JPY 1", "100, 200", "JPY 1, JPY 2",
                                        "jpy 1",      "XYZ 1",    "JPY",
                                        "1 JPY",      "JPY 1 2",  "-1",
                                        "+1",         "1.",       ".5",
                                        "1.234",      "1.2.3",    "1e3",
                                        "100000000",  "NaN",      "99999999999999999999999999",
                                        "JPY -1",     "1;2"})
        t.is(read(text), "refused", text);
    return t.finish();
}
