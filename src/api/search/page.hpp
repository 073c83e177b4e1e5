// The rows of a page: what the caller may see of the listings that the index has found. The index
// may be behind what it is made of; what a page shows is decided by the listings themselves.
#pragma once

#include "api/search/filters.hpp"
#include "api/search/hits.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driplo {

// Sellers whose listings the caller is not shown: there is a block between them. nullopt for none.
std::optional<std::vector<pg::uuid>> hidden_sellers(pg::spi spi);

struct shown_listing {
    hit at;
    std::vector<std::optional<Datum>> known; // as page_reader reads them

    // The columns of search(). Valid as long as the session.
    std::vector<std::optional<Datum>> columns(const std::vector<std::string>& lexemes,
                                              const std::optional<Datum>& next) const;
    // Those of similar_listings().
    std::vector<std::optional<Datum>> columns() const;
};

class page_reader {
public:
    page_reader(pg::spi spi, const search_filters& filters);

    // Those that are for sale and may be seen, in their sequence.
    std::vector<shown_listing> read(const std::vector<hit>& hits) const;

private:
    std::string currency_;
    std::optional<pg::uuid> caller_;
    std::optional<std::vector<pg::uuid>> hidden_;
};

struct filled_page {
    std::vector<shown_listing> rows;
    std::optional<place> next; // nullopt on the last page
    std::size_t hits = 0;      // in the index, for these rows
    bool is_last = false;
};

// A page of what the source finds, filled with what follows where the index is behind the listings.
filled_page fill_page(hit_source& source, const page_reader& reader, std::size_t size);

// The first rows of search(), at most so many.
std::vector<shown_listing> find_listings(pg::spi spi, const std::string& query,
                                         std::optional<pg::jsonb> filters, sort_order sort,
                                         std::size_t most);

// The total of search_summary().
std::int64_t count_listings(pg::spi spi, const std::string& query,
                            std::optional<pg::jsonb> filters);

} // namespace driplo
