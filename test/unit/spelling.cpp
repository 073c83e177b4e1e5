#include "core/spelling.hpp"

#include <algorithm>
#include <map>

#include "properties.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

// The dictionary of a shop, as the table answers.
class shop {
public:
    void add(const std::string& word, std::int32_t listings, const std::string& canonical = {}) {
        words[word] = {word, tokens(word)[0].lexeme, listings, canonical};
    }

    dictionary as_dictionary() const {
        dictionary d;
        d.find = [this](const std::vector<std::string>& wanted) {
            std::vector<dictionary_word> found;
            for (const std::string& w : wanted)
                if (const auto it = words.find(w); it != words.end())
                    found.push_back(it->second);
            return found;
        };
        d.near = [this](const std::vector<std::int32_t>& keys) {
            std::vector<dictionary_word> found;
            for (const auto& [word, entry] : words) {
                const std::vector<std::int32_t> own = dictionary_keys(word);
                if (std::any_of(own.begin(), own.end(), [&](std::int32_t key) {
                        return std::binary_search(keys.begin(), keys.end(), key);
                    }))
                    found.push_back(entry);
            }
            return found;
        };
        d.is_indexed = [this](const std::string& lexeme) { return indexed == lexeme; };
        d.listings = 100'000;
        return d;
    }

    std::string indexed;

private:
    std::map<std::string, dictionary_word> words;
};

std::string correct_text(const std::string& text, const shop& s) {
    std::string all;
    for (const meaning& m : correct(tokens(text), s.as_dictionary())) {
        all += all.empty() ? "" : " ";
        all += m.corrected ? "*" + m.word : m.word;
    }
    return all;
}

std::string in_alphabet(std::u32string_view letters) {
    std::string text;
    for (const char32_t c : letters) {
        text += static_cast<char>(0xC0 | c >> 6);
        text += static_cast<char>(0x80 | (c & 0x3F));
    }
    return text;
}

std::u32string edited(generator& g, std::u32string word) {
    const auto at = static_cast<std::size_t>(
        g.between(0, static_cast<std::int64_t>(word.size()) - (word.empty() ? 0 : 1)));
    const auto letter = static_cast<char32_t>(g.between(U'а', U'д'));
    switch (word.empty() ? 0 : g.between(0, 3)) {
    case 0:
        word.insert(at, 1, letter);
        break;
    case 1:
        word.erase(at, 1);
        break;
    case 2:
        word[at] = letter;
        break;
    default:
        if (at + 1 < word.size())
            std::swap(word[at], word[at + 1]);
    }
    return word;
}

// Words of few letters, so that many are near each other.
void hold_for_keys(laws& l, generator& g) {
    l.next_case();
    std::u32string word;
    for (std::int64_t length = g.between(4, 24); length > 0; --length)
        word += static_cast<char32_t>(g.between(U'а', U'д'));
    std::u32string typed = word;
    const std::int64_t done = g.between(0, 2);
    for (std::int64_t i = 0; i < done; ++i)
        typed = edited(g, typed);
    const std::string a = in_alphabet(word), b = in_alphabet(typed);
    const std::size_t edits = edit_distance(a, b, 3);
    // nothing stands between two letters that were swapped: two edits may then be three
    l.hold(edits <= (done == 2 ? 3 : static_cast<std::size_t>(done)), "an edit is one at most");
    l.hold(edits == edit_distance(b, a, 3), "as far there as back");
    if (edits > edit_budget(b) || edits > edit_budget(a) || std::max(a.size(), b.size()) > 40)
        return;
    const std::vector<std::int32_t> keys = dictionary_keys(a), asked = query_keys(b);
    l.hold(std::any_of(
               asked.begin(), asked.end(),
               [&](std::int32_t key) { return std::binary_search(keys.begin(), keys.end(), key); }),
           "words that are near share a key");
}

} // namespace

int main() {
    tap t;
    t.is(edit_budget("abc"), std::size_t{0}, "three letters are never changed");
    t.is(edit_budget("чант"), std::size_t{1}, "four letters by one edit");
    t.is(edit_budget("маратон"), std::size_t{2}, "seven by two");
    t.is(edit_budget("iphone13"), std::size_t{0}, "none where there is a digit");

    laws l;
    generator g(5);
    for (int i = 0; i < 20'000; ++i)
        hold_for_keys(l, g);
    l.report(t);

    shop s;
    for (const char* word : {"nike", "adidas", "рокля", "маратонки", "шапка", "чанта", "sneakers"})
        s.add(word, 500);
    for (const char* word : {"жълта", "чанти"})
        s.add(word, 100);
    s.add("dress", 3000);
    s.add("dresss", 3);
    s.add("reds", 40);

    struct row {
        std::string typed, meant;
    };
    for (const row& r : {row{"nike", "nike"},
                         {"nkie", "*nike"},
                         {"nikee", "*nike"},
                         {"mike", "*nike"},
                         {"рклоя", "рклоя"},
                         {"рколя", "*рокля"},
                         {"мратноки", "*маратонки"},
                         {"adi das", "*adidas"},
                         {"nikedress", "*nike *dress"},
                         {"roklya", "*рокля"},
                         {"roklq", "*рокля"},
                         {"6apka", "*шапка"},
                         {"4anta", "*чанта"},
                         {"maratonki", "*маратонки"},
                         {"reds", "reds"},
                         {"nik", "*nike"},
                         {"adi das nike", "*adidas nike"},
                         {"julta4anta", "julta4anta"},
                         {"snkers", "*sneakers"},
                         {"Nikeрокля", "nike рокля"},
                         {"julta 4anti", "*жълта *чанти"},
                         {"5g", "5g"},
                         {"iphone13x", "iphone13x"},
                         {"qqqqqq", "qqqqqq"}})
        t.is(correct_text(r.typed, s), r.meant, r.typed);
    for (const char* word : {"nike", "adidas", "рокля", "dress", "reds"})
        t.is(correct_text(word, s), std::string(word), "a word of the dictionary is never changed");
    const std::vector<meaning> begun = correct(tokens("nkie dre"), s.as_dictionary(), 500);
    t.is(begun.at(0).word + " " + begun.at(1).word, std::string("nike dre"),
         "the beginning of a word is not corrected");
    t.is(correct(tokens("rokl"), s.as_dictionary(), 1).at(0).lexemes.size(), std::size_t{1},
         "a beginning is near nothing");
    t.is(correct(tokens("roklya"), s.as_dictionary(), 1).at(0).lexemes.size(), std::size_t{2},
         "but a word of the other alphabet is found");
    t.is(correct(tokens("drss"), s.as_dictionary(), 1).at(0).lexemes.size(), std::size_t{2},
         "and one that is far more frequent than what begins so");
    t.is(correct(tokens("dre ss"), s.as_dictionary(), 500).at(0).word, std::string("dress"),
         "but it may end the word before it");
    s.indexed = "mike";
    t.is(correct_text("mike", s), std::string("mike"), "a word that some listing has stays");
    s.add("adidasnike", 2);
    const std::vector<meaning> one = correct(tokens("adidasnike"), s.as_dictionary());
    t.ok(one.at(0).word == "adidasnike" && one.at(0).apart.size() == 2,
         "what sellers write without a space means both words too");
    const std::vector<meaning> both = correct(tokens("dresss"), s.as_dictionary());
    t.is(both.at(0).lexemes.size(), std::size_t{2}, "a seller's misspelling means both");
    t.is(canonical_of({"dresss", "", 3, ""}, {{"dress", "", 3000, ""}})->word, std::string("dress"),
         "and is folded onto the frequent word");
    return t.finish();
}
