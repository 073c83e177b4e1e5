#include "core/error.hpp"
#include "core/format.hpp"

#include <set>
#include <string>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

bool is_sqlstate(std::string_view code) {
    for (const char c : code)
        if ((c < '0' || c > '9') && (c < 'A' || c > 'Z'))
            return false;
    return code.size() == 5;
}

// Condition names become identifiers of clients, so nothing but these characters.
bool is_name(std::string_view name) {
    return !name.empty() &&
           name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
}

} // namespace

int main() {
    tap t;
    std::set<std::string> states;
    std::set<std::string> names;
    for (const error_code& code : errors::all) {
        t.ok(is_sqlstate(code.sqlstate), driplo::core::format("{} is a SQLSTATE", code.sqlstate));
        t.ok(is_name(code.name), driplo::core::format("{} has a name", code.sqlstate));
        t.ok(std::string_view(code.meaning).back() == '.',
             driplo::core::format("{} has a sentence", code.sqlstate));
        states.insert(code.sqlstate);
        names.insert(code.name);
    }
    t.is(states.size(), errors::all.size(), "no SQLSTATE stands twice");
    t.is(names.size(), errors::all.size(), "no name stands twice");

    // These are part of the interface and never change.
    t.is(std::string(errors::order_numbers_exhausted.sqlstate), "MK001", "order numbers exhausted");
    t.is(std::string(errors::version_mismatch.sqlstate), "MK002", "version mismatch");
    t.is(std::string(errors::not_enough_stock.sqlstate), "MK003", "not enough stock");
    t.is(std::string(errors::coupon_exhausted.sqlstate), "MK004", "coupon exhausted");

    try {
        throw error(errors::not_enough_stock, "not enough stock", "Only 2 available.",
                    "Order two.");
    } catch (const std::exception& caught) {
        const auto* e = dynamic_cast<const error*>(&caught);
        t.ok(e != nullptr, "an error is caught as std::exception");
        t.is(std::string(e->what()), "not enough stock", "what() is the message");
        t.is(std::string(e->sqlstate), "MK003", "the SQLSTATE arrives");
        t.is(e->detail, "Only 2 available.", "the detail arrives");
        t.is(e->hint, "Order two.", "the hint arrives");
    }
    const error bare(errors::no_data_found, "no such order");
    t.ok(bare.detail.empty() && bare.hint.empty(), "detail and hint may be left out");
    return t.finish();
}
