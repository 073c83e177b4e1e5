#include "api/catalog/listing_image.hpp"

#include "pg/entry_point.hpp"
#include "pg/json.hpp"

namespace driplo {

namespace {

std::optional<std::string> url_in(const std::optional<pg::jsonb>& list, const char* name) {
    if (!list)
        return std::nullopt;
    const pg::json_reader all(*list);
    if (all.is_object())
        return std::nullopt;
    const pg::json_reader first = all.at("0");
    return first.is_string() ? all.text("0") : first.text(name);
}

} // namespace

std::optional<std::string> image_of_listing(std::optional<pg::jsonb> image_urls,
                                            std::optional<pg::jsonb> images) {
    const auto url = url_in(image_urls, "medium");
    return url ? url : url_in(images, "url");
}

// private.listing_image(image_urls jsonb, images jsonb) -> text
DRIPLO_FUNCTION(driplo_listing_image) {
    const auto url =
        image_of_listing(pg::argument<pg::jsonb>(fcinfo, 0), pg::argument<pg::jsonb>(fcinfo, 1));
    return url ? pg::to_datum(*url) : pg::null_result(fcinfo);
}

} // namespace driplo
