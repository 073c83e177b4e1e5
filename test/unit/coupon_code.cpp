#include "core/coupon_code.hpp"

#include <string>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

int main() {
    tap t;
    t.is(comparable_coupon_code("TODAY"), "TODAY", "a code as it is");
    t.is(comparable_coupon_code("today"), "TODAY", "small letters are large ones");
    t.is(comparable_coupon_code(" To Day\t"), "TO DAY", "blanks around it do not matter");
    t.is(comparable_coupon_code("\u00A0\u200B10% off\uFEFF"), "10% OFF",
         "nor does what cannot be seen");
    t.is(comparable_coupon_code("gr\u00f6\u00dfe \u03b1"), "GR\u00f6\u00dfE \u03b1",
         "letters beyond a to z stay");
    t.is(comparable_coupon_code(""), "", "nothing");
    t.is(comparable_coupon_code(" \u00A0 "), "", "nothing but blanks");
    t.is(comparable_coupon_code("\xC3(a"), "\xC3(A", "what is not UTF-8 is kept");
    return t.finish();
}
