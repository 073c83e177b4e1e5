// Assertions that print the Test Anything Protocol. A program makes one `tap`, calls it for each
// thing that must hold, and returns finish() from main: not 0 when anything failed or nothing ran.
#pragma once

#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <type_traits>

#include "core/error.hpp"
#include "core/format.hpp"
#include "core/text.hpp"

class tap {
public:
    tap() = default;
    tap(const tap&) = delete;
    tap& operator=(const tap&) = delete;

    bool ok(bool holds, std::string_view name) {
        ++count;
        failures += holds ? 0 : 1;
        // "#" would begin a directive of the protocol.
        std::string shown = driplo::core::excerpt(name, 200);
        for (char& c : shown)
            if (c == '#')
                c = '%';
        std::printf("%s %d - %s\n", holds ? "ok" : "not ok", count, shown.c_str());
        std::fflush(stdout);
        return holds;
    }

    template <typename Got, typename Wanted>
    bool is(const Got& got, const Wanted& wanted, std::string_view name) {
        const bool holds = ok(got == wanted, name);
        if (!holds)
            diag(driplo::core::format("got {}, wanted {}", show(got), show(wanted)));
        return holds;
    }

    // The call must end with an error of that code whose message is not empty.
    template <typename Call>
    bool throws(const driplo::core::error_code& code, Call call, std::string_view name) {
        std::string found = "no error";
        try {
            call();
        } catch (const driplo::core::error& e) {
            if (std::string_view(e.sqlstate) == code.sqlstate && !e.message.empty() &&
                std::string_view(e.what()) == e.message)
                return ok(true, name);
            found = driplo::core::format("{}: {}", e.sqlstate, e.message);
        } catch (const std::exception& e) {
            found = e.what();
        }
        ok(false, name);
        diag(driplo::core::format("got {}, wanted {} ({})", found, code.sqlstate, code.name));
        return false;
    }

    void diag(std::string_view text) {
        std::printf("# %s\n", driplo::core::excerpt(text, 400).c_str());
        std::fflush(stdout);
    }

    int finish() {
        std::printf("1..%d\n", count);
        return failures == 0 && count > 0 ? 0 : 1;
    }

private:
    template <typename Value>
    static std::string show(const Value& value) {
        if constexpr (std::is_convertible_v<const Value&, std::string_view>)
            return driplo::core::format("\"{}\"", driplo::core::excerpt(value, 100));
        else
            return driplo::core::format("{}", value);
    }

    int count = 0;
    int failures = 0;
};
