// Tests over many generated cases: the same cases on each machine, and one line of TAP for each law
// that all of them have to keep.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tap.hpp"

#include "core/format.hpp"

// Numbers from a fixed seed. The distributions of the standard library give other numbers on other
// libraries, so that a case could not be looked for again.
class generator {
public:
    explicit generator(std::uint64_t seed) : engine(seed) {}

    std::int64_t between(std::int64_t low, std::int64_t high) {
        const std::uint64_t values =
            static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low) + 1;
        const std::uint64_t drawn = values == 0 ? engine() : engine() % values;
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + drawn);
    }

    bool chance(std::int64_t percent) { return between(1, 100) <= percent; }

    // Small and large numbers alike: as many of one digit as of ten.
    std::int64_t magnitude(std::int64_t high) {
        std::int64_t limit = 1;
        while (limit < high && !chance(10))
            limit = limit > high / 10 ? high : limit * 10;
        return between(0, limit);
    }

    template <typename Value>
    const Value& one_of(const std::vector<Value>& values) {
        return values[static_cast<std::size_t>(
            between(0, static_cast<std::int64_t>(values.size()) - 1))];
    }

private:
    std::mt19937_64 engine;
};

// What has to hold in each case. A law that no case has looked at has not been tested: it fails.
class laws {
public:
    void next_case() { ++current; }

    void hold(bool holds, std::string_view law) {
        entry& e = find(law);
        ++e.looked;
        if (!holds && e.broken++ == 0)
            e.first_broken = current;
    }

    void report(tap& t) const {
        for (const entry& e : entries)
            if (!t.ok(e.broken == 0, driplo::core::format("{} ({} times)", e.law, e.looked)))
                t.diag(driplo::core::format("broken {} times, first by case {}", e.broken,
                                            e.first_broken));
    }

    std::size_t count() const { return entries.size(); }

private:
    struct entry {
        std::string law;
        std::size_t looked = 0, broken = 0, first_broken = 0;
    };

    entry& find(std::string_view law) {
        for (entry& e : entries)
            if (e.law == law)
                return e;
        entries.push_back({std::string(law)});
        return entries.back();
    }

    std::vector<entry> entries;
    std::size_t current = 0;
};
