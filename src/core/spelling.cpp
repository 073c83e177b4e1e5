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
constexpr double canonical_cost = 0.5;
constexpr double too_far = 99;

// A shorter word is neither changed nor what another is changed to.
constexpr std::size_t shortest = 3;

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

// Letters of ASCII that people type for Cyrillic ones, and how the law writes these. Longer ones
// first.
enum class reading {
    only,     // nothing else
    one_of,   // or what another row says, but not the letter itself
    possible, // or the letter itself, or what another row says
};

constexpr struct {
    std::u32string_view typed, official;
    reading kind;
} chat_letters[] = {
    {U"sht", U"sht", reading::only},   {U"6t", U"sht", reading::only},
    {U"sh", U"sh", reading::only},     {U"ch", U"ch", reading::only},
    {U"zh", U"zh", reading::only},     {U"ts", U"ts", reading::only},
    {U"ya", U"ya", reading::only},     {U"yu", U"yu", reading::only},
    {U"ia", U"ya", reading::possible}, {U"iu", U"yu", reading::possible},
    {U"ja", U"ya", reading::possible}, {U"ju", U"yu", reading::possible},
    {U"kh", U"h", reading::possible},  {U"6", U"sh", reading::only},
    {U"4", U"ch", reading::only},      {U"q", U"ya", reading::only},
    {U"w", U"v", reading::only},       {U"j", U"zh", reading::one_of},
    {U"j", U"y", reading::one_of},     {U"c", U"ts", reading::one_of},
    {U"c", U"k", reading::one_of},     {U"x", U"h", reading::one_of},
    {U"x", U"ks", reading::one_of},    {U"u", U"a", reading::possible},
    {U"y", U"a", reading::possible},   {U"i", U"y", reading::possible},
};

void spell(std::u32string_view rest, const std::u32string& so_far,
           std::vector<std::u32string>& spellings) {
    if (spellings.size() >= most_spellings)
        return;
    if (rest.empty()) {
        spellings.push_back(so_far);
        return;
    }
    bool itself = true;
    for (const auto& letter : chat_letters) {
        if (rest.substr(0, letter.typed.size()) != letter.typed)
            continue;
        // "i" for U+0439 stands behind a vowel only
        if (letter.typed == U"i" &&
            (so_far.empty() ||
             std::u32string_view(U"aeou").find(so_far.back()) == std::u32string_view::npos))
            continue;
        spell(rest.substr(letter.typed.size()), so_far + std::u32string(letter.official),
              spellings);
        if (letter.kind == reading::only)
            return;
        itself = itself && letter.kind == reading::possible;
    }
    if (itself)
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

// What a word may be, seen from what was typed.
struct candidate {
    dictionary_word word;
    double cost = 0;  ///< in edits
    double score = 0; ///< the higher, the more probable
};

// One typed word while it is looked at.
struct typed_word {
    const token& source;
    std::u32string letters;
    std::set<std::u32string> official; ///< its official spellings, when it may be Cyrillic
    std::size_t budget;                ///< edits that it may be away
};

class corrector {
public:
    corrector(const std::vector<token>& tokens, const dictionary& words, std::int64_t last_begins)
        : words(words), last_begins(last_begins),
          // A shop of 200 listings corrects too.
          common(std::clamp<std::int64_t>(words.listings / 50'000, 2, 20)),
          beyond_doubt(std::clamp<std::int64_t>(words.listings / 1'000, 10, 1'000)),
          rare(std::max<std::int64_t>(words.listings / 100'000, 2)) {
        for (const token& t : tokens)
            typed.push_back(look_at(t));
    }

    std::vector<meaning> correct() {
        look_up();
        for (std::size_t i = 0; i < typed.size(); ++i)
            if (joined_with_next(i) > joined_with_next(i + 1))
                join(i++);
            else
                take(typed[i], i + 1 == typed.size() ? last_begins : 0);
        return std::move(meanings);
    }

private:
    static typed_word look_at(const token& t) {
        typed_word w{t, from_utf8(t.surface), {}, edit_budget(t.surface)};
        const bool has_letter = !std::all_of(w.letters.begin(), w.letters.end(),
                                             [](char32_t c) { return is_digit(c) || c == U'.'; });
        // "6apka", but not "42"
        if (has_letter && w.letters.size() >= shortest && is_ascii_word(w.letters))
            for (std::u32string& spelling : spellings_of(w.letters))
                w.official.insert(std::move(spelling));
        // of a word of four letters one may be missing
        if (w.letters.size() == letters_for_one - 1 && !has_digit(w.letters))
            w.budget = 1;
        return w;
    }

    // Everything that can be known before is asked for at once: each question is a statement.
    void look_up() {
        std::vector<std::string> wanted;
        for (std::size_t i = 0; i < typed.size(); ++i) {
            wanted.push_back(typed[i].source.surface);
            if (i + 1 < typed.size())
                wanted.push_back(typed[i].source.surface + typed[i + 1].source.surface);
        }
        remember(wanted);

        std::vector<std::int32_t> keys;
        for (const typed_word& w : typed) {
            if (w.letters.size() < shortest)
                continue;
            for (const std::u32string& spelling : w.official)
                keys.push_back(hash(spelling));
            if (w.budget > 0 && listings(w.source.surface) < beyond_doubt)
                for (const std::int32_t key : query_keys(w.source.surface))
                    keys.push_back(key);
        }
        if (keys.empty())
            return;
        neighbors = words.near(sorted(std::move(keys)));
        std::vector<std::string> canonical;
        for (const dictionary_word& w : neighbors)
            if (!w.canonical.empty())
                canonical.push_back(w.canonical);
        remember(canonical);
    }

    void remember(const std::vector<std::string>& wanted) {
        if (wanted.empty())
            return;
        for (dictionary_word& w : words.find(wanted)) {
            std::string word = w.word;
            known.emplace(std::move(word), std::move(w));
        }
    }

    const dictionary_word* find(const std::string& surface) const {
        const auto found = known.find(surface);
        return found == known.end() ? nullptr : &found->second;
    }

    std::int64_t listings(const std::string& surface) const {
        const dictionary_word* w = find(surface);
        return w ? w->listings : 0;
    }

    // In how many titles a word and the next one are one, "adi das"; 0 when they are rather two.
    std::int64_t joined_with_next(std::size_t i) const {
        if (i + 1 >= typed.size())
            return 0;
        const std::string& first = typed[i].source.surface;
        const std::string& second = typed[i + 1].source.surface;
        const std::int64_t together = listings(first + second);
        const std::int64_t apart = std::min(listings(first), listings(second));
        return together < common || together <= 5 * apart ? 0 : together;
    }

    void join(std::size_t i) {
        const dictionary_word* w = find(typed[i].source.surface + typed[i + 1].source.surface);
        meanings.push_back({w->word, {w->lexeme}, {}, true});
    }

    void take(const typed_word& t, std::int64_t begins) {
        const std::string& surface = t.source.surface;
        const std::vector<candidate> near = candidates(t);
        if (const dictionary_word* w = find(surface)) {
            keep(*w, near, far_more_frequent * w->listings);
            also_apart(t, w->listings);
        } else if (begins > 0) {
            keep({surface, t.source.lexeme, 0, {}}, near, far_more_frequent * begins);
        } else if (near.empty() && !may_be_split(t)) {
            meanings.push_back({surface, {t.source.lexeme}, {}, false});
        } else if (is_indexed(t.source.lexeme)) {
            keep({surface, t.source.lexeme, 0, {}}, near, common);
            also_apart(t, 1);
        } else if (const halves h = split(t, 1, common);
                   h.first && !is_more_probable(near, h.listings)) {
            for (const dictionary_word* half : {h.first, h.second})
                meanings.push_back({half->word, {half->lexeme}, {}, true});
        } else {
            replace(t, near);
        }
    }

    // Another form of it may be known, so frequent that asking would take long.
    bool is_indexed(const std::string& lexeme) const {
        return std::any_of(neighbors.begin(), neighbors.end(),
                           [&](const dictionary_word& w) { return w.lexeme == lexeme; }) ||
               (words.is_indexed && words.is_indexed(lexeme));
    }

    // A known word stays: next to itself in the other alphabet, and to a frequent word that sellers
    // misspell so.
    void keep(const dictionary_word& w, const std::vector<candidate>& near, std::int64_t least) {
        meaning m{w.word, {w.lexeme}, {}, false};
        for (const bool is_mistyped : {false, true})
            for (const candidate& c : near)
                if ((c.cost > chat_alphabet) == is_mistyped &&
                    c.word.listings >= (is_mistyped ? least : common)) {
                    add(m, c.word.lexeme);
                    break;
                }
        meanings.push_back(std::move(m));
    }

    // A rare one may also be two frequent words that sellers did not keep apart.
    void also_apart(const typed_word& t, std::int64_t its_listings) {
        meaning& m = meanings.back();
        if (m.lexemes.size() > 1 || its_listings > rare)
            return;
        if (const halves h = split(t, letters_for_one, far_more_frequent * its_listings); h.first)
            m.apart = {h.first->lexeme, h.second->lexeme};
    }

    void replace(const typed_word& t, const std::vector<candidate>& near) {
        if (near.empty()) {
            meanings.push_back({t.source.surface, {t.source.lexeme}, {}, false});
            return;
        }
        meaning m{near[0].word.word, {}, {}, true};
        for (std::size_t i = 0; i < near.size() && i < most_meanings; ++i)
            if (near[i].score > near[0].score - 0.5)
                add(m, near[i].word.lexeme);
        meanings.push_back(std::move(m));
    }

    static bool may_be_split(const typed_word& t) {
        return t.letters.size() >= letters_for_one && !has_digit(t.letters);
    }

    // Two words that may have been typed as one, and how many titles have the rarer of them.
    struct halves {
        const dictionary_word* first = nullptr;
        const dictionary_word* second = nullptr;
        double listings = 0;
    };

    // "nikedress": the two most frequent words, neither shorter nor rarer than that.
    halves split(const typed_word& t, std::size_t shortest_half, std::int64_t rarest_half) {
        halves best;
        if (!may_be_split(t) || t.letters.size() < 2 * shortest_half)
            return best;
        std::vector<std::string> parts;
        for (std::size_t i = shortest_half; i + shortest_half <= t.letters.size(); ++i) {
            parts.push_back(in_utf8(std::u32string_view(t.letters).substr(0, i)));
            parts.push_back(in_utf8(std::u32string_view(t.letters).substr(i)));
        }
        remember(parts);
        for (std::size_t i = 0; i < parts.size(); i += 2) {
            auto least = static_cast<double>(std::min(listings(parts[i]), listings(parts[i + 1])));
            // one letter says little
            if (shortest_half == 1 && (i == 0 || i + 2 == parts.size()))
                least *= 0.05;
            if (least >= static_cast<double>(rarest_half) && least > best.listings)
                best = {find(parts[i]), find(parts[i + 1]), least};
        }
        return best;
    }

    bool is_more_probable(const std::vector<candidate>& near, double two_words) const {
        if (near.empty())
            return false;
        const auto one_word = static_cast<double>(near[0].word.listings);
        return (near[0].word.listings >= common && near[0].cost <= 1) || one_word > 50 * two_words;
    }

    static void add(meaning& m, const std::string& lexeme) {
        if (std::find(m.lexemes.begin(), m.lexemes.end(), lexeme) == m.lexemes.end())
            m.lexemes.push_back(lexeme);
    }

    // How far a word of the dictionary is from what was typed, in edits; too_far if it is another.
    static double cost(const typed_word& t, const std::u32string& other) {
        if (!t.official.empty() && is_cyrillic_word(other)) {
            const std::u32string latin = latin_of(other);
            if (latin == t.letters)
                return official_alphabet;
            if (t.official.count(latin) != 0)
                return chat_alphabet;
            return t.budget > 0 && t.letters.size() >= letters_for_one &&
                           distance(t.letters, latin, 1) == 1
                       ? mistyped_alphabet
                       : too_far;
        }
        const bool lost_two =
            other.size() >= letters_for_two + 1 && t.letters.size() + 2 == other.size();
        const std::size_t budget = t.budget == 1 && lost_two ? 2 : t.budget;
        if (t.letters.size() < letters_for_one && other.size() < letters_for_one)
            return too_far;
        const std::size_t edits = distance(t.letters, other, budget);
        return edits <= budget ? static_cast<double>(edits) : too_far;
    }

    // The words that may be meant, the most probable first. What sellers misspell counts as the
    // word that they meant.
    std::vector<candidate> candidates(const typed_word& t) const {
        const bool is_certain = listings(t.source.surface) >= beyond_doubt;
        std::map<std::string, candidate> meant;
        for (const dictionary_word& w : neighbors) {
            const std::u32string other = from_utf8(w.word);
            if (other == t.letters || other.size() < shortest)
                continue;
            const double c = cost(t, other);
            if (c == too_far || (is_certain && c > chat_alphabet))
                continue;
            const dictionary_word* real = w.canonical.empty() ? &w : find(w.canonical);
            if (!real || real->word == t.source.surface)
                continue;
            const double whole = c + (w.canonical.empty() ? 0 : canonical_cost);
            auto [place, is_new] = meant.emplace(real->word, candidate{*real, whole, 0});
            place->second.cost = std::min(place->second.cost, whole);
        }
        std::vector<candidate> result;
        for (auto& [word, c] : meant) {
            c.score = std::log10(std::max<double>(c.word.listings, 1)) - 1.6 * c.cost;
            const std::u32string letters = from_utf8(word);
            const bool is_other_alphabet = !t.official.empty() && is_cyrillic_word(letters);
            if (!is_other_alphabet && letters[0] != t.letters[0])
                c.score -= 0.8;
            result.push_back(std::move(c));
        }
        return most_probable(std::move(result));
    }

    std::vector<candidate> most_probable(std::vector<candidate> all) const {
        // Two edits only where one finds nothing frequent.
        const bool is_near = std::any_of(all.begin(), all.end(), [&](const candidate& c) {
            return c.cost <= 1 && c.word.listings >= common;
        });
        if (is_near)
            all.erase(std::remove_if(all.begin(), all.end(),
                                     [](const candidate& c) { return c.cost > 1.5; }),
                      all.end());
        std::sort(all.begin(), all.end(), [](const candidate& a, const candidate& b) {
            return a.score != b.score ? a.score > b.score : a.word.word < b.word.word;
        });
        if (all.size() > most_candidates)
            all.resize(most_candidates);
        return all;
    }

    const dictionary& words;
    const std::int64_t last_begins;
    const std::int64_t common, beyond_doubt, rare;
    std::vector<typed_word> typed;
    std::map<std::string, dictionary_word> known;
    std::vector<dictionary_word> neighbors;
    std::vector<meaning> meanings;
};

} // namespace

std::vector<meaning> correct(const std::vector<token>& typed, const dictionary& words,
                             std::int64_t last_begins) {
    return corrector(typed, words, last_begins).correct();
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
