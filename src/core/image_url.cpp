#include "core/image_url.hpp"

#include "core/error.hpp"
#include "core/format.hpp"
#include "core/text.hpp"

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr std::string_view extension = ".webp";

constexpr bool ends_with(std::string_view text, std::string_view end) {
    return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

constexpr bool is_scheme_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
}

// Where the path begins (RFC 3986, section 3): behind "scheme://host" or "//host", else at once.
std::size_t path_begin(std::string_view url) {
    std::size_t scheme = 0;
    while (scheme < url.size() && is_scheme_character(url[scheme]))
        ++scheme;
    std::size_t hierarchy = 0;
    if (scheme > 0 && scheme < url.size() && url[scheme] == ':')
        hierarchy = scheme + 1;
    if (url.substr(hierarchy, 2) != "//")
        return hierarchy;
    const std::size_t slash = url.find('/', hierarchy + 2);
    return slash == std::string_view::npos ? url.size() : slash;
}

} // namespace

image_size parse_image_size(std::string_view name) {
    for (std::size_t i = 0; i < image_size_suffixes.size(); ++i)
        if (image_size_suffixes[i].substr(1) == name)
            return static_cast<image_size>(i);
    throw error(errors::invalid_parameter_value, "unrecognized image size",
                core::format("The size is \"{}\".", excerpt(name)),
                "Valid sizes are thumb, small, medium, and large.");
}

std::optional<std::size_t> image_size_position(std::string_view url) noexcept {
    // Two searches for one character each: find_first_of() is many times slower.
    std::string_view address = url.substr(0, url.find('#'));
    address = address.substr(0, address.find('?'));
    if (!ends_with(address, extension))
        return std::nullopt;
    const std::string_view path = address.substr(path_begin(address));
    if (!ends_with(path, extension))
        return std::nullopt;
    const std::string_view name = path.substr(0, path.size() - extension.size());
    for (const std::string_view suffix : image_size_suffixes)
        if (ends_with(name, suffix))
            return std::nullopt;
    return address.size() - extension.size();
}

std::string optimized_image_url(std::string_view url, image_size size) {
    const std::optional<std::size_t> position = image_size_position(url);
    if (!position)
        return std::string(url);
    const std::string_view suffix = image_size_suffix(size);
    std::string result;
    result.reserve(url.size() + suffix.size());
    result.append(url.substr(0, *position)).append(suffix).append(url.substr(*position));
    return result;
}

} // namespace driplo::core
