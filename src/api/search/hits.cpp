#include "api/search/hits.hpp"

#include "api/search/ordered_hits.hpp"
#include "api/search/ranked_hits.hpp"

namespace driplo {

std::unique_ptr<hit_source> find_hits(pg::spi spi, const question& asked, sort_order sort,
                                      const std::optional<place>& after) {
    // without words the best are the most popular and newest
    if (sort == sort_order::relevance && !asked.words.empty())
        return ranked_hits(spi, asked, after);
    return ordered_hits(spi, asked, sort == sort_order::relevance ? sort_order::popular : sort,
                        after);
}

} // namespace driplo
