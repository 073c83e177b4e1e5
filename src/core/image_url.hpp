// The URL of a resized image: uploads keep "photo.webp" together with "photo_thumb.webp",
// "photo_small.webp", "photo_medium.webp" and "photo_large.webp".
//
// Only a ".webp" at the end of the path counts. A query ("?...") or fragment ("#...") stays behind
// it, and a host name is no path. What is not such a URL, or names a size already, stays as it is.
// Nothing here copies the URL unless it says so: a text may be a gigabyte.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace driplo::core {

enum class image_size { thumb, small, medium, large };

/// What is inserted for each size, by the value of image_size.
inline constexpr std::array<std::string_view, 4> image_size_suffixes{"_thumb", "_small", "_medium",
                                                                     "_large"};

constexpr std::string_view image_size_suffix(image_size size) noexcept {
    return image_size_suffixes[static_cast<std::size_t>(size)];
}

/// The size of that name: thumb, small, medium or large, in lower case.
/// Throws invalid_parameter_value for anything else.
image_size parse_image_size(std::string_view name);

/// Where in `url` the suffix of a size belongs (a byte offset, that of the final ".webp" of the
/// path), or nothing when the URL is to be left as it is. Takes time linear in the URL.
std::optional<std::size_t> image_size_position(std::string_view url) noexcept;

/// A copy of `url` with the suffix inserted, or as it is. For callers that build the result in
/// memory of their own, image_size_position() and image_size_suffix() do without the copy.
std::string optimized_image_url(std::string_view url, image_size size);

} // namespace driplo::core
