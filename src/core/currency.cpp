#include "core/currency.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <array>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr std::array<std::string_view, 15> without_digits{"BIF", "CLP", "DJF", "GNF", "JPY",
                                                          "KMF", "KRW", "MGA", "PYG", "RWF",
                                                          "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::array<std::string_view, 5> with_three_digits{"BHD", "JOD", "KWD", "OMR", "TND"};

// What an entry of the ledger holds, and the processor's most: a payment may be for several orders
// of the largest amount.
constexpr std::int64_t most = 999'999'999'999;

money within_reach(std::int64_t hundredths) {
    if (hundredths > most || hundredths < -most)
        throw error{errors::numeric_value_out_of_range, "an amount of money is too large",
                    "The largest payment is 9999999999.99."};
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
            throw error{errors::invalid_parameter_value,
                        "an amount has more digits than two after the point"};
        return within_reach(amount / 10);
    default:
        return within_reach(amount);
    }
}

} // namespace driplo::core
