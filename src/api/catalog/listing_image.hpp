// Which image of a listing stands for it.
#pragma once

#include "pg/part.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

// The medium size of the first of image_urls, or that itself where it is a plain URL, else the
// first of images, a URL or an object with one. Nothing when there is none.
std::optional<std::string> image_of_listing(std::optional<pg::jsonb> image_urls,
                                            std::optional<pg::jsonb> images);

// The same in SQL, of the listing `l`.
inline constexpr pg::part listing_image{"listing_image", R"(
    private.listing_image(l.image_urls, l.images))"};

} // namespace driplo
