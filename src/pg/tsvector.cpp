#include "pg/tsvector.hpp"

#include <algorithm>
#include <cstring>

namespace driplo::pg {

namespace {

std::size_t aligned(std::size_t size) {
    return (size + 1) & ~std::size_t{1};
}

// Where the next lexeme ends that begins at `start`.
std::size_t end_of(const core::document_lexeme& lexeme, std::size_t start) {
    const std::size_t text_end = start + lexeme.text.size();
    return lexeme.places.empty()
               ? text_end
               : aligned(text_end) + sizeof(std::uint16_t) * (1 + lexeme.places.size());
}

} // namespace

// The server's layout (tsearch/ts_type.h): the entries, and behind them for each its bytes, then
// aligned the number of its places and these.
Datum make_tsvector(const std::vector<core::document_lexeme>& lexemes) {
    std::size_t bytes = 0;
    for (const core::document_lexeme& each : lexemes)
        bytes = end_of(each, bytes);
    const std::size_t size = CALCDATASIZE(lexemes.size(), bytes);
    char* made = static_cast<char*>(call([&] { return palloc0(size); }));
    auto* vector = reinterpret_cast<TSVector>(made);
    SET_VARSIZE(vector, size);
    vector->size = static_cast<int32>(lexemes.size());
    WordEntry* entry = ARRPTR(vector);
    char* strings = STRPTR(vector);
    std::size_t at = 0;
    for (const core::document_lexeme& each : lexemes) {
        entry->haspos = !each.places.empty();
        entry->len = static_cast<unsigned>(each.text.size());
        entry->pos = static_cast<unsigned>(at);
        ++entry;
        std::memcpy(strings + at, each.text.data(), each.text.size());
        if (!each.places.empty()) {
            char* places = strings + aligned(at + each.text.size());
            const auto count = static_cast<std::uint16_t>(each.places.size());
            std::memcpy(places, &count, sizeof count);
            std::memcpy(places + sizeof count, each.places.data(), count * sizeof count);
        }
        at = end_of(each, at);
    }
    return PointerGetDatum(made);
}

} // namespace driplo::pg
