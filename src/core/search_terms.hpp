// The terms of the search index that are no words: what a listing is, as lexemes beside those of
// its text. Each begins with "@", which no word does (core/fold.hpp), so that nobody can type one.
// Documents and searches make them here.
#pragma once

#include "core/uuid.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace driplo::core::terms {

/// Of the category and of each of its ancestors.
std::string category(const uuid& id);

/// Of a value's folded key (folded_key()); empty when the key is.
std::string brand(std::string_view key);
std::string size(std::string_view key);
std::string color(std::string_view key);
std::string condition(std::string_view key);

/// Of an ISO code in upper case.
std::string country(std::string_view code);
std::string currency(std::string_view code);

/// The octave of a price in major units: floor(log2(1 + price)), 0 to 40.
int price_octave(double price) noexcept;
std::string octave(int number);

/// The four weeks of a listing's hot (log2(1 + favorites) + weeks since 1970): floor(hot / 4).
inline constexpr int weeks_of_block = 4;
int hot_block(double hot) noexcept;
std::string block(int number);

/// One of 64 samples, by the listing's ID. Samples are of equal size, and independent of anything
/// else that is known of a listing.
inline constexpr int samples = 64;
std::string sample_of(const uuid& listing);
std::string sample(int number);

/// What no document holds.
std::string of_nothing();

} // namespace driplo::core::terms
