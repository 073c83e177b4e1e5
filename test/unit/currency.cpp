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
    return t.finish();
}
