#include "core/stem.hpp"

#include "core/purity.hpp"

namespace driplo::core {

namespace {

bool ends_with(std::u32string_view word, std::u32string_view end) {
    return word.size() >= end.size() && word.substr(word.size() - end.size()) == end;
}

} // namespace

std::u32string cyrillic_stem(std::u32string_view word) {
    constexpr std::u32string_view endings[] = {
        U"овете", U"евете", U"ищата", U"ията", U"ите", U"ето", U"ата", U"ята", U"ове",
        U"еве",   U"ета",   U"ища",   U"ът",   U"ят",  U"та",  U"то",  U"те",  U"ия",
        U"ие",    U"ии",    U"а",     U"я",    U"о",   U"е",   U"и",   U"й",
    };
    if (word.size() >= 4)
        for (const std::u32string_view end : endings)
            if (ends_with(word, end) && word.size() - end.size() >= 3)
                return std::u32string(word.substr(0, word.size() - end.size()));
    return std::u32string(word);
}

std::u32string latin_stem(std::u32string_view word) {
    std::u32string stem(word);
    if (word.size() < 4 || !ends_with(word, U"s"))
        return stem;
    if (ends_with(word, U"ies") && word.size() > 4) {
        stem.resize(word.size() - 3);
        return stem + U"y";
    }
    for (const std::u32string_view end : {U"sses", U"shes", U"ches", U"xes"})
        if (ends_with(word, end)) {
            stem.resize(word.size() - 2);
            return stem;
        }
    for (const std::u32string_view end : {U"ss", U"us", U"is"})
        if (ends_with(word, end))
            return stem;
    stem.pop_back();
    return stem;
}

} // namespace driplo::core
