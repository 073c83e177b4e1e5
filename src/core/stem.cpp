#include "core/stem.hpp"

#include <algorithm>
#include <iterator>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

bool ends_with(std::u32string_view word, std::u32string_view end) {
    return word.size() >= end.size() && word.substr(word.size() - end.size()) == end;
}

bool is_one_of(char32_t letter, std::u32string_view letters) {
    return letters.find(letter) != std::u32string_view::npos;
}

constexpr std::u32string_view cyrillic_vowels = U"аеиоуъюяіы";

// What no rule gets right, with and without article. Few: a rule that needs more is a wrong one.
struct exception {
    std::u32string_view word, stem;
};

constexpr exception exceptions[] = {
    {U"бельо", U"бельо"}, // not белo, the neuter of white
    {U"вечерта", U"вечер"}, {U"времена", U"врем"}, {U"деца", U"дет"},   {U"есента", U"есн"},
    {U"имена", U"им"},      {U"кожуси", U"кожух"}, {U"лакът", U"лакт"}, {U"нокът", U"нокт"},
    {U"очи", U"ок"},        {U"поло", U"поло"},    {U"ръце", U"рък"},   {U"сака", U"сако"},
    {U"сако", U"сако"},     {U"цвят", U"цвет"},    {U"свят", U"свет"},  {U"солта", U"сол"},
    {U"уши", U"ух"},
};

const exception* find_exception(std::u32string_view word) {
    const auto* found = std::find_if(std::begin(exceptions), std::end(exceptions),
                                     [&](const exception& e) { return e.word == word; });
    return found == std::end(exceptions) ? nullptr : found;
}

// Words with the plural -та: яке, якета. All others in -ета have it from their root: монета.
constexpr std::u32string_view plurals_in_ta[] = {
    U"ателие", U"бебе",  U"бижу", U"боди", U"бюро",  U"дере", U"кафе",     U"клише",
    U"колие",  U"купе",  U"лале", U"море", U"перде", U"поле", U"портмоне", U"резюме",
    U"такси",  U"фоайе", U"шише", U"шосе", U"яке",   U"меню", U"пате",
};

bool has_plural_in_ta(std::u32string_view word) {
    return ends_with(word, U"че") || std::find(std::begin(plurals_in_ta), std::end(plurals_in_ta),
                                               word) != std::end(plurals_in_ta);
}

struct ending {
    std::u32string_view letters;
    std::size_t least;               // letters that must be left
    std::u32string_view after = U""; // the last of them; empty: any
};

template <std::size_t Size>
std::u32string_view without(std::u32string_view word, const ending (&endings)[Size]) {
    for (const ending& e : endings) {
        if (!ends_with(word, e.letters) || word.size() - e.letters.size() < e.least)
            continue;
        const std::u32string_view left = word.substr(0, word.size() - e.letters.size());
        if (e.after.empty() || is_one_of(left.back(), e.after))
            return left;
    }
    return word;
}

constexpr ending articles[] = {
    {U"ият", 3},         {U"ът", 3},        {U"т", 3, U"я"},
    {U"ят", 2, U"аеоу"}, {U"та", 4, U"ая"}, {U"та", 3, U"щчтв"},
    {U"то", 3, U"оеиу"}, {U"те", 3, U"и"},  {U"те", 4, U"ея"},
};

constexpr ending plurals_and_genders[] = {
    {U"ове", 3}, {U"еве", 3}, {U"ища", 3}, {U"ище", 4}, {U"ьо", 2}, {U"ии", 3}, {U"ия", 3},
    {U"ие", 4},  {U"ый", 3},  {U"ые", 3},  {U"а", 2},   {U"я", 2},  {U"о", 2},  {U"е", 2},
    {U"и", 2},   {U"ы", 2},   {U"у", 3},   {U"й", 2},   {U"ь", 3},
};

// Vowels that are there in one form and not in another: черен, черна; малък, малка; венец, венци.
void drop_fleeting_vowel(std::u32string& stem) {
    if (stem.size() < 4)
        return;
    const char32_t vowel = stem[stem.size() - 2], last = stem.back();
    const bool flees = (vowel == U'ъ' && is_one_of(last, U"кцгрлмн")) ||
                       (vowel == U'е' && (last == U'н' || (last == U'ц' && stem.size() > 4)));
    if (!flees)
        return;
    stem.erase(stem.size() - 2, 1);
    if (vowel == U'ъ' && last == U'ц') // сандъци
        stem.back() = U'к';
}

} // namespace

std::u32string cyrillic_stem(std::u32string_view word) {
    if (word.size() < 3)
        return std::u32string(word);
    if (const exception* e = find_exception(word))
        return std::u32string(e->stem);
    std::u32string_view rest = without(word, articles);
    if (const exception* e = find_exception(rest))
        return std::u32string(e->stem);
    if (ends_with(rest, U"та") && has_plural_in_ta(rest.substr(0, rest.size() - 2)))
        rest.remove_suffix(2);

    std::u32string stem(without(rest, plurals_and_genders));
    // чай, чая, чайове
    if (stem.size() > 2 && stem.back() == U'й')
        stem.pop_back();
    // бял, бели
    std::replace(stem.begin() + 1, stem.end(), U'я', U'е');
    drop_fleeting_vowel(stem);
    // Some nouns in -ата have an article there and some do not: ризата, салата. So both lose it.
    if (stem.size() > 4 && ends_with(stem, U"ат"))
        stem.resize(stem.size() - 2);
    // часовник, часовници; каталог, каталози
    if (stem.size() >= 4 && is_one_of(stem[stem.size() - 2], cyrillic_vowels)) {
        if (stem.back() == U'к')
            stem.back() = U'ц';
        else if (stem.back() == U'г')
            stem.back() = U'з';
    }
    return stem;
}

std::u32string latin_stem(std::u32string_view word) {
    std::u32string stem(word);
    if (stem.size() < 4)
        return stem;
    for (const std::u32string_view plural : {U"sses", U"shes", U"ches", U"xes"})
        if (ends_with(stem, plural)) {
            stem.resize(stem.size() - 2);
            return stem;
        }
    if (stem.size() > 4 && (ends_with(stem, U"rves") || ends_with(stem, U"lves"))) { // scarves
        stem.resize(stem.size() - 3);
        return stem + U"f";
    }
    if (stem.size() > 4 && (ends_with(stem, U"aux") || ends_with(stem, U"oux"))) // bijoux
        stem.pop_back();
    else if (stem.back() == U's' && !ends_with(stem, U"ss") && !ends_with(stem, U"us"))
        stem.pop_back();
    // puppy, puppies; hoodie, hoodies; poche, poches
    if (stem.size() >= 4 &&
        (ends_with(stem, U"ie") || ends_with(stem, U"che") || ends_with(stem, U"she")))
        stem.pop_back();
    else if (stem.size() >= 4 && stem.back() == U'y')
        stem.back() = U'i';
    return stem;
}

} // namespace driplo::core
