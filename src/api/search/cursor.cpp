#include "api/search/cursor.hpp"

#include "api/call/signing_key.hpp"
#include "core/base64url.hpp"
#include "core/error.hpp"
#include "pg/hmac.hpp"

#include <cstdint>
#include <cstring>

namespace driplo {

namespace {

constexpr std::size_t signature_bytes = 16;

std::string signature(const std::string& key, const std::string& search, std::string_view payload) {
    const std::string size = "cursor " + std::to_string(search.size()) + ":";
    const auto digest = pg::hmac_sha256(key, size, search, payload);
    return std::string(digest.begin(), digest.begin() + signature_bytes);
}

// Values one after the other as they are in memory: what is read was written here, by the
// signature.
class writer {
public:
    template <typename T>
    void add(const T& value) {
        static_assert(std::is_trivially_copyable_v<T>);
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof(T));
    }
    void add(const std::string& text) {
        add(static_cast<std::uint8_t>(text.size()));
        bytes_ += text;
    }
    const std::string& bytes() const { return bytes_; }

private:
    std::string bytes_;
};

class reader {
public:
    explicit reader(std::string_view bytes) : bytes_(bytes) {}
    template <typename T>
    void take(T& value) {
        if (const std::string_view bytes = next(sizeof(T)); !bytes.empty())
            std::memcpy(&value, bytes.data(), sizeof(T));
    }
    void take(std::string& text) {
        std::uint8_t size = 0;
        take(size);
        text = next(size);
    }
    bool has_taken_all() const { return !has_failed_ && bytes_.empty(); }

private:
    std::string_view next(std::size_t size) {
        if (bytes_.size() < size) {
            has_failed_ = true;
            return {};
        }
        const std::string_view some = bytes_.substr(0, size);
        bytes_.remove_prefix(size);
        return some;
    }

    std::string_view bytes_;
    bool has_failed_ = false;
};

constexpr char format_of_cursors = 1;
enum { corrected = 1, widely_completed = 2, walked = 4, has_below = 8, has_down_to = 16 };

core::error invalid_cursor(const char* hint) {
    return core::error{
        core::errors::invalid_parameter_value, "cursor does not belong to this search", {}, hint};
}

} // namespace

std::optional<std::string> write_cursor(const cursor& where, const std::string& search) {
    const auto signing = signing_key("search");
    if (!signing)
        return std::nullopt;
    const place& at = where.after;
    writer out;
    out.add(format_of_cursors);
    out.add(static_cast<char>((where.is_corrected ? corrected : 0) |
                              (where.is_completed_widely ? widely_completed : 0) |
                              (at.was_walked ? walked : 0) | (at.below ? has_below : 0) |
                              (at.down_to ? has_down_to : 0)));
    for (const auto& edge : {at.below, at.down_to})
        if (edge)
            out.add(edge->hot), out.add(edge->id);
    out.add(at.currency);
    out.add(at.number);
    out.add(at.score);
    out.add(at.time);
    out.add(at.amount);
    out.add(at.id);
    return core::base64url(signature(*signing, search, out.bytes()) + out.bytes());
}

cursor read_cursor(const std::string& text, const std::string& search, const char* hint) {
    const auto signing = signing_key("search");
    const auto bytes = core::from_base64url(text);
    if (!signing || !bytes || bytes->size() < signature_bytes)
        throw invalid_cursor(hint);
    const std::string_view payload = std::string_view(*bytes).substr(signature_bytes);
    unsigned difference = 0;
    const std::string expected = signature(*signing, search, payload);
    for (std::size_t i = 0; i < signature_bytes; ++i)
        difference |= static_cast<unsigned char>(expected[i] ^ (*bytes)[i]);
    if (difference != 0)
        throw invalid_cursor(hint);

    reader in(payload);
    char format = 0, flags = 0;
    in.take(format);
    in.take(flags);
    cursor where;
    where.is_corrected = flags & corrected;
    where.is_completed_widely = flags & widely_completed;
    place& at = where.after;
    at.was_walked = flags & walked;
    const auto edge = [&](int flag, std::optional<hot_edge>& into) {
        if (flags & flag) {
            into.emplace();
            in.take(into->hot);
            in.take(into->id);
        }
    };
    edge(has_below, at.below);
    edge(has_down_to, at.down_to);
    in.take(at.currency);
    in.take(at.number);
    in.take(at.score);
    in.take(at.time);
    in.take(at.amount);
    in.take(at.id);
    if (format != format_of_cursors || !in.has_taken_all())
        throw invalid_cursor(hint);
    return where;
}

} // namespace driplo
