// The part of a URL that names a listing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace driplo::core {

/// "Blue lamp, 2 m" becomes "blue-lamp-2-m-4kq09zr1": letters of ASCII in lower case and digits,
/// with one hyphen for whatever is between them, at most 80 characters, and eight more taken from
/// `random`, so that two listings of one title get two slugs without looking at each other. Latin
/// letters with accents, Greek and Cyrillic ones are written in ASCII: "Größe" is "grosse". A title
/// without such a letter or a digit becomes "listing-...". Any bytes will do.
std::string slug(std::string_view title, std::uint64_t random);

} // namespace driplo::core
