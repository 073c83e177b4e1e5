#include "core/spelling.hpp"

#include "core/letters.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

// From so many letters one edit, two edits.
constexpr std::size_t letters_for_one = 4;
constexpr std::size_t letters_for_two = 7;

// A longer word has the keys of one letter less only.
constexpr std::size_t most_letters_for_two_deletions = 20;

// A word so many times as frequent as its neighbor may be meant by it.
constexpr std::int64_t far_more_frequent = 100;

constexpr std::size_t most_spellings = 64;
constexpr std::size_t most_candidates = 8;
constexpr std::size_t most_meanings = 3;

// What a word costs that is not what was typed, in edits.
constexpr double official_alphabet = 0.1;
constexpr double chat_alphabet = 0.3;
constexpr double mistyped_alphabet = 1.2;

bool is_digit(char32_t c) {
    return c >= U'0' && c <= U'9';
}

bool has_digit(std::u32string_view word) {
    return std::any_of(word.begin(), word.end(), is_digit);
}

bool is_cyrillic_word(std::u32string_view word) {
    return std::any_of(word.begin(), word.end(), is_cyrillic);
}

bool is_ascii_word(std::u32string_view word) {
    return std::all_of(word.begin(), word.end(), [](char32_t c) { return c < 0x80; });
}

// 32 bits of FNV-1a; what collides has another distance.
std::int32_t hash(std::u32string_view word) {
    std::uint32_t h = 2166136261u;
    for (const char32_t c : word)
        for (std::uint32_t rest = c, i = 0; i < 3; ++i, rest >>= 8)
            h = (h ^ (rest & 0xFF)) * 16777619u;
    return static_cast<std::int32_t>(h);
}

void add_keys(std::vector<std::int32_t>& keys, const std::u32string& word, std::size_t deletions) {
    keys.push_back(hash(word));
    if (deletions == 0)
        return;
    for (std::size_t i = 0; i < word.size(); ++i) {
        std::u32string shorter = word;
        shorter.erase(i, 1);
        keys.push_back(hash(shorter));
        for (std::size_t j = i; deletions > 1 && j < shorter.size(); ++j) {
            std::u32string shortest = shorter;
            shortest.erase(j, 1);
            keys.push_back(hash(shortest));
        }
    }
}

std::size_t deletions(std::u32string_view word) {
    if (has_digit(word) || word.size() < letters_for_one)
        return 0;
    return word.size() < letters_for_two || word.size() > most_letters_for_two_deletions ? 1 : 2;
}

std::vector<std::int32_t> sorted(std::vector<std::int32_t> keys) {
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

std::size_t distance(std::u32string_view a, std::u32string_view b, std::size_t limit) {
    const std::size_t more = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (more > limit)
        return limit + 1;
    std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), current(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j)
        previous[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        current[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            std::size_t least =
                std::min({previous[j] + 1, current[j - 1] + 1,
                          previous[j - 1] + static_cast<std::size_t>(a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                least = std::min(least, before[j - 2] + 1);
            current[j] = least;
        }
        before.swap(previous);
        previous.swap(current);
    }
    return std::min(previous[b.size()], limit + 1);
}

// Letters of ASCII that people type for a Cyrillic letter and that the law writes otherwise. A
// longer one stands before what it begins with; "itself" too where both are possible.
constexpr struct {
    std::u32string_view typed;
    std::u32string_view official;
    bool itself;
} chat_letters[] = {
    {U"sht", U"sht", false}, {U"6t", U"sht", false}, {U"sh", U"sh", false}, {U"ch", U"ch", false},
    {U"zh", U"zh", false},   {U"ts", U"ts", false},  {U"ya", U"ya", false}, {U"yu", U"yu", false},
    {U"ia", U"ya", true},    {U"iu", U"yu", true},   {U"ja", U"ya", true},  {U"ju", U"yu", true},
    {U"kh", U"h", true},     {U"6", U"sh", false},   {U"4", U"ch", false},  {U"q", U"ya", false},
    {U"w", U"v", false},     {U"j", U"zh", false},   {U"j", U"y", false},   {U"c", U"ts", false},
    {U"c", U"k", false},     {U"x", U"h", false},    {U"x", U"ks", false},  {U"u", U"a", true},
    {U"y", U"a", true},      {U"i", U"y", true},
};

void spell(std::u32string_view rest, const std::u32string& so_far,
           std::vector<std::u32string>& spellings) {
    if (spellings.size() >= most_spellings)
        return;
    if (rest.empty()) {
        spellings.push_back(so_far);
        return;
    }
    bool as_itself = true;
    std::u32string_view found;
    for (const auto& letter : chat_letters) {
        if (rest.substr(0, letter.typed.size()) != letter.typed ||
            (!found.empty() && found != letter.typed))
            continue;
        // "i" for U+0439 stands behind a vowel only.
        if (letter.typed == U"i" &&
            (so_far.empty() ||
             std::u32string_view(U"aeou").find(so_far.back()) == std::u32string_view::npos))
            continue;
        if (found.empty() && letter.itself)
            spell(rest.substr(1), so_far + rest[0], spellings);
        found = letter.typed;
        as_itself = false;
        spell(rest.substr(letter.typed.size()), so_far + std::u32string(letter.official),
              spellings);
    }
    if (as_itself)
        spell(rest.substr(1), so_far + rest[0], spellings);
}

std::vector<std::u32string> spellings_of(std::u32string_view word) {
    std::vector<std::u32string> spellings;
    spell(word, {}, spellings);
    return spellings;
}

std::u32string latin_of(std::u32string_view word) {
    const std::u32string_view end = word.size() > 2 ? word.substr(word.size() - 2) : U"";
    if (end == U"ия") // the law's exception at the end of a word
        return from_utf8(written_in_latin(word.substr(0, word.size() - 2))) + U"ia";
    return from_utf8(written_in_latin(word));
}

} // namespace

std::size_t edit_budget(std::string_view surface) noexcept {
    std::size_t letters = 0;
    for (const char c : surface) {
        if (c >= '0' && c <= '9')
            return 0;
        letters += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }
    return letters >= letters_for_two ? 2 : letters >= letters_for_one ? 1 : 0;
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
    return distance(from_utf8(a), from_utf8(b), limit);
}

std::vector<std::int32_t> dictionary_keys(std::string_view surface) {
    const std::u32string word = from_utf8(surface);
    std::vector<std::int32_t> keys;
    add_keys(keys, word, deletions(word));
    if (is_cyrillic_word(word)) {
        const std::u32string latin = latin_of(word);
        add_keys(keys, latin, std::min<std::size_t>(deletions(latin), 1));
    }
    return sorted(std::move(keys));
}

std::vector<std::int32_t> query_keys(std::string_view surface) {
    const std::u32string word = from_utf8(surface);
    std::vector<std::int32_t> keys;
    add_keys(keys, word, deletions(word));
    if (is_ascii_word(word))
        for (const std::u32string& official : spellings_of(word))
            keys.push_back(hash(official));
    return sorted(std::move(keys));
}

std::vector<std::string> official_spellings(std::string_view surface) {
    std::vector<std::string> result;
    for (const std::u32string& spelling : spellings_of(from_utf8(surface)))
        result.push_back(in_utf8(spelling));
    return result;
}

std::string in_latin(std::string_view surface) {
    const std::u32string word = from_utf8(surface);
    return is_cyrillic_word(word) ? in_utf8(latin_of(word)) : std::string(surface);
}

namespace {

struct candidate {
    dictionary_word word;
    double cost = 0;
    double score = 0;
};

class corrector {
public:
    corrector(const std::vector<token>& typed, const dictionary& words)
        : typed(typed), words(words),
          // A shop of 200 listings corrects too.
          common(std::clamp<std::int64_t>(words.listings / 50'000, 2, 20)),
          beyond_doubt(std::clamp<std::int64_t>(words.listings / 1'000, 10, 1'000)) {}

    std::vector<meaning> correct() {
        look_up();
        for (std::size_t i = 0; i < typed.size(); ++i) {
            if (i + 1 < typed.size() && join(i))
                ++i;
            else
                take(typed[i]);
        }
        return std::move(meanings);
    }

private:
    void look_up() {
        std::vector<std::string> wanted;
        for (std::size_t i = 0; i < typed.size(); ++i) {
            wanted.push_back(typed[i].surface);
            if (i + 1 < typed.size())
                wanted.push_back(typed[i].surface + typed[i + 1].surface);
        }
        remember(wanted);
    }

    void remember(const std::vector<std::string>& wanted) {
        if (!wanted.empty())
            for (dictionary_word& w : words.find(wanted))
                known.emplace(w.word, std::move(w));
    }

    const dictionary_word* find(const std::string& surface) const {
        const auto found = known.find(surface);
        return found == known.end() ? nullptr : &found->second;
    }

    std::int64_t listings(const std::string& surface) const {
        const dictionary_word* w = find(surface);
        return w ? w->listings : 0;
    }

    // "adi das"
    bool join(std::size_t i) {
        const std::string joined = typed[i].surface + typed[i + 1].surface;
        const dictionary_word* w = find(joined);
        const std::int64_t apart =
            std::min(listings(typed[i].surface), listings(typed[i + 1].surface));
        if (!w || w->listings < common || w->listings <= 5 * apart)
            return false;
        meanings.push_back({w->word, {w->lexeme}, true});
        return true;
    }

    void take(const token& t) {
        const dictionary_word* w = find(t.surface);
        const std::u32string letters = from_utf8(t.surface);
        const bool is_chat = has_digit(letters) && is_ascii_word(letters) &&
                             !std::all_of(letters.begin(), letters.end(),
                                          [](char32_t c) { return is_digit(c) || c == U'.'; });
        if ((has_digit(letters) && !is_chat) || letters.size() < 3 ||
            (w && w->listings >= beyond_doubt)) {
            meanings.push_back({t.surface, {w ? w->lexeme : t.lexeme}, false});
            return;
        }
        std::vector<candidate> near = candidates(t.surface, letters);
        if (w)
            keep(t, *w, near);
        else if (words.is_indexed && words.is_indexed(t.lexeme))
            keep(t, {t.surface, t.lexeme, 1, {}}, near);
        else if (!split(t, letters, near))
            replace(t, near);
    }

    // A known word stays, next to what it may be a misspelling of and to itself in the other
    // alphabet.
    void keep(const token& t, const dictionary_word& w, const std::vector<candidate>& near) {
        meaning m{t.surface, {w.lexeme}, false};
        for (const candidate& c : near)
            if (c.cost <= chat_alphabet && c.word.listings >= common) {
                add(m, c.word.lexeme);
                break;
            }
        for (const candidate& c : near)
            if (c.cost > chat_alphabet &&
                c.word.listings >= far_more_frequent * std::max<std::int64_t>(w.listings, 1)) {
                add(m, c.word.lexeme);
                break;
            }
        meanings.push_back(std::move(m));
    }

    void replace(const token& t, const std::vector<candidate>& near) {
        if (near.empty()) {
            meanings.push_back({t.surface, {t.lexeme}, false});
            return;
        }
        meaning m{near[0].word.word, {}, true};
        for (std::size_t i = 0; i < near.size() && i < most_meanings; ++i)
            if (near[i].score > near[0].score - 0.5)
                add(m, near[i].word.lexeme);
        meanings.push_back(std::move(m));
    }

    // "nikedress", unless it is near a word that is more probable
    bool split(const token& t, const std::u32string& letters, const std::vector<candidate>& near) {
        if (!near.empty() && near[0].word.listings >= common && near[0].cost <= 1)
            return false;
        std::vector<std::string> halves;
        for (std::size_t i = 1; i < letters.size(); ++i) {
            halves.push_back(in_utf8(letters.substr(0, i)));
            halves.push_back(in_utf8(letters.substr(i)));
        }
        remember(halves);
        double best = 0;
        std::size_t at = 0;
        for (std::size_t i = 0; i < halves.size(); i += 2) {
            double least =
                static_cast<double>(std::min(listings(halves[i]), listings(halves[i + 1])));
            if (i == 0 || i + 2 == halves.size()) // one letter says little
                least *= 0.05;
            if (least >= static_cast<double>(common) && least > best) {
                best = least;
                at = i;
            }
        }
        if (best == 0 || (!near.empty() && near[0].word.listings > 50 * best))
            return false;
        for (const std::size_t i : {at, at + 1}) {
            const dictionary_word* half = find(halves[i]);
            meanings.push_back({half->word, {half->lexeme}, true});
        }
        static_cast<void>(t);
        return true;
    }

    static void add(meaning& m, const std::string& lexeme) {
        if (std::find(m.lexemes.begin(), m.lexemes.end(), lexeme) == m.lexemes.end())
            m.lexemes.push_back(lexeme);
    }

    double cost(const std::u32string& letters, const std::set<std::u32string>& official,
                const std::u32string& other, std::size_t budget) const {
        double least = 99;
        if (is_ascii_word(letters) && is_cyrillic_word(other)) {
            const std::u32string latin = latin_of(other);
            if (latin == letters)
                least = official_alphabet;
            else if (official.count(latin) != 0)
                least = chat_alphabet;
            else if (budget > 0 && distance(letters, latin, 1) == 1)
                least = mistyped_alphabet;
            return least;
        }
        const std::size_t edits = distance(letters, other, budget);
        return edits <= budget ? static_cast<double>(edits) : least;
    }

    std::vector<candidate> candidates(const std::string& surface, const std::u32string& letters) {
        const std::size_t budget = has_digit(letters) ? 0 : edit_budget(surface);
        std::set<std::u32string> official;
        if (is_ascii_word(letters))
            for (std::u32string& spelling : spellings_of(letters))
                official.insert(std::move(spelling));
        std::map<std::string, candidate> best;
        std::vector<std::string> canonical;
        for (dictionary_word& w : words.near(query_keys(surface))) {
            const std::u32string other = from_utf8(w.word);
            if (w.word == surface || other.size() < 3)
                continue;
            const double c = cost(letters, official, other, budget);
            if (c > 2)
                continue;
            if (!w.canonical.empty())
                canonical.push_back(w.canonical);
            const std::string word = w.word;
            best[word] = {std::move(w), c, 0};
        }
        return ranked(letters, std::move(best), canonical);
    }

    // What sellers misspell counts as the word that they meant.
    std::vector<candidate> ranked(const std::u32string& letters,
                                  std::map<std::string, candidate> best,
                                  const std::vector<std::string>& canonical) {
        remember(canonical);
        std::map<std::string, candidate> meant;
        for (auto& [word, c] : best) {
            const dictionary_word* real =
                c.word.canonical.empty() ? nullptr : find(c.word.canonical);
            if (real)
                c.word = *real;
            auto [place, is_new] = meant.emplace(c.word.word, c);
            if (!is_new && c.cost < place->second.cost)
                place->second.cost = c.cost;
        }
        std::vector<candidate> result;
        for (auto& [word, c] : meant) {
            c.score = std::log10(std::max<double>(c.word.listings, 1)) - 1.6 * c.cost;
            if (c.cost > chat_alphabet && c.cost != mistyped_alphabet &&
                from_utf8(word)[0] != letters[0])
                c.score -= 0.8;
            result.push_back(std::move(c));
        }
        // Two edits only where one finds nothing frequent.
        const bool is_near = std::any_of(result.begin(), result.end(), [&](const candidate& c) {
            return c.cost <= 1 && c.word.listings >= common;
        });
        if (is_near)
            result.erase(std::remove_if(result.begin(), result.end(),
                                        [](const candidate& c) { return c.cost > 1.5; }),
                         result.end());
        std::sort(result.begin(), result.end(), [](const candidate& a, const candidate& b) {
            return a.score != b.score ? a.score > b.score : a.word.word < b.word.word;
        });
        if (result.size() > most_candidates)
            result.resize(most_candidates);
        return result;
    }

    const std::vector<token>& typed;
    const dictionary& words;
    const std::int64_t common, beyond_doubt;
    std::map<std::string, dictionary_word> known;
    std::vector<meaning> meanings;
};

} // namespace

std::vector<meaning> correct(const std::vector<token>& typed, const dictionary& words) {
    return corrector(typed, words).correct();
}

const dictionary_word* canonical_of(const dictionary_word& rare,
                                    const std::vector<dictionary_word>& candidates) {
    const std::u32string letters = from_utf8(rare.word);
    const dictionary_word* best = nullptr;
    if (edit_budget(rare.word) == 0)
        return best;
    for (const dictionary_word& c : candidates)
        if (c.word != rare.word && c.listings >= far_more_frequent * rare.listings &&
            distance(letters, from_utf8(c.word), 1) == 1 &&
            (!best || c.listings > best->listings ||
             (c.listings == best->listings && c.word < best->word)))
            best = &c;
    return best;
}

} // namespace driplo::core
