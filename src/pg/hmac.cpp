#include "pg/hmac.hpp"

#include "pg/boundary.hpp"

namespace driplo::pg {

namespace {

const uint8* bytes(std::string_view text) {
    return reinterpret_cast<const uint8*>(text.data());
}

} // namespace

std::array<std::uint8_t, 32> hmac_sha256(std::string_view key, std::string_view first,
                                         std::string_view second, std::string_view third) {
    std::array<std::uint8_t, 32> digest{};
    static_assert(sizeof(digest) == PG_SHA256_DIGEST_LENGTH);
    call([&] {
        pg_hmac_ctx* context = pg_hmac_create(PG_SHA256);
        if (!context || pg_hmac_init(context, bytes(key), key.size()) < 0 ||
            pg_hmac_update(context, bytes(first), first.size()) < 0 ||
            pg_hmac_update(context, bytes(second), second.size()) < 0 ||
            pg_hmac_update(context, bytes(third), third.size()) < 0 ||
            pg_hmac_final(context, digest.data(), digest.size()) < 0)
            elog(ERROR, "could not compute a keyed hash: %s", pg_hmac_error(context));
        pg_hmac_free(context);
    });
    return digest;
}

} // namespace driplo::pg
