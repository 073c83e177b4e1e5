#include "core/stem.hpp"

#include <algorithm>
#include <iterator>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

bool ends_with(std::u32string_view word, std::u32string_view end) {
    return word.size() >= end.size() && word.back() == end.back() &&
           word.substr(word.size() - end.size()) == end;
}

bool is_one_of(char32_t letter, std::u32string_view letters) {
    return letters.find(letter) != std::u32string_view::npos;
}

bool is_vowel(char32_t letter) {
    return is_one_of(letter, U"аеиоуъюяіы");
}

// What no rule gets right, without endings. Few: a rule that needs more is a wrong one.
struct exception {
    std::u32string_view word, root;
};

constexpr exception exceptions[] = {
    {U"бельо", U"бельо"}, // not the neuter of white
    {U"вечерта", U"вечер"}, {U"времена", U"врем"},    {U"деца", U"дет"},
    {U"дланта", U"длан"},   {U"есента", U"есен"},     {U"имена", U"им"},
    {U"кожуси", U"кожух"},  {U"кръвта", U"кръв"},     {U"любовта", U"любов"},
    {U"нокът", U"нокт"},    {U"очи", U"ок"},          {U"поло", U"поло"},
    {U"ръце", U"рък"},      {U"сака", U"сако"},       {U"сако", U"сако"},
    {U"солта", U"сол"},     {U"степента", U"степен"}, {U"сутринта", U"сутрин"},
    {U"тъканта", U"тъкан"}, {U"уши", U"ух"},          {U"яката", U"як"},
};

const exception* find_exception(std::u32string_view word) {
    const auto* found = std::find_if(std::begin(exceptions), std::end(exceptions),
                                     [&](const exception& e) { return e.word == word; });
    return found == std::end(exceptions) ? nullptr : found;
}

// Words with the plural -та: яке, якета. All others in -ета have it from their root: монета.
constexpr std::u32string_view plurals_in_ta[] = {
    U"агне", U"бебе",  U"бижу",  U"боди",  U"бюро", U"деколте",  U"дере",  U"желе",
    U"кафе", U"кашне", U"кепе",  U"клише", U"коте", U"купе",     U"лале",  U"магаре",
    U"меню", U"море",  U"перде", U"пиле",  U"поле", U"портмоне", U"прасе", U"резюме",
    U"саше", U"такси", U"теле",  U"фоайе", U"хоби", U"шише",     U"шосе",  U"яке",
};

bool has_plural_in_ta(std::u32string_view word) {
    return ends_with(word, U"че") || (word.size() > 4 && ends_with(word, U"ие")) ||
           std::find(std::begin(plurals_in_ta), std::end(plurals_in_ta), word) !=
               std::end(plurals_in_ta);
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
    {U"ият", 3},        {U"та", 4, U"а"}, {U"та", 3, U"ящт"},
    {U"то", 3, U"оеу"}, {U"те", 3, U"и"}, {U"те", 4, U"ея"},
};

constexpr ending plurals_and_genders[] = {
    {U"ове", 2}, {U"еве", 2}, {U"ища", 3}, {U"ище", 3}, {U"ьо", 2}, {U"ии", 3}, {U"ия", 3},
    {U"ие", 4},  {U"ий", 3},  {U"ый", 3},  {U"ые", 3},  {U"а", 2},  {U"я", 2},  {U"о", 2},
    {U"е", 2},   {U"и", 2},   {U"ы", 2},   {U"у", 3},   {U"й", 2},  {U"ь", 3},
};

std::u32string_view without_article(std::u32string_view word) {
    if (ends_with(word, U"ът")) {
        const std::u32string_view left = word.substr(0, word.size() - 2);
        const bool is_word = std::any_of(left.begin(), left.end(), is_vowel); // not "прът"
        return is_word ? left : word;
    }
    // двигателят, чаят, but the participle нагрят
    for (const std::u32string_view end : {U"елят", U"арят", U"нят", U"аят", U"еят", U"оят"})
        if (ends_with(word, end))
            return word.substr(0, word.size() - 1);
    return without(word, articles);
}

// часовник, часовници; каталог, каталози
void undo_palatalization(std::u32string& stem) {
    if (stem.size() < 4)
        return;
    const char32_t before = stem[stem.size() - 2];
    if (stem.back() == U'к' && is_vowel(before))
        stem.back() = U'ц';
    else if (stem.back() == U'г' && (is_vowel(before) || before == U'р'))
        stem.back() = U'з';
}

// Vowels that are there in one form and not in another: черен, черна; малък, малка; конец, конци;
// двоен, двойна.
void drop_fleeting_vowel(std::u32string& stem) {
    if (stem.size() < 4)
        return;
    char32_t& vowel = stem[stem.size() - 2];
    char32_t& last = stem.back();
    if (vowel == U'е' && (last == U'н' || (last == U'ц' && stem.size() > 4))) {
        if (is_vowel(stem[stem.size() - 3]))
            vowel = U'й';
        else
            stem.erase(stem.size() - 2, 1);
    } else if (vowel == U'ъ' && is_one_of(last, U"кцгзрлмнв")) {
        if (last == U'ц') // сандъци
            last = U'к';
        else if (last == U'з')
            last = U'г';
        stem.erase(stem.size() - 2, 1);
    }
}

} // namespace

std::u32string cyrillic_stem(std::u32string_view word) {
    if (word.size() < 3)
        return std::u32string(word);
    std::u32string_view rest = word;
    const exception* known = find_exception(word);
    if (!known) {
        rest = without_article(word);
        known = find_exception(rest);
    }
    if (known) {
        rest = known->root;
    } else {
        if ((ends_with(rest, U"та") || ends_with(rest, U"то")) &&
            has_plural_in_ta(rest.substr(0, rest.size() - 2)))
            rest.remove_suffix(2);
        rest = without(rest, plurals_and_genders);
        if (rest.size() > 2 && rest.back() == U'й') // чай, чая, чайове
            rest.remove_suffix(1);
        // Some nouns in -ата have an article there and some do not: ризата, салата. So both lose
        // it.
        if (rest.size() > 4 && ends_with(rest, U"ат"))
            rest.remove_suffix(2);
    }
    std::u32string stem(rest);
    undo_palatalization(stem);
    std::replace(stem.begin() + 1, stem.end(), U'я', U'е'); // бял, бели
    drop_fleeting_vowel(stem);
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
