#include "core/spelling.hpp"

#include <algorithm>
#include <map>

#include "tap.hpp"

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

} // namespace

int main() {
    tap t;
    t.is(edit_budget("abc"), std::size_t{0}, "three letters are never changed");
    t.is(edit_budget("чант"), std::size_t{1}, "four letters by one edit");
    t.is(edit_budget("маратон"), std::size_t{2}, "seven by two");
    t.is(edit_budget("iphone13"), std::size_t{0}, "none where there is a digit");

    shop s;
    for (const char* word : {"nike", "adidas", "рокля", "маратонки", "шапка", "чанта", "sneakers"})
        s.add(word, 500);
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
                         {"5g", "5g"},
                         {"iphone13x", "iphone13x"},
                         {"qqqqqq", "qqqqqq"}})
        t.is(correct_text(r.typed, s), r.meant, r.typed);
    s.indexed = "mike";
    t.is(correct_text("mike", s), std::string("mike"), "a word that some listing has stays");
    const std::vector<meaning> both = correct(tokens("dresss"), s.as_dictionary());
    t.is(both.at(0).lexemes.size(), std::size_t{2}, "a seller's misspelling means both");
    t.is(canonical_of({"dresss", "", 3, ""}, {{"dress", "", 3000, ""}})->word, std::string("dress"),
         "and is folded onto the frequent word");
    return t.finish();
}
