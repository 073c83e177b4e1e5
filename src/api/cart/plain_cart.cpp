#include "api/cart/plain_cart.hpp"

#include "pg/settings.hpp"
#include "pg/table.hpp"

#include <algorithm>

namespace driplo {

namespace {

const pg::unique_row cart_of{
    "shopping_carts", "user_id", {{"id", UUIDOID}, {"expires_at", TIMESTAMPTZOID}}};
enum cart_column { cart_id, cart_expires_at };
const pg::rows_of lines_of{
    "cart_items", "cart_id", {{"id", UUIDOID}, {"listing_id", UUIDOID}, {"variant_id", UUIDOID}}};
enum line_column { line_id, line_listing, line_variant };
const pg::unique_row listing_row{"listings", "id", {}};

// Nothing when there are more than a cart may have.
std::optional<std::vector<pg::found_row>> lines_in(const pg::uuid& cart) {
    std::vector<pg::found_row> lines;
    // so that nothing is allocated while the index is read
    const auto most = static_cast<std::size_t>(pg::settings::max_cart_lines) + 1;
    lines.reserve(most);
    bool is_short = true;
    const bool was_asked = lines_of.each(cart, [&](const pg::found_row& line) {
        is_short = is_short && lines.size() < most;
        if (is_short)
            lines.push_back(line);
    });
    return was_asked && is_short ? std::optional(lines) : std::nullopt;
}

bool is_one_of(const std::optional<std::vector<pg::uuid>>& items, const pg::uuid& item) {
    return !items || std::find(items->begin(), items->end(), item) != items->end();
}

} // namespace

std::optional<std::int64_t> lock_and_count(const pg::uuid& user) {
    const auto cart = cart_of.lock(user, pg::row_lock::update);
    if (!cart || !cart->is_ahead(cart_expires_at))
        return std::nullopt;
    const auto lines = lines_in(*cart->value<pg::uuid>(cart_id));
    return lines ? std::optional(static_cast<std::int64_t>(lines->size())) : std::nullopt;
}

std::optional<plain_cart> lock_plain_cart(const pg::uuid& user,
                                          const std::optional<std::vector<pg::uuid>>& items) {
    if (pg::keeps_its_snapshot())
        return std::nullopt;
    const auto cart = cart_of.find(user, pg::snapshot::fresh);
    if (!cart || !cart->is_ahead(cart_expires_at))
        return std::nullopt;
    plain_cart found{*cart->value<pg::uuid>(cart_id), {}};
    const auto lines = lines_in(found.id);
    if (!lines)
        return std::nullopt;
    for (const pg::found_row& line : *lines) {
        if (!is_one_of(items, *line.value<pg::uuid>(line_id)))
            continue;
        if (!line.is_null(line_variant))
            return std::nullopt;
        found.listings.push_back(*line.value<pg::uuid>(line_listing));
    }
    std::sort(found.listings.begin(), found.listings.end());
    for (const pg::uuid& listing : found.listings)
        if (!listing_row.lock(listing, pg::row_lock::no_key_update))
            return std::nullopt;
    return found;
}

} // namespace driplo
