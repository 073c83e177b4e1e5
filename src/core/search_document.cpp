#include "core/search_document.hpp"

#include "core/search_terms.hpp"

#include <map>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

enum weight : unsigned { d = 0, c = 1, b = 2, a = 3 };

// Fields begin at places of their own, so that words of two fields are never neighbors.
constexpr unsigned title_at = 1, brand_at = 201, attributes_at = 301, description_at = 501;
constexpr std::size_t title_words = 100, brand_words = 40, attribute_words = 100,
                      description_words = 100;
constexpr std::size_t most_places = 255;

class builder {
public:
    // At most `most` words, each at the next place; how many there were.
    unsigned add(std::string_view text, weight weighs, unsigned place, std::size_t most) {
        for (const token& word : tokens(text, most)) {
            auto& places = lexemes_[word.lexeme];
            if (places.size() < most_places)
                places.push_back(static_cast<std::uint16_t>(weighs << 14 | place));
            ++place;
        }
        return place;
    }

    void add_term(const std::string& term) {
        if (!term.empty())
            lexemes_[term];
    }

    std::vector<document_lexeme> take() {
        std::vector<document_lexeme> all;
        all.reserve(lexemes_.size());
        for (auto& [text, places] : lexemes_)
            all.push_back({text, std::move(places)});
        return all;
    }

private:
    std::map<std::string, std::vector<std::uint16_t>> lexemes_;
};

} // namespace

std::vector<document_lexeme> make_document(const searched_listing& listing) {
    builder document;
    document.add(listing.title, a, title_at, title_words);
    document.add(listing.brand, b, brand_at, brand_words);
    unsigned place = attributes_at;
    const auto add_attribute = [&](std::string_view text) {
        const unsigned used = place - attributes_at;
        if (used < attribute_words)
            place = document.add(text, c, place, attribute_words - used);
    };
    add_attribute(listing.color);
    add_attribute(listing.size);
    for (const std::string& name : listing.category_names)
        add_attribute(name);
    for (const std::string& material : listing.materials)
        add_attribute(material);
    document.add(listing.description, d, description_at, description_words);

    for (const uuid& category : listing.categories)
        document.add_term(terms::category(category));
    document.add_term(terms::brand(folded_key(listing.brand)));
    document.add_term(terms::size(folded_key(listing.size)));
    document.add_term(terms::color(folded_key(listing.color)));
    document.add_term(terms::condition(folded_key(listing.condition)));
    document.add_term(terms::country(listing.country));
    document.add_term(terms::currency(listing.currency));
    document.add_term(terms::octave(terms::price_octave(listing.price)));
    document.add_term(terms::block(terms::hot_block(listing.hot)));
    document.add_term(terms::sample_of(listing.id));
    return document.take();
}

} // namespace driplo::core
