// Parts of statements: what several of them have in common is written once (spi.hpp tells how).
#pragma once

#include <cstddef>
#include <initializer_list>
#include <iterator>

namespace driplo::pg {

// What {name} stands for in a statement.
struct part {
    const char* name = nullptr;
    const char* text = nullptr;
};

// Never defined: a plan that calls it, because it is not what it should be, does not compile.
#if defined(__has_attribute) && __has_attribute(error)
__attribute__((error("a statement names a part that it has not got, or is no constant")))
#endif
void statement_is_no_constant_of_known_parts();

// The parts of one statement. Without std::string_view, which g++ makes no constants of.
class parts {
public:
    constexpr parts() = default;
    constexpr parts(std::initializer_list<part> given) {
        if (given.size() > std::size(all_))
            statement_is_no_constant_of_known_parts();
        std::size_t n = 0;
        for (const part& each : given)
            all_[n++] = each;
    }

    // The text of the part of that name, which ends at a "}"; nullptr when there is none.
    constexpr const char* find(const char* name) const {
        for (const part& each : all_)
            if (each.name && ends_together(each.name, name))
                return each.text;
        return nullptr;
    }

    // Whether each {name} of the text has its part, or is {s}. A part may name parts, not itself.
    constexpr bool explain(const char* text, int depth = 0) const {
        for (const char* name = find_name(text); *name; name = find_name(name)) {
            const char* found = find(name);
            if (found ? depth > 4 || !explain(found, depth + 1) : !ends_together("s", name))
                return false;
        }
        return true;
    }

    // Where the first name in braces begins, else the end of the text.
    static constexpr const char* find_name(const char* text) {
        const char* begin = nullptr;
        for (; *text; ++text) {
            if (*text == '{')
                begin = text + 1;
            else if (*text == '}' && begin && begin != text)
                return begin;
            else if (!((*text >= 'a' && *text <= 'z') || *text == '_'))
                begin = nullptr;
        }
        return text;
    }

private:
    static constexpr bool ends_together(const char* part, const char* name) {
        while (*part && *part == *name)
            ++part, ++name;
        return !*part && *name == '}';
    }

    part all_[20] = {};
};

static_assert(parts{{"a", "{b}"}, {"b", "1"}}.explain("SELECT '{}', '{a,b}', {a} FROM {s}.x"));
static_assert(!parts{{"a", "{b}"}}.explain("{a}") && !parts{part{"a", "{a}"}}.explain("{a}"));

} // namespace driplo::pg
