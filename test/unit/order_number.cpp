#include "core/order_number.hpp"
#include "core/format.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

struct golden {
    std::uint64_t sequence_value;
    unsigned digits;
    std::uint64_t value;
};

// Key 00 01 ... 1f; the first and the last value of each length. Computed by a second
// implementation, in Python. A difference here means that shops in service would repeat numbers.
constexpr golden goldens[] = {
    {0u, 6, 932326u},
    {1u, 6, 232594u},
    {2u, 6, 442791u},
    {41u, 6, 158724u},
    {999999u, 6, 312627u},
    {1000000u, 7, 9451396u},
    {10999999u, 7, 1183687u},
    {11000000u, 8, 1813817u},
    {110999999u, 8, 77938291u},
    {111000000u, 9, 44952206u},
    {1110999999u, 9, 209672580u},
    {1111000000u, 10, 9824935372u},
    {11110999999u, 10, 6314900148u},
    {11111000000u, 11, 2254838436u},
    {111110999999u, 11, 98229308746u},
    {111111000000u, 12, 872691673701u},
    {1111110999999u, 12, 735474491152u},
    {1111111000000u, 13, 5376871852115u},
    {11111110999999u, 13, 6902900633790u},
    {11111111000000u, 14, 84735211198819u},
    {111111110999999u, 14, 99014128187448u},
    {111111111000000u, 15, 800595889487424u},
    {1111111110999999u, 15, 480868542357246u},
    {1111111111000000u, 16, 4072479170987457u},
    {11111111110999999u, 16, 7132857799235689u},
    {11111111111000000u, 17, 90314166045013928u},
    {111111111110999999u, 17, 33424194302230953u},
    {111111111111000000u, 18, 839330256776868583u},
    {1111111111110999999u, 18, 140163606591870837u},
};

order_number_key counting_key() {
    order_number_key key{};
    for (std::size_t i = 0; i < key.bytes.size(); ++i)
        key.bytes[i] = static_cast<std::uint8_t>(i);
    return key;
}

std::uint64_t power_of_ten(unsigned exponent) {
    std::uint64_t result = 1;
    for (; exponent > 0; --exponent)
        result *= 10;
    return result;
}

// The codes of `count` values from `first` on; all must have that many digits.
std::vector<std::uint64_t> codes(std::uint64_t first, std::uint64_t count, unsigned digits,
                                 const order_number_key& key, bool& inside) {
    std::vector<std::uint64_t> found;
    found.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const order_code code = make_order_code(first + i, key);
        inside = inside && code.digits == digits && code.value < power_of_ten(digits);
        found.push_back(code.value);
    }
    return found;
}

bool all_different(std::vector<std::uint64_t> values) {
    std::sort(values.begin(), values.end());
    return std::adjacent_find(values.begin(), values.end()) == values.end();
}

void test_stability(tap& t) {
    const order_number_key key = counting_key();
    for (const golden& row : goldens) {
        const order_code code = make_order_code(row.sequence_value, key);
        t.is(code.digits, row.digits,
             driplo::core::format("digits of value {}", row.sequence_value));
        t.is(code.value, row.value, driplo::core::format("code of value {}", row.sequence_value));
    }
}

void test_bijection(tap& t) {
    const order_number_key key = counting_key();
    bool inside = true;
    std::vector<bool> seen(1'000'000);
    std::size_t distinct = 0;
    for (const std::uint64_t value : codes(0, 1'000'000, 6, key, inside))
        if (value < seen.size() && !seen[value]) {
            seen[value] = true;
            ++distinct;
        }
    t.ok(inside, "the first million values have six digits");
    t.is(distinct, 1'000'000u, "the first million values take every code of six digits once");

    std::uint64_t first = 1'000'000;
    for (unsigned digits = 7; digits <= 18; ++digits) {
        constexpr std::uint64_t sample = 10'000;
        const std::uint64_t size = power_of_ten(digits);
        inside = true;
        std::vector<std::uint64_t> found = codes(first, sample, digits, key, inside);
        const std::vector<std::uint64_t> middle =
            codes(first + size / 2, sample, digits, key, inside);
        const std::vector<std::uint64_t> last =
            codes(first + size - sample, sample, digits, key, inside);
        found.insert(found.end(), middle.begin(), middle.end());
        found.insert(found.end(), last.begin(), last.end());
        t.ok(inside,
             driplo::core::format("both ends of the values of {} digits have {}", digits, digits));
        t.ok(all_different(found), driplo::core::format("samples of {} digits differ", digits));
        first += size;
    }
    t.is(first, order_number_count, "the last length ends at the number of all codes");
}

void test_end(tap& t) {
    const order_number_key key = counting_key();
    const std::string last = order_number(order_number_count - 1, key, 0);
    t.is(last.size(), std::string("ORD-19700101-").size() + 18, "the last value has a number");
    t.throws(
        errors::order_numbers_exhausted, [&] { order_number(order_number_count, key, 0); },
        "one value more is an error");
    t.throws(
        errors::order_numbers_exhausted,
        [&] { make_order_code(std::numeric_limits<std::uint64_t>::max(), key); },
        "the largest value is an error");
    try {
        make_order_code(order_number_count, key);
    } catch (const error& e) {
        t.ok(e.detail.find("1111111111111000000") != std::string::npos && !e.hint.empty(),
             "the error tells where the sequence stands");
    }
}

void test_secrecy(tap& t) {
    const order_number_key key = counting_key();
    constexpr std::uint64_t sample = 20'000;
    bool inside = true;
    const std::vector<std::uint64_t> found = codes(0, sample, 6, key, inside);

    // Two independent values below 10^6 are 333,333 apart on average; the limits are four standard
    // errors. The key is fixed, so the outcome is too.
    double distance = 0;
    std::vector<unsigned> leading(10);
    std::size_t neighbours = 0;
    for (std::size_t i = 0; i < found.size(); ++i) {
        ++leading[found[i] / 100'000];
        if (i == 0)
            continue;
        const std::uint64_t apart =
            std::max(found[i], found[i - 1]) - std::min(found[i], found[i - 1]);
        distance += static_cast<double>(apart) / static_cast<double>(sample - 1);
        neighbours += apart < 100 ? 1 : 0;
    }
    t.ok(distance > 326'600 && distance < 340'000, "consecutive codes are as far apart as random");
    t.ok(neighbours < 12, "consecutive codes are near each other as seldom as random");
    const auto [fewest, most] = std::minmax_element(leading.begin(), leading.end());
    t.ok(*fewest > 1'830 && *most < 2'170, "every leading digit is as frequent");

    // Also right after the step to a new length, where all high bits of the value are zero.
    const std::vector<std::uint64_t> next = codes(1'000'000, 1'000, 7, key, inside);
    std::size_t high = 0;
    for (const std::uint64_t value : next)
        high += value >= 5'000'000 ? 1 : 0;
    t.ok(high > 430 && high < 570, "the first codes of seven digits are spread");

    const auto first_hundred = [&](const order_number_key& some_key) {
        return codes(0, 100, 6, some_key, inside);
    };
    const std::vector<std::uint64_t> original = first_hundred(key);
    for (std::size_t i = 0; i < key.bytes.size(); ++i) {
        order_number_key other = key;
        other.bytes[i] ^= 1;
        const std::vector<std::uint64_t> changed = first_hundred(other);
        std::size_t same = 0;
        for (std::size_t j = 0; j < original.size(); ++j)
            same += original[j] == changed[j] ? 1 : 0;
        t.ok(same < 3, driplo::core::format("byte {} of the key matters", i));
    }
    t.ok(inside, "all of these are codes");
}

void test_dates(tap& t) {
    const order_number_key key = counting_key();
    constexpr std::int64_t day = 86400;
    struct moment {
        std::int64_t unix_seconds;
        const char* date;
    };
    const moment moments[] = {
        {0, "19700101"},
        {-1, "19691231"},
        {day - 1, "19700101"},
        {day, "19700102"},
        {951'782'400, "20000229"},
        {951'782'400 + day, "20000301"},
        {1'709'164'800 - 1, "20240228"},
        {1'709'164'800, "20240229"},
        {1'709'164'800 + day, "20240301"},
        {4'107'456'000, "21000228"},
        {4'107'456'000 + day, "21000301"},
        {1'735'689'599, "20241231"},
        {1'735'689'600, "20250101"},
        {2'147'483'648, "20380119"},
        {253'402'300'799, "99991231"},
        {253'402'300'800, "100000101"},
        {9'224'318'015'999, "2942761231"},
        {-62'135'596'800, "00010101"},
        {-62'135'596'801, "00001231"},
        {-62'167'219'201, "-0011231"},
    };
    for (const moment& m : moments)
        t.is(order_number(0, key, m.unix_seconds), driplo::core::format("ORD-{}-932326", m.date),
             driplo::core::format("the date of second {}", m.unix_seconds));
    for (const std::int64_t end :
         {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()})
        t.ok(order_number(order_number_count - 1, key, end).size() <= 40,
             "any moment gives a number that fits varchar(50)");

    const order_number_key other = make_order_number_key(std::string(32, '\0'));
    for (std::uint64_t value = 0; value < 1000; ++value) {
        const order_code code = make_order_code(value, other);
        if (code.value >= 100'000)
            continue;
        t.is(order_number(value, other, 0, "RET").substr(3),
             order_number(value, other, 0).substr(3),
             driplo::core::format("{}: the prefix changes nothing else", value));
        t.is(order_number(value, other, 0, "RET").substr(0, 4), "RET-",
             driplo::core::format("{}: the prefix is in front", value));
        t.is(order_number(value, other, 0),
             "ORD-19700101-" + driplo::core::format("{:06}", code.value),
             "a small code has leading zeros");
        break;
    }
}

void test_key(tap& t) {
    std::string bytes;
    for (int i = 0; i < 32; ++i)
        bytes += static_cast<char>(i);
    t.ok(make_order_number_key(bytes).bytes == counting_key().bytes, "a key from its bytes");
    for (const std::size_t size : {0, 16, 31, 33})
        t.throws(
            errors::object_not_in_prerequisite_state,
            [&] { make_order_number_key(std::string(size, 'k')); },
            driplo::core::format("{} bytes are no key", size));
    try {
        make_order_number_key("secret");
    } catch (const error& e) {
        t.ok((e.message + e.detail + e.hint).find("secret") == std::string::npos,
             "the error does not show the key");
    }
}

} // namespace

int main() {
    tap t;
    test_stability(t);
    test_bijection(t);
    test_end(t);
    test_secrecy(t);
    test_dates(t);
    test_key(t);
    return t.finish();
}
