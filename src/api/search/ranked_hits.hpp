// By relevance: how well the words fit, and how popular and new the listing is.
#pragma once

#include "api/search/hits.hpp"

namespace driplo {

std::unique_ptr<hit_source> ranked_hits(pg::spi spi, const question& asked,
                                        const std::optional<place>& after);

} // namespace driplo
