// Amounts as the processor writes them.
#include "core/currency.hpp"

#include "core/error.hpp"

#include <cstring>
#include <string>

#include <fmt/format.h>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

std::string error_of(std::int64_t amount, const char* currency) {
    try {
        from_processor_amount(amount, currency);
    } catch (const error& e) {
        return e.sqlstate;
    }
    return "none";
}

bool refused(money amount, const char* currency) {
    try {
        require_payable(amount, currency, "amount");
    } catch (const error& e) {
        return e.sqlstate == std::string("22023");
    }
    return false;
}

} // namespace

int main() {
    tap t;
    t.ok(from_processor_amount(1'250, "usd") == money{1'250}, "cents are cents");
    t.ok(from_processor_amount(1'250, "JPY") == money{125'000}, "a yen has no smaller part");
    t.ok(from_processor_amount(1'250, "jpy") == money{125'000}, "in either case");
    t.ok(from_processor_amount(1'250, "KWD") == money{125}, "a dinar has a thousand");
    t.ok(from_processor_amount(500, "ISK") == money{500} &&
             from_processor_amount(500, "ugx") == money{500},
         "krona and shilling of Uganda are written with two digits");
    t.ok(from_processor_amount(0, "EUR") == money{}, "nothing is nothing");
    t.ok(error_of(1'255, "kwd") == "22023", "what hundredths cannot hold is refused");
    t.ok(error_of(1'000'000'000'000, "eur") == "22003", "what no entry holds is refused");
    t.ok(error_of(10'000'000'000, "jpy") == "22003" && error_of(INT64_MAX, "jpy") == "22003",
         "also after it was made hundredths");
    t.ok(error_of(999'999'999'999, "idr") == "none" && error_of(9'999'999'999, "jpy") == "none",
         "a payment for several orders may be more than one order is");
    t.ok(processor_digits("") == 2 && processor_digits("JP") == 2 && processor_digits("JPYX") == 2,
         "what is no currency has two digits");

    t.ok(is_currency("EUR") && is_currency("AED") && is_currency("ZWG"), "currencies are known");
    t.ok(!is_currency("QQQ") && !is_currency("eur") && !is_currency("XAU") && !is_currency("XTS") &&
             !is_currency("") && !is_currency("EURO"),
         "letters that are no currency, metals and codes for tests are not");
    t.ok(smallest_unit("USD") == money{1} && smallest_unit("KWD") == money{1},
         "a dollar and a dinar are counted in hundredths");
    t.ok(smallest_unit("JPY") == money{100} && smallest_unit("krw") == money{100} &&
             smallest_unit("ISK") == money{100} && smallest_unit("UGX") == money{100},
         "a yen, a won, a krona and a shilling of Uganda in whole ones");
    t.ok(refused({16'650}, "JPY") && !refused({16'600}, "JPY") && !refused({16'650}, "EUR") &&
             refused({-50}, "JPY") && !refused({}, "JPY"),
         "half a yen cannot be paid");
    t.ok(minor_units("USD") == 2 && minor_units("JPY") == 0 && minor_units("UGX") == 0 &&
             minor_units("KWD") == 3 && minor_units("IQD") == 3 && minor_units("QQQ") == 2,
         "digits after the point");
    return t.finish();
}
