#include "api/cart/plain_cart.hpp"

#include "api/cart/shipping.hpp"
#include "api/catalog/listing_image.hpp"
#include "core/currency.hpp"
#include "pg/numeric.hpp"
#include "pg/removal.hpp"
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

const pg::removal take{"cart_items",
                       "id",
                       {{"listing_id", UUIDOID},
                        {"variant_id", UUIDOID},
                        {"quantity", INT4OID},
                        {"added_at", TIMESTAMPTZOID},
                        {"offer_id", UUIDOID},
                        {"is_picked_up", BOOLOID}}};
namespace taken {
enum { listing, variant, quantity, added_at, offer, is_picked_up };
}

const pg::unique_row listing_of{"listings",
                                "id",
                                {{"seller_id", UUIDOID},
                                 {"title", VARCHAROID},
                                 {"price", NUMERICOID},
                                 {"quantity", INT4OID},
                                 {"currency", VARCHAROID},
                                 {"status", VARCHAROID},
                                 {"category_id", UUIDOID},
                                 {"subcategory_id", UUIDOID},
                                 {"shipping_info", JSONBOID},
                                 {"image_urls", JSONBOID},
                                 {"images", JSONBOID},
                                 {"description", TEXTOID},
                                 {"condition", VARCHAROID},
                                 {"brand", VARCHAROID},
                                 {"size", VARCHAROID},
                                 {"color", VARCHAROID}}};
namespace listing {
enum {
    seller,
    title,
    price,
    quantity,
    currency,
    status,
    category,
    subcategory,
    shipping,
    image_urls,
    images,
    description,
    condition,
    brand,
    size,
    color
};
}

const pg::rows_of variants_of{"product_variants", "listing_id", {}};
const pg::unique_row seller_of{
    "profiles", "id", {{"deleted_at", TIMESTAMPTZOID}, {"suspended_at", TIMESTAMPTZOID}}};
const pg::rows_of blocked_by{"user_blocks", "blocker_id", {{"blocked_id", UUIDOID}}};
const pg::rows_of blockers_of{"user_blocks", "blocked_id", {{"blocker_id", UUIDOID}}};

// A line of the cart, and its listing when that is locked.
struct plain_line {
    pg::uuid item, listing;
    pg::found_row row;
};

// Nothing when there are more than a cart may have.
std::optional<std::vector<pg::found_row>> lines_in(const pg::uuid& cart) {
    std::vector<pg::found_row> lines;
    // so that nothing is allocated while the index is read
    const auto most = static_cast<std::size_t>(pg::settings::max_cart_lines) + 1;
    lines.reserve(most);
    bool is_short = true;
    const bool was_asked = lines_of.each(cart, [&](const pg::found_row& line) {
        is_short = lines.size() < most;
        if (is_short)
            lines.push_back(line);
        return is_short;
    });
    return was_asked && is_short ? std::optional(lines) : std::nullopt;
}

bool is_one_of(const std::optional<std::vector<pg::uuid>>& items, const pg::uuid& item) {
    return !items || std::find(items->begin(), items->end(), item) != items->end();
}

// By listing, in which sequence they are locked.
std::optional<std::vector<plain_line>>
plain_lines_of(const pg::uuid& user, const std::optional<std::vector<pg::uuid>>& items) {
    const auto cart = cart_of.find(user, pg::snapshot::fresh);
    if (!cart || !cart->is_ahead(cart_expires_at))
        return std::nullopt;
    const auto all = lines_in(*cart->value<pg::uuid>(cart_id));
    if (!all)
        return std::nullopt;
    std::vector<plain_line> lines;
    for (const pg::found_row& line : *all) {
        const auto item = *line.value<pg::uuid>(line_id);
        if (!is_one_of(items, item))
            continue;
        if (!line.is_null(line_variant))
            return std::nullopt;
        lines.push_back({item, *line.value<pg::uuid>(line_listing), {}});
    }
    std::sort(lines.begin(), lines.end(),
              [](const plain_line& a, const plain_line& b) { return a.listing < b.listing; });
    return lines;
}

bool lock_listings(std::vector<plain_line>& lines) {
    for (plain_line& line : lines) {
        const auto row = listing_of.lock(line.listing, pg::row_lock::no_key_update);
        if (!row)
            return false;
        line.row = *row;
    }
    return true;
}

bool has_no_variants(const pg::uuid& listing) {
    bool has_none = true;
    return variants_of.each(listing, [&](const pg::found_row&) { return has_none = false; }) &&
           has_none;
}

bool is_blocked_by_none_of(const pg::uuid& user, const std::vector<pg::uuid>& sellers) {
    bool is_blocked = false;
    auto look = [&](const pg::found_row& other) {
        is_blocked = std::binary_search(sellers.begin(), sellers.end(), *other.value<pg::uuid>(0));
        return !is_blocked;
    };
    return blocked_by.each(user, look) && blockers_of.each(user, look) && !is_blocked;
}

// Whether {buying_problem} has nothing against any of them but perhaps their quantity, which is
// known when they are taken.
bool can_be_bought(const pg::uuid& user, const std::vector<plain_line>& lines) {
    std::vector<pg::uuid> sellers;
    for (const plain_line& line : lines) {
        const auto seller = *line.row.value<pg::uuid>(listing::seller);
        if (seller == user || line.row.value<std::string_view>(listing::status) != "active" ||
            !has_no_variants(line.listing))
            return false;
        sellers.push_back(seller);
    }
    std::sort(sellers.begin(), sellers.end());
    sellers.erase(std::unique(sellers.begin(), sellers.end()), sellers.end());
    for (const pg::uuid& seller : sellers) {
        const auto profile = seller_of.find(seller, pg::snapshot::fresh);
        if (!profile || !profile->is_null(0) || !profile->is_null(1))
            return false;
    }
    return is_blocked_by_none_of(user, sellers);
}

std::optional<std::string> text(const pg::found_row& row, int column) {
    return row.value<std::string>(column);
}

cart_entry entry_of(const plain_line& line, const pg::found_row& taken_row) {
    const pg::found_row& sold = line.row;
    cart_entry entry;
    entry.item = line.item;
    entry.added_at = taken_row.value<pg::timestamp>(taken::added_at)->value;
    entry.offer = taken_row.value<pg::uuid>(taken::offer);
    entry.title = *text(sold, listing::title);
    entry.image_url = image_of_listing(sold.value<pg::jsonb>(listing::image_urls),
                                       sold.value<pg::jsonb>(listing::images));
    entry.description = text(sold, listing::description);
    entry.condition = text(sold, listing::condition);
    entry.brand = text(sold, listing::brand);
    entry.size = text(sold, listing::size);
    entry.color = text(sold, listing::color);
    entry.available = *sold.value<std::int32_t>(listing::quantity);
    entry.list_price = pg::to_money(*sold.value<Datum>(listing::price), core::hundredth);
    entry.line.listing = line.listing;
    entry.line.seller = *sold.value<pg::uuid>(listing::seller);
    entry.line.currency = *text(sold, listing::currency);
    entry.line.unit_price = entry.list_price;
    entry.line.quantity = *taken_row.value<std::int32_t>(taken::quantity);
    entry.line.category = sold.value<pg::uuid>(listing::subcategory);
    if (!entry.line.category)
        entry.line.category = sold.value<pg::uuid>(listing::category);
    entry.line.is_picked_up = *taken_row.value<bool>(taken::is_picked_up);
    if (const auto shipping = sold.value<pg::jsonb>(listing::shipping))
        entry.line.shipping = shipping_rule_of(*shipping, core::smallest_unit(entry.line.currency));
    if (entry.line.quantity > entry.available)
        entry.problem = "not_enough_stock";
    else if (entry.line.is_picked_up && !entry.line.shipping.can_be_picked_up)
        entry.problem = "pickup_unavailable";
    return entry;
}

} // namespace

std::optional<std::int64_t> lock_and_count(const pg::uuid& user) {
    const auto cart = cart_of.lock(user, pg::row_lock::update);
    if (!cart || !cart->is_ahead(cart_expires_at))
        return std::nullopt;
    const auto lines = lines_in(*cart->value<pg::uuid>(cart_id));
    return lines ? std::optional(static_cast<std::int64_t>(lines->size())) : std::nullopt;
}

std::optional<std::vector<cart_entry>>
take_plain_lines(const pg::uuid& user, const std::optional<std::vector<pg::uuid>>& items) {
    if (pg::keeps_its_snapshot())
        return std::nullopt;
    auto lines = plain_lines_of(user, items);
    if (!lines || !lock_listings(*lines) || !can_be_bought(user, *lines))
        return std::nullopt;
    std::vector<pg::uuid> ids;
    for (const plain_line& line : *lines)
        ids.push_back(line.item);
    // a line that is gone or about something else by now is not bought
    const auto rows = take.run(ids, [&](std::size_t i, const pg::found_row& row) {
        return row.value<pg::uuid>(taken::listing) == (*lines)[i].listing &&
               row.is_null(taken::variant);
    });
    if (!rows)
        return std::nullopt;
    std::vector<cart_entry> entries;
    for (std::size_t i = 0; i < ids.size(); ++i)
        if (const auto& row = (*rows)[i])
            entries.push_back(entry_of((*lines)[i], *row));
    return entries;
}

} // namespace driplo
