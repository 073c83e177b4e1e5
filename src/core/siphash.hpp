// SipHash-2-4, the keyed pseudo-random function of J.-P. Aumasson and D. J. Bernstein, "SipHash: a
// fast short-input PRF" (INDOCRYPT 2012). Without the key its outputs cannot be told from random
// ones. Words are little-endian on every machine, so a result is the same everywhere and for ever.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace driplo::core {

/// A key of 128 bits as two words: bytes 0 to 7 and bytes 8 to 15 of the key, little-endian.
struct siphash_key {
    std::uint64_t low;
    std::uint64_t high;
};

/// The key from its sixteen bytes.
siphash_key make_siphash_key(const std::uint8_t* sixteen_bytes) noexcept;

/// The hash of `size` bytes.
std::uint64_t siphash_2_4(const siphash_key& key, const void* bytes, std::size_t size) noexcept;

/// The hash of the eight bytes of `word`, least significant first. The same as the function above
/// gives for these bytes, without the loop.
std::uint64_t siphash_2_4(const siphash_key& key, std::uint64_t word) noexcept;

} // namespace driplo::core
