#include "core/currency.hpp"

#include "core/error.hpp"
#include "core/format.hpp"

#include <algorithm>
#include <array>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

// ISO 4217, sorted.
constexpr std::array<std::string_view, 156> in_use{
    "AED", "AFN", "ALL", "AMD", "ANG", "AOA", "ARS", "AUD", "AWG", "AZN", "BAM", "BBD", "BDT",
    "BGN", "BHD", "BIF", "BMD", "BND", "BOB", "BRL", "BSD", "BTN", "BWP", "BYN", "BZD", "CAD",
    "CDF", "CHF", "CLP", "CNY", "COP", "CRC", "CUP", "CVE", "CZK", "DJF", "DKK", "DOP", "DZD",
    "EGP", "ERN", "ETB", "EUR", "FJD", "FKP", "GBP", "GEL", "GHS", "GIP", "GMD", "GNF", "GTQ",
    "GYD", "HKD", "HNL", "HTG", "HUF", "IDR", "ILS", "INR", "IQD", "IRR", "ISK", "JMD", "JOD",
    "JPY", "KES", "KGS", "KHR", "KMF", "KPW", "KRW", "KWD", "KYD", "KZT", "LAK", "LBP", "LKR",
    "LRD", "LSL", "LYD", "MAD", "MDL", "MGA", "MKD", "MMK", "MNT", "MOP", "MRU", "MUR", "MVR",
    "MWK", "MXN", "MYR", "MZN", "NAD", "NGN", "NIO", "NOK", "NPR", "NZD", "OMR", "PAB", "PEN",
    "PGK", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RSD", "RUB", "RWF", "SAR", "SBD", "SCR",
    "SDG", "SEK", "SGD", "SHP", "SLE", "SOS", "SRD", "SSP", "STN", "SVC", "SYP", "SZL", "THB",
    "TJS", "TMT", "TND", "TOP", "TRY", "TTD", "TWD", "TZS", "UAH", "UGX", "USD", "UYU", "UZS",
    "VES", "VND", "VUV", "WST", "XAF", "XCD", "XCG", "XOF", "XPF", "YER", "ZAR", "ZMW", "ZWG"};

// As processors write them. Of two more they write hundredths, which must be zero.
constexpr std::array<std::string_view, 15> without_digits{"BIF", "CLP", "DJF", "GNF", "JPY",
                                                          "KMF", "KRW", "MGA", "PYG", "RWF",
                                                          "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::array<std::string_view, 2> with_zero_hundredths{"ISK", "UGX"};
constexpr std::array<std::string_view, 5> with_three_digits{"BHD", "JOD", "KWD", "OMR", "TND"};
// Two more that no processor writes.
constexpr std::array<std::string_view, 2> also_with_three_digits{"IQD", "LYD"};

// What an entry of the ledger holds, and the processor's most: a payment may be for several orders
// of the largest amount.
constexpr std::int64_t most = 999'999'999'999;

money within_reach(std::int64_t hundredths) {
    if (hundredths > most || hundredths < -most)
        throw error{errors::numeric_value_out_of_range, "amount out of range",
                    "The maximum for a payment is 9999999999.99."};
    return {hundredths};
}

constexpr char upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

template <std::size_t n>
bool contains(const std::array<std::string_view, n>& codes, std::string_view currency) noexcept {
    return std::any_of(codes.begin(), codes.end(), [&](std::string_view code) {
        return std::equal(code.begin(), code.end(), currency.begin(), currency.end(),
                          [](char a, char b) { return a == upper(b); });
    });
}

} // namespace

bool is_currency(std::string_view code) noexcept {
    return std::binary_search(in_use.begin(), in_use.end(), code);
}

money smallest_unit(std::string_view currency) noexcept {
    return contains(without_digits, currency) || contains(with_zero_hundredths, currency)
               ? money{100}
               : hundredth;
}

int minor_units(std::string_view currency) noexcept {
    if (smallest_unit(currency) != hundredth)
        return 0;
    return contains(with_three_digits, currency) || contains(also_with_three_digits, currency) ? 3
                                                                                               : 2;
}

void require_payable(money amount, std::string_view currency, std::string_view what) {
    if (!is_multiple(amount, smallest_unit(currency)))
        throw error{errors::invalid_parameter_value,
                    core::format("{} must be a whole number of {}", what, currency),
                    "This currency has no minor unit."};
}

int processor_digits(std::string_view currency) noexcept {
    if (contains(without_digits, currency))
        return 0;
    return contains(with_three_digits, currency) ? 3 : 2;
}

money from_processor_amount(std::int64_t amount, std::string_view currency) {
    switch (processor_digits(currency)) {
    case 0:
        return within_reach((money{amount} * 100).minor);
    case 3:
        if (amount % 10 != 0)
            throw error{errors::invalid_parameter_value, "amount has more than two decimal places"};
        return within_reach(amount / 10);
    default:
        return within_reach(amount);
    }
}

} // namespace driplo::core
