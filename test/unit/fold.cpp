#include "core/fold.hpp"

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using namespace std::string_view_literals;

namespace {

std::string lexemes(std::string_view text) {
    std::string all;
    for (const token& t : tokens(text)) {
        if (!all.empty())
            all += ' ';
        all += t.lexeme;
    }
    return all;
}

std::string surfaces(std::string_view text) {
    std::string all;
    for (const token& t : tokens(text)) {
        if (!all.empty())
            all += ' ';
        all += t.surface;
    }
    return all;
}

struct row {
    std::string_view text, expected;
};

} // namespace

int main() {
    tap t;
    for (const row& r : {
             row{"", ""},
             row{"Nike", "nike"},
             row{"nike/adidas", "nike adida"},
             row{"38.5", "38.5"},
             row{"38,5", "38.5"},
             row{"38½", "38.5"},
             row{"38,39,40", "38 39 40"},
             row{"38,39", "38 39"},
             row{"12.05.2024", "12 05 2024"},
             row{"10,000 mAh", "10000 mah"},
             row{"10000mAh", "10000 mah"},
             row{"1.000", "1000"},
             row{"v2.5", "v2.5"},
             row{"EU 38", "eu 38"},
             row{"EU38,5", "eu 38.5"},
             row{"XS", "xs"},
             row{"XS-S", "xs s"},
             row{"S-M", "s m"},
             row{"501", "501"},
             row{"501s", "501s"},
             row{"CW2288-111", "cw2288 111"},
             row{"553558", "553558"},
             row{"iPhone13", "iphone 13"},
             row{"256GB", "256 gb"},
             row{"PS5", "ps5"},
             row{"T-shirt", "tshirt"},
             row{"t-shirts", "tshirt"},
             row{"blu-ray", "blu ray"},
             row{"H&M", "hm"},
             row{"Dolce&Gabbana", "dolce gabbana"},
             row{"Levi's", "levi"},
             row{"Levi’s", "levi"},
             row{"Levis", "levi"},
             row{"L'Oréal", "loreal"},
             row{"boucles d'oreilles", "boucle d oreille"},
             row{"'quoted'", "quoted"},
             row{"Größe", "grosse"},
             row{"ŁÓDŹ", "lodz"},
             row{"cămașă", "camasa"},
             row{"ținută", "tinuta"},
             row{"İstanbul", "istanbul"},
             row{"ISTANBUL", "istanbul"},
             row{"ışık", "isik"},
             row{"Cafe\xcc\x81", "cafe"},
             row{"Ｎｉｋｅ ４２", "nike 42"},
             row{"𝓝𝓲𝓴𝓮", "nike"},
             row{"👟🔥Nike🔥", "nike"},
             row{"ni\xc2\xadke", "nike"},
             row{"@c12", "c12"},
             row{"@@@", ""},
             row{"a\0b"sv, "a b"},
             row{"\xff\xfe", ""},
             row{"ni\xffke", "ni ke"},
             row{"Nikе", "nike"},
             row{"Nikeмаратонки", "nike maratonk"},
             row{"черниadidas", "chern adida"},
             row{"ХL XХL мL", "xl xxl ml"},
             row{"ХС, ХЛ, ХХХЛ, М", "xs xl xxxl m"},
             row{"номерl", "nomer l"},
             row{"38.5'10", "38.5 10"},
             row{"βιβλίο", "vivlio"},
             row{"ΒΙΒΛΙΟ", "vivlio"},
             row{"韓国", "韓 国"},
             row{"m²", "m2"},
         })
        t.is(lexemes(r.text), std::string(r.expected), "words become lexemes");
    for (const row& r :
         {row{"Рокля", "рокля"}, row{"ЧАЙ", "чай"}, row{"чаи\xcc\x86", "чай"}, row{"Ёлка", "елка"},
          row{"е\xcc\x88лка", "елка"}, row{"Київ", "киів"}, row{"киі\xcc\x88в", "киів"},
          row{"Љубав", "љубав"}, row{"ΟΔΟΣ", "οδοσ"}, row{"Ѝ", "и"}})
        t.is(surfaces(r.text), std::string(r.expected), "surfaces keep their alphabet");
    t.is(lexemes("рокля") == lexemes("рокли"), true, "a plural is found by its singular");
    t.is(folded_key("EU 38,5"), std::string("eu_38.5"), "a key");
    t.is(folded_key(""), std::string(), "of nothing");
    t.is(folded_key("Hugo  Boss"), folded_key("hugo-BOSS"), "is one for all spellings");
    t.is(highlight("Red <b>Dresses</b>, dress", {"dress"}, "[", "]"),
         std::string("Red <b>[Dresses]</b>, [dress]"), "highlighting");
    t.is(highlight("Cafe\xcc\x81s!", {"cafe"}, "[", "]"), std::string("[Cafe\xcc\x81s]!"),
         "with the accent inside");
    t.is(tokens("a b c", 2).size(), std::size_t{2}, "no more than asked for");
    for (const std::string_view letter : {"x", "щ", "𐎀"}) {
        std::string word;
        for (int i = 0; i < 300; ++i)
            word += letter;
        for (const token& w : tokens(word))
            t.ok(w.lexeme.size() <= max_lexeme_bytes && w.surface.size() <= max_lexeme_bytes,
                 "a long word is cut");
    }
    return t.finish();
}
