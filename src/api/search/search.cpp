// search(): a page of what is for sale and fits.
#include "api/catalog/listing_image.hpp"
#include "api/search/cursor.hpp"
#include "api/search/filters.hpp"
#include "api/search/hits.hpp"
#include "api/search/page.hpp"
#include "api/search/words.hpp"
#include "core/fold.hpp"
#include "core/format.hpp"
#include "pg/entry_point.hpp"
#include "pg/json.hpp"
#include "pg/plan_scope.hpp"
#include "pg/result_set.hpp"
#include "pg/rights.hpp"

namespace driplo {

namespace {

constexpr std::int32_t most_rows = 100;

struct request {
    std::string query;
    std::optional<pg::jsonb> filters;
    std::string filter_text, sort;
    bool is_exact;

    // Which search a cursor belongs to.
    std::string identity() const {
        return core::format("{} {} {} {}:{}", sort, is_exact ? "exact" : "", query.size(), query,
                            filter_text);
    }
};

struct found_page : filled_page {
    std::vector<std::string> lexemes; // to highlight
};

found_page fill(pg::spi spi, const wanted_words& words, const search_filters& filters,
                sort_order sort, std::size_t size, const std::optional<place>& after,
                std::int64_t listings) {
    const auto hits = find_hits(spi, make_question(words, filters, listings), sort, after);
    return {fill_page(*hits, page_reader(spi, filters), size), words.lexemes()};
}

// `how` is how the words were read, which the other pages have to do as well.
found_page find_page(pg::spi spi, const request& asked, sort_order sort, std::size_t rows,
                     const cursor* from, cursor& how) {
    search_filters filters = read_filters(spi, asked.filters);
    filters.rows.hidden_sellers = hidden_sellers(spi);
    const std::int64_t listings = listings_indexed(spi);
    const auto read = [&] {
        return read_words(spi, asked.query,
                          {asked.is_exact, how.is_corrected,
                           how.is_completed_widely ? wide_completions : reading().completions},
                          listings);
    };
    if (from)
        return fill(spi, read(), filters, sort, rows, from->after, listings);

    // by price or time what is only similar would come first
    how.is_corrected = sort == sort_order::relevance;
    wanted_words words = read();
    found_page page = fill(spi, words, filters, sort, rows, std::nullopt, listings);
    // the same for each size of a page, and for the summary
    if (words.was_completed && page.hits < static_cast<std::size_t>(few_matches) &&
        (page.is_last || finds_few(spi, make_question(words, filters, listings)))) {
        how.is_completed_widely = true;
        words = read();
        page = fill(spi, words, filters, sort, rows, std::nullopt, listings);
    }
    if (page.rows.empty() && !how.is_corrected && !asked.is_exact) {
        how.is_corrected = true;
        page = fill(spi, read(), filters, sort, rows, std::nullopt, listings);
    }
    return page;
}

} // namespace

std::vector<shown_listing> find_listings(pg::spi spi, const std::string& query,
                                         std::optional<pg::jsonb> filters, sort_order sort,
                                         std::size_t most) {
    if (most == 0)
        return {};
    cursor how;
    return find_page(spi, {query, filters, {}, {}, false}, sort, most, nullptr, how).rows;
}

// search(query text, filters jsonb, sort text, page_size integer, cursor text, exact boolean)
DRIPLO_FUNCTION(driplo_search) {
    request asked{pg::argument<std::string>(fcinfo, 0).value_or(""),
                  fcinfo->args[1].isnull ? std::nullopt
                                         : std::optional(pg::jsonb{fcinfo->args[1].value}),
                  pg::json_argument(fcinfo, 1).value_or("{}"),
                  pg::argument<std::string>(fcinfo, 2).value_or("relevance"),
                  pg::argument<bool>(fcinfo, 5).value_or(false)};
    const sort_order sort = read_sort(asked.sort);
    const auto size = pg::argument<std::int32_t>(fcinfo, 3).value_or(24);
    if (size < 1 || size > most_rows)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("page_size must be between 1 and {}", most_rows)};
    const std::string identity = asked.identity();
    const auto given = pg::argument<std::string>(fcinfo, 4);
    cursor where;
    if (given)
        where = read_cursor(*given, identity);

    pg::result_set result(fcinfo);
    const pg::owner_scope as_owner;
    const pg::plan_scope by_index;
    pg::session spi;
    const auto rows = static_cast<std::size_t>(size);
    const found_page page = find_page(spi, asked, sort, rows, given ? &where : nullptr, where);
    std::optional<Datum> next;
    if (page.next) {
        where.after = *page.next;
        if (const auto text = write_cursor(where, identity))
            next = pg::to_datum(*text);
    }
    for (const shown_listing& each : page.rows)
        result.add(each.columns(page.lexemes, next));
    return Datum{0};
}

} // namespace driplo
