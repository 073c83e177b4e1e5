#include "core/search_document.hpp"

#include "core/search_terms.hpp"

#include <algorithm>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

const document_lexeme* find(const std::vector<document_lexeme>& document, std::string_view text) {
    for (const document_lexeme& each : document)
        if (each.text == text)
            return &each;
    return nullptr;
}

// "A1 B201": weights and places.
std::string places(const std::vector<document_lexeme>& document, std::string_view text) {
    const document_lexeme* found = find(document, text);
    if (!found)
        return "none";
    std::string told;
    for (const std::uint16_t place : found->places)
        told += (told.empty() ? "" : " ") + std::string(1, "DCBA"[place >> 14]) +
                std::to_string(place & 16383);
    return told;
}

bool is_sorted(const std::vector<document_lexeme>& document) {
    return std::is_sorted(document.begin(), document.end(),
                          [](const auto& a, const auto& b) { return a.text < b.text; });
}

std::string repeated(const char* text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i)
        all += text;
    return all;
}

} // namespace

int main() {
    tap t;

    searched_listing lamp;
    lamp.title = "Lamp, a blue lamp";
    lamp.brand = "Lamp";
    lamp.color = "Blue";
    lamp.materials = {"tin", "blue tin"};
    lamp.category_names = {"Light"};
    lamp.description = "Blue.";
    lamp.currency = "EUR";
    lamp.price = 6;
    const auto document = make_document(lamp);
    t.is(places(document, "lamp"), std::string("A1 A4 B201"), "title and brand");
    t.is(places(document, "blue"), std::string("A3 C301 C304 D501"),
         "color, material, description");
    t.is(places(document, "tin"), std::string("C303 C305"), "materials follow the category");
    t.is(places(document, "light"), std::string("C302"), "the category");
    t.is(places(document, "@blamp"), std::string(), "a term has no place");
    t.is(places(document, "@G2"), std::string(), "the octave of the price");
    t.is(places(document, "@s"), std::string("none"), "without a size there is none");
    t.ok(is_sorted(document), "in the order of their bytes");

    searched_listing nothing;
    t.ok(make_document(nothing).size() == 3, "of nothing octave, block and sample are left");

    searched_listing much;
    const std::string title = repeated("same ", 300), description = repeated("word @bnike ", 5000);
    much.title = title;
    much.description = description;
    much.materials.assign(5000, "wool and tin");
    const auto large = make_document(much);
    t.ok(find(large, "same")->places.size() == 100, "a hundred words of a title");
    t.is(places(large, "@bnike"), std::string("none"), "what somebody writes is no term");
    t.ok(find(large, "bnike")->places.size() == 50 && find(large, "word")->places.size() == 50,
         "a hundred words of a description");
    std::size_t attributes = 0;
    for (const char* word : {"wool", "and", "tin"})
        attributes += find(large, word)->places.size();
    t.ok(attributes == 100, "and of all that is told of a listing");
    for (const document_lexeme& each : large)
        if (!std::is_sorted(each.places.begin(), each.places.end(),
                            [](auto a, auto b) { return (a & 16383) < (b & 16383); }))
            t.ok(false, "places ascend");
    return t.finish();
}
