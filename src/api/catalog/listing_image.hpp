// Which image of a listing stands for it.
#pragma once

#include "pg/part.hpp"

namespace driplo {

// SQL for the listing `l`: the medium size of the first of image_urls, or that itself where it is a
// plain URL, else the first of images, a URL or an object with one. NULL when there is none.
inline constexpr pg::part listing_image{"listing_image", R"(
    COALESCE(
        l.image_urls -> 0 ->> 'medium',
        CASE pg_catalog.jsonb_typeof(l.image_urls -> 0) WHEN 'string' THEN l.image_urls ->> 0 END,
        CASE pg_catalog.jsonb_typeof(l.images -> 0)
            WHEN 'string' THEN l.images ->> 0
            ELSE l.images -> 0 ->> 'url'
        END
    ))"};

} // namespace driplo
