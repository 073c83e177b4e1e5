#include "core/visitors.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cctype>
#include <string>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

// In lower case. "bot" stands apart: it ends a word in the names of crawlers. Libraries that
// applications of people use as well, such as okhttp, are no marks.
constexpr std::string_view marks[] = {
    "crawl",       "spider",     "slurp",      "headless",   "facebookexternalhit",
    "linkpreview", "webpreview", "uripreview", "whatsapp/",  "mediapartners",
    "monitor",     "pingdom",    "lighthouse", "curl/",      "wget/",
    "python-",     "scrapy",     "libwww",     "feedfetcher"};

bool ends_word(std::string_view text, std::size_t at) {
    return at >= text.size() || !std::isalpha(static_cast<unsigned char>(text[at]));
}

// Cubot makes phones.
bool is_phone(std::string_view text, std::size_t at) {
    return at >= 2 && text.substr(at - 2, 5) == "cubot";
}

bool names_a_bot(std::string_view text) {
    for (std::size_t at = text.find("bot"); at != text.npos; at = text.find("bot", at + 1))
        if (ends_word(text, at + 3) && !is_phone(text, at))
            return true;
    return false;
}

} // namespace

bool is_bot(std::string_view user_agent) {
    const std::string text = lower_case(user_agent);
    return names_a_bot(text) ||
           std::any_of(std::begin(marks), std::end(marks),
                       [&](std::string_view mark) { return text.find(mark) != text.npos; });
}

} // namespace driplo::core
