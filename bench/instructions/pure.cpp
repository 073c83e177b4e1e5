// Calls one of the functions that need no server, as often as it is told: pure NAME TIMES. Under
// callgrind the difference between two numbers of calls is what a call costs, in instructions, on
// any day the same.
#include "core/image_url.hpp"
#include "core/money.hpp"
#include "core/order_number.hpp"
#include "core/siphash.hpp"
#include "core/slug.hpp"
#include "core/username.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace core = driplo::core;

static std::size_t sink;

static void call(const char* name, std::uint64_t i) {
    static const core::order_number_key key =
        core::make_order_number_key("0123456789abcdef0123456789abcdef");
    const auto is = [&](const char* other) { return std::strcmp(name, other) == 0; };
    if (is("nothing"))
        sink += i;
    else if (is("image_size_position"))
        sink +=
            core::image_size_position("https://cdn.example/listings/0123456789abcdef/front.webp")
                .value_or(0);
    else if (is("order_number"))
        sink += core::order_number(i, key, 1'750'000'000).size();
    else if (is("siphash_2_4"))
        sink += core::siphash_2_4({1, 2}, i);
    else if (is("percent_of"))
        sink += static_cast<std::size_t>(
            core::percent_of({static_cast<std::int64_t>(i) + 12'345}, 500).minor);
    else if (is("spread over ten lines"))
        sink += core::spread({10'000}, std::vector<core::money>(10, core::money{333})).size();
    else if (is("slug"))
        sink += core::slug("A thing of beauty, hardly used", i).size();
    else if (is("username_candidate"))
        sink +=
            core::username_candidate(core::username_base("Ada Lovelace", "ada@example.org"), 1, i)
                .size();
    else
        std::abort();
}

int main(int count, char** arguments) {
    if (count != 3)
        return 2;
    const auto times = std::strtoull(arguments[2], nullptr, 10);
    for (std::uint64_t i = 0; i < times; ++i)
        call(arguments[1], i);
    std::printf("%zu\n", sink);
}
