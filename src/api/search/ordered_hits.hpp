// By what a row has: its price, its time, how popular it is.
#pragma once

#include "api/search/hits.hpp"

namespace driplo {

std::unique_ptr<hit_source> ordered_hits(pg::spi spi, const question& asked, sort_order sort,
                                         const std::optional<place>& after);

} // namespace driplo
