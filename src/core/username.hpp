// The name that a new account gets.
//
// A signup never fails for want of a name: username_base() makes the best of what is known, and
// username_candidate() gives names to try, one after the other, until one is free. The caller knows
// which are taken; the loop is
//
//     const std::string base = username_base(wanted, email);
//     for (unsigned attempt = 0;; ++attempt)
//         if (is_free(username_candidate(base, attempt, random())))
//             break;
//
// Invariant: every candidate passes is_valid_username() and is not reserved. Names consist of lower
// case letters of ASCII only, so that equal regardless of case means equal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace driplo::core {

inline constexpr std::size_t min_username_size = 3;
inline constexpr std::size_t max_username_size = 30;

/// What a name is made of when nothing else is known; always followed by digits.
inline constexpr std::string_view fallback_username_base = "user_";

/// True for 3 to 30 characters, each of a-z, 0-9, "." and "_".
bool is_valid_username(std::string_view name) noexcept;

/// True for names that pretend to speak for the shop (admin, support, ...) or that programs take
/// for something else (null, api, ...). "." and "_" and the case do not matter: "Ad.min" is
/// reserved. So are names of which a part is an office ("shop.support") and all that begin with
/// "driplo".
bool is_reserved_username(std::string_view name) noexcept;

/// What the name is built from: the wanted name, else the part of the e-mail address before the
/// first "@", else fallback_username_base. Letters of ASCII become lower case, those that have a
/// transliteration() get it; what is then not of a-z, 0-9, ".", "_" is dropped; "." at either end
/// goes; at most 30 characters are kept. A name that speaks for the shop counts as not given. A
/// source without any letter or digit left counts as not given. NULL is passed as an empty text.
/// Any bytes will do. The result may be reserved, or shorter than 3.
std::string username_base(std::string_view wanted, std::string_view email);

/// The name to try at `attempt`, which counts from 0. The first is the base itself when it may be
/// used; all others are the base, cut to make room, and digits taken from `random`: four up to
/// attempt 4, then eight up to attempt 8, then sixteen (the fallback begins with eight). `random`
/// must differ between attempts and between sessions.
std::string username_candidate(std::string_view base, unsigned attempt, std::uint64_t random);

} // namespace driplo::core
