#include "core/siphash.hpp"

#include "core/purity.hpp"

namespace driplo::core {

namespace {

constexpr std::uint64_t rotate_left(std::uint64_t word, unsigned bits) {
    return word << bits | word >> (64 - bits);
}

// Reads up to eight bytes, least significant first.
std::uint64_t read_word(const std::uint8_t* bytes, std::size_t size) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < size; ++i)
        word |= std::uint64_t{bytes[i]} << (8 * i);
    return word;
}

// The four words of the paper's section 2.1, its constants spelling "somepseudorandomlygenerated".
class state {
public:
    explicit state(const siphash_key& key)
        : v0(key.low ^ 0x736f6d6570736575), v1(key.high ^ 0x646f72616e646f6d),
          v2(key.low ^ 0x6c7967656e657261), v3(key.high ^ 0x7465646279746573) {}

    void compress(std::uint64_t word) {
        v3 ^= word;
        round();
        round();
        v0 ^= word;
    }

    std::uint64_t finish() {
        v2 ^= 0xff;
        round();
        round();
        round();
        round();
        return v0 ^ v1 ^ v2 ^ v3;
    }

private:
    void round() {
        v0 += v1;
        v1 = rotate_left(v1, 13) ^ v0;
        v0 = rotate_left(v0, 32);
        v2 += v3;
        v3 = rotate_left(v3, 16) ^ v2;
        v0 += v3;
        v3 = rotate_left(v3, 21) ^ v0;
        v2 += v1;
        v1 = rotate_left(v1, 17) ^ v2;
        v2 = rotate_left(v2, 32);
    }

    std::uint64_t v0, v1, v2, v3;
};

} // namespace

siphash_key make_siphash_key(const std::uint8_t* sixteen_bytes) noexcept {
    return {read_word(sixteen_bytes, 8), read_word(sixteen_bytes + 8, 8)};
}

std::uint64_t siphash_2_4(const siphash_key& key, const void* bytes, std::size_t size) noexcept {
    const auto* next = static_cast<const std::uint8_t*>(bytes);
    const std::size_t rest = size % 8;
    state hash(key);
    for (std::size_t words = size / 8; words > 0; --words, next += 8)
        hash.compress(read_word(next, 8));
    // The last word ends with the size modulo 256, which tells padding from zero bytes.
    hash.compress(read_word(next, rest) | std::uint64_t{size & 0xff} << 56);
    return hash.finish();
}

std::uint64_t siphash_2_4(const siphash_key& key, std::uint64_t word) noexcept {
    state hash(key);
    hash.compress(word);
    hash.compress(std::uint64_t{8} << 56);
    return hash.finish();
}

} // namespace driplo::core
