// Catalog: images of listings.
#include "pg/value.hpp"

#include "core/image_url.hpp"

namespace driplo {

// get_optimized_image_url(base_url text, size text) -> text
DRIPLO_FUNCTION(driplo_get_optimized_image_url) {
    const auto url = pg::required<std::string_view>(fcinfo, 0, "base_url");
    const auto size = core::parse_image_size(pg::required<std::string_view>(fcinfo, 1, "size"));
    const auto position = core::image_size_position(url);
    if (!position)
        return pg::to_datum(url);
    return pg::to_datum_with_insertion(url, *position, core::image_size_suffix(size));
}

} // namespace driplo
