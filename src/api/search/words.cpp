#include "api/search/words.hpp"

#include "core/fold.hpp"
#include "core/spelling.hpp"
#include "core/text.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <map>

namespace driplo {

namespace {

// A search of more is answered for its first words.
constexpr std::size_t most_words = 16;
constexpr std::size_t shortest_beginning = 2;

const pg::plan known_words{R"(
    SELECT word, lexeme, df, COALESCE(canonical, '')
    FROM {s}.search_words
    WHERE word = ANY ($1))",
                           pg::access::read_only, pg::planned::each_time};
const pg::plan near_words{R"(
    SELECT word, lexeme, df, COALESCE(canonical, '')
    FROM {s}.search_words
    WHERE keys && $1)",
                          pg::access::read_only, pg::planned::each_time};
// What its sellers misspell counts as what they mean.
const pg::plan completions{R"(
    SELECT COALESCE(c.lexeme, w.lexeme), pg_catalog.max(COALESCE(c.df, w.df))
    FROM {s}.search_words w
    LEFT JOIN {s}.search_words c ON c.word = w.canonical
    WHERE w.word ^@ $1
    GROUP BY 1
    ORDER BY 2 DESC, 1
    LIMIT $2)",
                           pg::access::read_only, pg::planned::each_time};
const pg::plan synonyms{R"(
    SELECT word, means
    FROM {s}.search_synonyms
    WHERE word = ANY ($1)
    ORDER BY word)",
                        pg::access::read_only, pg::planned::each_time};
const pg::plan exists{R"(
    SELECT
    FROM {s}.listing_search
    WHERE doc @@ $1
    LIMIT 1)",
                      pg::access::read_only, pg::planned::each_time};

std::vector<core::dictionary_word> dictionary_words(const pg::rows& found) {
    std::vector<core::dictionary_word> words;
    for (std::uint64_t row = 0; row < found.count(); ++row)
        words.push_back({*found.value<std::string>(1, row), *found.value<std::string>(2, row),
                         *found.value<std::int32_t>(3, row), *found.value<std::string>(4, row)});
    return words;
}

void add_way(wanted_word& word, way lexemes) {
    if (!lexemes.empty() &&
        std::find(word.ways.begin(), word.ways.end(), lexemes) == word.ways.end())
        word.ways.push_back(std::move(lexemes));
}

void add_synonyms(std::vector<wanted_word>& words) {
    std::vector<std::string> asked;
    for (const wanted_word& each : words) {
        asked.push_back(each.word);
        for (const way& known : each.ways)
            if (known.size() == 1)
                asked.push_back(known.front());
    }
    std::map<std::string, std::vector<way>> meanings;
    const pg::rows found = synonyms.run(asked);
    for (std::uint64_t row = 0; row < found.count(); ++row) {
        const auto means = found.value<std::vector<std::string>>(2, row);
        for (const std::string& text : *means) {
            way lexemes;
            for (core::token& each : core::tokens(text, most_words))
                lexemes.push_back(std::move(each.lexeme));
            meanings[*found.value<std::string>(1, row)].push_back(std::move(lexemes));
        }
    }
    if (meanings.empty())
        return;
    for (wanted_word& each : words) {
        const std::vector<way> known = each.ways;
        for (const way& more : meanings[each.word])
            add_way(each, more);
        for (const way& one : known)
            if (one.size() == 1)
                for (const way& more : meanings[one.front()])
                    add_way(each, more);
    }
}

wanted_word as_typed(const core::token& token) {
    return {token.surface, {{token.lexeme}}};
}

// In the notation of tsquery.
std::string quoted(const std::string& lexeme) {
    std::string text = "'";
    for (const char c : lexeme) {
        if (c == '\'' || c == '\\')
            text += c;
        text += c;
    }
    return text + "'";
}

std::string joined(const std::vector<std::string>& parts, const char* between) {
    std::string text;
    for (const std::string& each : parts)
        text += (text.empty() ? "" : between) + each;
    return parts.size() > 1 ? "(" + text + ")" : text;
}

} // namespace

bool is_indexed(pg::spi, const std::string& lexeme) {
    return !exists.run(pg::read_query(quoted(lexeme))).empty();
}

wanted_words read_words(pg::spi spi, std::string_view text, const reading& how,
                        std::int64_t listings) {
    const std::vector<core::token> typed = core::tokens(text, most_words);
    wanted_words wanted;
    if (typed.empty())
        return wanted;
    if (how.is_exact) {
        for (const core::token& each : typed)
            wanted.words.push_back(as_typed(each));
        return wanted;
    }

    const core::token& last = typed.back();
    std::vector<std::string> begun;
    std::int64_t last_begins = 0;
    const bool is_begun = last.source.data() + last.source.size() == text.data() + text.size() &&
                          core::count_code_points(last.surface).value_or(0) >= shortest_beginning;
    if (is_begun) {
        const pg::rows found = completions.run(last.surface, how.completions);
        begun = found.values<std::string>();
        if (!found.empty())
            last_begins = *found.value<std::int32_t>(2);
    }

    if (how.is_corrected) {
        const core::dictionary words{
            [](const std::vector<std::string>& asked) {
                return dictionary_words(known_words.run(asked));
            },
            [](const std::vector<std::int32_t>& keys) {
                return dictionary_words(near_words.run(keys));
            },
            [&](const std::string& lexeme) { return is_indexed(spi, lexeme); }, listings};
        std::vector<core::meaning> meanings = core::correct(typed, words, last_begins);
        for (core::meaning& each : meanings) {
            // as if it had been typed right
            if (is_begun && each.corrected && &each == &meanings.back())
                begun = completions.run(each.word, how.completions).values<std::string>();
            wanted_word word{std::move(each.word), {}};
            for (std::string& lexeme : each.lexemes)
                add_way(word, {std::move(lexeme)});
            add_way(word, std::move(each.apart));
            wanted.words.push_back(std::move(word));
            wanted.was_corrected = wanted.was_corrected || each.corrected;
        }
    } else {
        for (const core::token& each : typed)
            wanted.words.push_back(as_typed(each));
    }
    add_synonyms(wanted.words);
    for (std::string& lexeme : begun) {
        const std::size_t before = wanted.words.back().ways.size();
        add_way(wanted.words.back(), {std::move(lexeme)});
        wanted.was_completed = wanted.was_completed || wanted.words.back().ways.size() > before;
    }
    wanted.was_completed_widely = wanted.was_completed && how.completions == wide_completions;
    return wanted;
}

std::string wanted_words::corrected_query() const {
    std::string text;
    for (const wanted_word& each : words)
        text += (text.empty() ? "" : " ") + each.word;
    return text;
}

std::vector<std::string> wanted_words::lexemes() const {
    std::vector<std::string> all;
    for (const wanted_word& each : words)
        for (const way& lexemes : each.ways)
            all.insert(all.end(), lexemes.begin(), lexemes.end());
    return all;
}

conditions conditions_of(const std::vector<wanted_word>& words) {
    conditions all;
    for (const wanted_word& each : words) {
        std::vector<std::string> ways;
        for (const way& lexemes : each.ways) {
            std::vector<std::string> together;
            for (const std::string& lexeme : lexemes)
                together.push_back(quoted(lexeme));
            ways.push_back(joined(together, " & "));
        }
        all.push_back({joined(ways, " | "), ways.size()});
    }
    return all;
}

condition any_term(const std::vector<std::string>& terms) {
    std::vector<std::string> ways;
    for (const std::string& each : terms)
        ways.push_back(quoted(each));
    return {joined(ways, " | "), ways.size()};
}

conditions operator+(conditions some, const conditions& others) {
    some.insert(some.end(), others.begin(), others.end());
    return some;
}

std::string query_text(const conditions& all) {
    std::string text;
    for (const condition& each : all)
        text += (text.empty() ? "" : " & ") + each.text;
    return text;
}

} // namespace driplo
