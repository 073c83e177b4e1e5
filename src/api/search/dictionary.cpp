// The dictionary of the search: the words of titles and brands, and the brands, by a job.
#include "api/call/roles.hpp"
#include "core/fold.hpp"
#include "core/spelling.hpp"
#include "pg/entry_point.hpp"
#include "pg/plan_scope.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

namespace driplo {

namespace {

constexpr std::size_t at_once = 10000;

// Materialized: with statistics of before the listings came, the server would read all that is left
// for each part.
constexpr pg::part titles{"titles", R"(
    WITH chunk AS MATERIALIZED (
        SELECT listing_id, brand
        FROM {s}.listing_search
        {after}
        ORDER BY listing_id
        LIMIT 10000
    )
    SELECT chunk.listing_id, l.title::text, chunk.brand
    FROM chunk
    JOIN {s}.listings l ON l.id = chunk.listing_id
    ORDER BY chunk.listing_id)"};
const pg::plan first_titles{"{titles}", {titles, {"after", ""}}};
const pg::plan next_titles{"{titles}", {titles, {"after", "WHERE listing_id > $1"}}};

struct counted_word {
    std::string lexeme;
    std::int32_t listings = 0;
};

struct brand {
    std::map<std::string, std::int32_t> spellings;
    std::int32_t listings = 0;
};

struct corpus {
    std::int64_t listings = 0;
    std::unordered_map<std::string, counted_word> words;
    std::map<std::string, brand> brands;

    void add(const std::string& title, const std::optional<std::string>& its_brand) {
        ++listings;
        std::set<std::string> seen;
        const auto add_words = [&](const std::string& text) {
            for (core::token& each : core::tokens(text))
                if (seen.insert(each.surface).second) {
                    counted_word& word = words[each.surface];
                    word.lexeme = std::move(each.lexeme);
                    ++word.listings;
                }
        };
        add_words(title);
        if (!its_brand)
            return;
        add_words(*its_brand);
        std::string key = core::folded_key(*its_brand);
        if (key.empty())
            return;
        brand& known = brands[std::move(key)];
        ++known.listings;
        ++known.spellings[*its_brand];
    }
};

// A session for each part: its rows go with it.
bool read_more(corpus& all, std::optional<pg::uuid>& last) {
    const pg::session spi;
    const pg::rows found = last ? next_titles.run(*last) : first_titles.run();
    for (std::uint64_t row = 0; row < found.count(); ++row)
        all.add(*found.value<std::string>(2, row), found.value<std::string>(3, row));
    if (!found.empty())
        last = found.value<pg::uuid>(1, found.count() - 1);
    return found.count() == at_once;
}

corpus read_titles() {
    const pg::plan_scope by_index;
    corpus all;
    std::optional<pg::uuid> last;
    while (read_more(all, last))
        pg::check_for_interrupts();
    return all;
}

// In how many titles a word has to be: a small shop needs each of them, in a large one what stands
// in one title is mostly a slip, and would hide the word that was meant.
std::int32_t least_listings(std::int64_t listings) {
    return listings < 2000 ? 1 : listings < 500000 ? 2 : 3;
}

std::vector<core::dictionary_word> frequent_words(const corpus& all, std::size_t most) {
    std::vector<core::dictionary_word> words;
    const std::int32_t least = least_listings(all.listings);
    for (const auto& [word, counted] : all.words)
        if (counted.listings >= least)
            words.push_back({word, counted.lexeme, counted.listings, {}});
    std::sort(words.begin(), words.end(), [](const auto& a, const auto& b) {
        return a.listings != b.listings ? a.listings > b.listings : a.word < b.word;
    });
    words.resize(std::min(words.size(), most));
    return words;
}

// Sellers misspell as well. Only few words are frequent enough to be what a rare one means.
void find_canonical(std::vector<core::dictionary_word>& words) {
    constexpr std::int32_t frequent = 100;
    std::unordered_map<std::int32_t, std::vector<std::size_t>> by_key;
    for (std::size_t i = 0; i < words.size() && words[i].listings >= frequent; ++i)
        for (const std::int32_t key : core::dictionary_keys(words[i].word))
            by_key[key].push_back(i);
    if (by_key.empty())
        return;
    const std::int32_t most = words.front().listings;
    for (core::dictionary_word& rare : words) {
        if (rare.listings > most / frequent)
            continue;
        pg::check_for_interrupts();
        std::set<std::size_t> near;
        for (const std::int32_t key : core::query_keys(rare.word))
            if (const auto found = by_key.find(key); found != by_key.end())
                near.insert(found->second.begin(), found->second.end());
        std::vector<core::dictionary_word> candidates;
        for (const std::size_t i : near)
            candidates.push_back(words[i]);
        if (const auto* meant = core::canonical_of(rare, candidates))
            rare.canonical = meant->word;
    }
}

// Two sessions would write the same rows in the same sequence, and the second all of them again.
const pg::plan lock_dictionary{"SELECT pg_advisory_xact_lock(1685219696, 3)"};
const pg::plan write_words{R"(
    INSERT INTO {s}.search_words AS w (word, lexeme, df, canonical, keys)
    SELECT n.word, n.lexeme, n.df, n.canonical, n.keys::integer[]
    FROM unnest($1, $2, $3, $4, $5) AS n (word, lexeme, df, canonical, keys)
    ON CONFLICT (word) DO UPDATE
        SET
            lexeme = EXCLUDED.lexeme,
            df = EXCLUDED.df,
            canonical = EXCLUDED.canonical,
            keys = EXCLUDED.keys
        WHERE (w.lexeme, w.df, w.canonical, w.keys) IS DISTINCT FROM
              (EXCLUDED.lexeme, EXCLUDED.df, EXCLUDED.canonical, EXCLUDED.keys))"};
const pg::plan forget_words{R"(
    DELETE FROM {s}.search_words w
    WHERE NOT EXISTS (SELECT FROM unnest($1) AS n (word) WHERE n.word = w.word))"};
const pg::plan write_brands{R"(
    INSERT INTO {s}.search_brands AS b (key, brand, n)
    SELECT n.key, n.brand, n.n
    FROM unnest($1, $2, $3) AS n (key, brand, n)
    ON CONFLICT (key) DO UPDATE
        SET brand = EXCLUDED.brand, n = EXCLUDED.n
        WHERE (b.brand, b.n) IS DISTINCT FROM (EXCLUDED.brand, EXCLUDED.n))"};
const pg::plan forget_brands{R"(
    DELETE FROM {s}.search_brands b
    WHERE NOT EXISTS (SELECT FROM unnest($1) AS n (key) WHERE n.key = b.key))"};

std::string array_text(const std::vector<std::int32_t>& numbers) {
    std::string text = "{";
    for (const std::int32_t number : numbers)
        text += (text.size() > 1 ? "," : "") + std::to_string(number);
    return text + "}";
}

void write(const std::vector<core::dictionary_word>& all) {
    std::vector<std::string> kept;
    for (std::size_t from = 0; from < all.size(); from += at_once) {
        pg::check_for_interrupts();
        std::vector<std::string> words, lexemes, keys;
        std::vector<std::int32_t> listings;
        std::vector<std::optional<std::string>> canonical;
        for (std::size_t i = from; i < std::min(all.size(), from + at_once); ++i) {
            words.push_back(all[i].word);
            lexemes.push_back(all[i].lexeme);
            listings.push_back(all[i].listings);
            canonical.push_back(all[i].canonical.empty() ? std::nullopt
                                                         : std::optional(all[i].canonical));
            keys.push_back(array_text(core::dictionary_keys(all[i].word)));
        }
        write_words.run(words, lexemes, listings, canonical, keys);
        kept.insert(kept.end(), words.begin(), words.end());
    }
    forget_words.run(kept);
}

void write(const std::map<std::string, brand>& all) {
    std::vector<std::string> keys, spellings;
    std::vector<std::int32_t> listings;
    for (const auto& [key, known] : all) {
        keys.push_back(key);
        spellings.push_back(
            std::max_element(known.spellings.begin(), known.spellings.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; })
                ->first);
        listings.push_back(known.listings);
    }
    write_brands.run(keys, spellings, listings);
    forget_brands.run(keys);
}

std::int32_t refresh(std::size_t most) {
    lock_dictionary.run();
    const corpus all = read_titles();
    std::vector<core::dictionary_word> words = frequent_words(all, most);
    find_canonical(words);
    write(words);
    write(all.brands);
    return static_cast<std::int32_t>(words.size());
}

} // namespace

// refresh_search_words(max_rows integer) -> integer
DRIPLO_FUNCTION(driplo_refresh_search_words) {
    const auto max_rows = pg::required<std::int32_t>(fcinfo, 0, "max_rows");
    require_service("refresh the words of the search");
    return pg::to_datum(
        pg::in_session([&] { return refresh(static_cast<std::size_t>(std::max(max_rows, 0))); }));
}

// private.search_lexemes(text text) -> text[]
DRIPLO_FUNCTION(driplo_search_lexemes) {
    std::vector<std::string> lexemes;
    for (core::token& each :
         core::tokens(pg::argument<std::string_view>(fcinfo, 0).value_or(std::string_view())))
        lexemes.push_back(std::move(each.lexeme));
    return pg::to_datum(lexemes);
}

} // namespace driplo
