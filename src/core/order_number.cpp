#include "core/order_number.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/format.hpp"
#include "core/siphash.hpp"

#include "core/purity.hpp"

namespace driplo::core {

namespace {

// Eight rounds are enough for a strong permutation of a large domain; ten, as in NIST's FF1, leave
// room for the small one of six digits.
constexpr unsigned rounds = 10;

constexpr std::uint64_t power_of_ten(unsigned exponent) {
    std::uint64_t result = 1;
    for (; exponent > 0; --exponent)
        result *= 10;
    return result;
}

// Half of the smallest even number of bits that holds `size` values.
constexpr unsigned half_width(std::uint64_t size) {
    unsigned bits = 1;
    while (std::uint64_t{1} << (2 * bits) < size)
        ++bits;
    return bits;
}

static_assert(half_width(power_of_ten(6)) == 10, "10^6 values fit 20 bits");
static_assert(half_width(power_of_ten(7)) == 12, "10^7 values fit 24 bits");
static_assert(half_width(power_of_ten(18)) == 30, "10^18 values fit 60 bits");

constexpr std::uint64_t count_of_codes() {
    std::uint64_t count = 0;
    for (unsigned digits = min_order_code_digits; digits <= max_order_code_digits; ++digits)
        count += power_of_ten(digits);
    return count;
}

static_assert(count_of_codes() == order_number_count);

class permutation {
public:
    permutation(unsigned digits, const order_number_key& key) : digits(digits) {
        for (std::size_t i = 0; i < round_keys.size(); ++i)
            round_keys[i] = make_siphash_key(key.bytes.data() + 16 * i);
    }

    // Walking along the cycle of the larger permutation until it is inside again keeps one-to-one
    // what is inside; it ends, for the cycle comes back to where it started.
    std::uint64_t operator()(std::uint64_t value) const {
        do
            value = walk(value);
        while (value >= size);
        return value;
    }

private:
    std::uint64_t walk(std::uint64_t value) const {
        const std::uint64_t mask = (std::uint64_t{1} << half_bits) - 1;
        std::uint64_t left = value >> half_bits;
        std::uint64_t right = value & mask;
        for (unsigned round = 0; round < rounds; ++round) {
            // A half has at most 30 bits, so the three parts of the word do not overlap.
            const std::uint64_t word =
                std::uint64_t{digits} << 56 | std::uint64_t{round} << 48 | right;
            const std::uint64_t mixed = left ^ (siphash_2_4(round_keys[round % 2], word) & mask);
            left = right;
            right = mixed;
        }
        return left << half_bits | right;
    }

    unsigned digits;
    std::uint64_t size = power_of_ten(digits);
    unsigned half_bits = half_width(size);
    std::array<siphash_key, 2> round_keys{};
};

struct date {
    std::int64_t year;
    unsigned month;
    unsigned day;
};

// Days since 1970-01-01 to a date of the Gregorian calendar, by Howard Hinnant, "chrono-compatible
// low-level date algorithms": years begin in March, so that a leap day is the last of its year, and
// are counted within eras of 400 years, which all have the same number of days.
constexpr date date_of(std::int64_t unix_seconds) {
    constexpr std::int64_t seconds_per_day = 86400;
    constexpr std::int64_t days_per_era = 146097;
    constexpr std::int64_t epoch_after_era_zero = 719468; // 0000-03-01 to 1970-01-01

    const std::int64_t days =
        unix_seconds / seconds_per_day - (unix_seconds % seconds_per_day < 0 ? 1 : 0);
    const std::int64_t shifted = days + epoch_after_era_zero;
    const std::int64_t era = (shifted >= 0 ? shifted : shifted - (days_per_era - 1)) / days_per_era;
    const auto day_of_era = static_cast<unsigned>(shifted - era * days_per_era);
    const unsigned year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const unsigned day_of_year =
        day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const unsigned month_from_march = (5 * day_of_year + 2) / 153;
    const unsigned day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    const unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    const std::int64_t year = std::int64_t{year_of_era} + era * 400 + (month <= 2 ? 1 : 0);
    return {year, month, day};
}

// With leading zeros up to the width.
void append_padded(std::string& text, std::uint64_t value, unsigned width) {
    const fmt::format_int digits(value);
    if (digits.size() < width)
        text.append(width - digits.size(), '0');
    text.append(digits.data(), digits.size());
}

} // namespace

order_number_key make_order_number_key(std::string_view bytes) {
    order_number_key key{};
    if (bytes.size() != key.bytes.size())
        throw error(
            errors::object_not_in_prerequisite_state, "order number key is corrupted",
            core::format("The key has {} bytes; {} are required.", bytes.size(), key.bytes.size()),
            "Restore the key from a backup; another key could produce duplicate order numbers.");
    std::copy(bytes.begin(), bytes.end(), key.bytes.begin());
    return key;
}

order_code make_order_code(std::uint64_t sequence_value, const order_number_key& key) {
    std::uint64_t offset = sequence_value;
    for (unsigned digits = min_order_code_digits; digits <= max_order_code_digits; ++digits) {
        const std::uint64_t size = power_of_ten(digits);
        if (offset < size)
            return {permutation(digits, key)(offset), digits};
        offset -= size;
    }
    throw error(errors::order_numbers_exhausted, "order number sequence is exhausted",
                core::format("The sequence value is {}, but must be less than {}.", sequence_value,
                             order_number_count),
                "Find out what advanced the sequence; it was not the creation of orders.");
}

std::string order_number(std::uint64_t sequence_value, const order_number_key& key,
                         std::int64_t unix_seconds, std::string_view prefix) {
    const order_code code = make_order_code(sequence_value, key);
    const date day = date_of(unix_seconds);
    std::string number(prefix);
    number += '-';
    if (day.year >= 0)
        append_padded(number, static_cast<std::uint64_t>(day.year), 4);
    else
        number += core::format("{:04}", day.year);
    append_padded(number, day.month, 2);
    append_padded(number, day.day, 2);
    number += '-';
    append_padded(number, code.value, code.digits);
    return number;
}

} // namespace driplo::core
