// What entry points have in common (DRIPLO_FUNCTION of boundary.hpp).
#pragma once

#include "pg/spi.hpp"

#include <string_view>
#include <type_traits>

namespace driplo::pg {

// What a function returns that is declared to return void.
inline Datum nothing() {
    return Datum{0};
}

// Does the work in a session of its own, which it is given when it takes one. A result that the
// caller is to get is made afterwards, in the caller's memory context:
//
//     return pg::result(pg::in_session([&](pg::spi spi) { return id_of(spi, ...); }));
template <typename Work>
auto in_session(Work&& work) {
    const session opened;
    const auto run = [&] {
        if constexpr (std::is_invocable_v<Work, spi>)
            return work(opened);
        else
            return work();
    };
    using result_type = decltype(run());
    static_assert(!std::is_pointer_v<result_type> && !std::is_same_v<result_type, rows> &&
                      !std::is_same_v<result_type, std::string_view>,
                  "what the session has allocated ends with it");
    return run();
}

// What a STABLE function keeps between the calls that one expression of a statement makes: zeros at
// the first.
template <typename T>
T& kept_for_statement(FunctionCallInfo fcinfo) {
    static_assert(std::is_trivial_v<T>);
    FmgrInfo* function = fcinfo->flinfo;
    if (!function->fn_extra)
        function->fn_extra =
            call([&] { return MemoryContextAllocZero(function->fn_mcxt, sizeof(T)); });
    return *static_cast<T*>(function->fn_extra);
}

} // namespace driplo::pg
