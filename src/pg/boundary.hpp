// The border between C++ and the server: no exception leaves an entry point, no longjmp crosses a
// frame that owns something.
//
//   * DRIPLO_FUNCTION(name) { ... } defines a SQL-callable function. Whatever its body throws is
//     raised as a server error after every C++ object of the call has been destroyed.
//   * pg::call([&] { ... }) runs server code that may raise while C++ objects are alive. An error
//     becomes the exception pg::raised and later continues unchanged: SQLSTATE, detail, hint,
//     context, constraint name.
//
// pg::raised is not a std::exception, so no `catch (const std::exception&)` can swallow a server
// error, and nobody may catch it and go on: the transaction is already broken.
#pragma once

#include "pg/prelude.hpp"

#include "core/error.hpp"

#include <exception>
#include <new>
#include <string_view>
#include <type_traits>

namespace driplo::pg {

struct raised {
    ErrorData* edata; // null when there was no memory left to copy it
};

[[noreturn]] void throw_raised();

struct exception_stack_scope {
    sigjmp_buf* stack = PG_exception_stack;
    ErrorContextCallback* context = error_context_stack;

    exception_stack_scope() = default;
    exception_stack_scope(const exception_stack_scope&) = delete;
    exception_stack_scope& operator=(const exception_stack_scope&) = delete;
    ~exception_stack_scope() {
        PG_exception_stack = stack;
        error_context_stack = context;
    }
};

// Runs f, which may raise a server error but owns nothing. Costs one sigsetjmp without a signal
// mask, a few nanoseconds.
template <typename F>
auto call(F f) -> decltype(f()) {
    using result = decltype(f());
    static_assert(std::is_trivially_destructible_v<F>, "the closure must not own anything");
    static_assert(std::is_void_v<result> || std::is_trivially_destructible_v<result>,
                  "the result must not own anything");
    {
        exception_stack_scope scope;
        sigjmp_buf jump;
        if (sigsetjmp(jump, 0) == 0) {
            PG_exception_stack = &jump;
            return f();
        }
    }
    throw_raised();
}

// Lets a pending cancel, timeout or shutdown through; call it in every loop that can be long.
inline void check_for_interrupts() {
    if (INTERRUPTS_PENDING_CONDITION())
        call([] { ProcessInterrupts(); });
}

// An error of ours, flattened to memory that outlives the C++ frame.
struct flat_error {
    int sqlstate = ERRCODE_INTERNAL_ERROR;
    const char* message = nullptr;
    const char* detail = nullptr;
    const char* hint = nullptr;
};

flat_error flatten(const core::error& e) noexcept;
const char* copy_for_report(std::string_view text) noexcept;
[[noreturn]] void raise(const flat_error& e);

template <Datum (*Body)(FunctionCallInfo)>
Datum boundary(FunctionCallInfo fcinfo) noexcept {
    ErrorData* edata = nullptr;
    flat_error flat;
    try {
        return Body(fcinfo);
    } catch (const raised& r) {
        edata = r.edata;
        flat = {ERRCODE_OUT_OF_MEMORY, "out of memory", nullptr, nullptr};
    } catch (const core::error& e) {
        flat = flatten(e);
    } catch (const std::bad_alloc&) {
        flat.sqlstate = ERRCODE_OUT_OF_MEMORY;
        flat.message = "out of memory";
    } catch (const std::exception& e) {
        flat.message = copy_for_report(e.what());
    } catch (...) {
        flat.message = "unknown C++ exception";
    }
    // The catch block is left, so the exception object is gone too: longjmp is safe from here on.
    if (edata)
        ReThrowError(edata);
    raise(flat);
}

} // namespace driplo::pg

#define DRIPLO_FUNCTION(name)                                                                      \
    static Datum name##_body(FunctionCallInfo fcinfo);                                             \
    extern "C" {                                                                                   \
    PG_FUNCTION_INFO_V1(name);                                                                     \
    PGDLLEXPORT Datum name(FunctionCallInfo fcinfo) {                                              \
        return ::driplo::pg::boundary<name##_body>(fcinfo);                                        \
    }                                                                                              \
    }                                                                                              \
    static Datum name##_body([[maybe_unused]] FunctionCallInfo fcinfo)
