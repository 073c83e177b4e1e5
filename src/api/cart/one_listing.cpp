// Ordering one listing, whatever else is in the cart, as applications do who know no cart: by
// checkout(), with its prices, stock and rules.
#include "api/call/arguments.hpp"
#include "api/call/roles.hpp"
#include "api/cart/checkout.hpp"
#include "api/payments/ledger.hpp"
#include "api/payments/stripe.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/json.hpp"

#include <algorithm>

namespace driplo {

namespace {

struct wanted_pieces {
    pg::uuid listing;
    std::optional<pg::uuid> variant;
    std::int32_t quantity = 1;
};

const pg::plan find_line{R"(
    SELECT id, quantity, added_at, offer_id
    FROM {s}.cart_items
    WHERE cart_id = $1 AND listing_id = $2 AND variant_id IS NOT DISTINCT FROM $3
    FOR UPDATE)"};
const pg::plan write_line{R"(
    INSERT INTO {s}.cart_items (cart_id, listing_id, variant_id, quantity)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (cart_id, listing_id, variant_id) DO UPDATE
    SET quantity = excluded.quantity
    RETURNING id)",
                          pg::writes{"cart_items"}};
const pg::plan put_back{R"(
    INSERT INTO {s}.cart_items (id, cart_id, listing_id, variant_id, quantity, added_at, offer_id)
    VALUES ($1, $2, $3, $4, $5, $6, $7))",
                        pg::writes{"cart_items"}};

constexpr std::int32_t max_quantity = 1'000'000; // cart_items.quantity

// What of the same thing is in the cart counts as ordered; what is more of it stays there, as does
// all else.
pg::uuid order_pieces(pg::spi spi, checkout_request& r, const wanted_pieces& wanted) {
    enum { id = 1, quantity, added_at, offer };
    available_pieces(spi, r.wanted.buyer, wanted.listing, wanted.quantity, wanted.variant);
    const pg::uuid cart = get_locked_cart(r.wanted.buyer);
    const pg::rows known = find_line.run(cart, wanted.listing, wanted.variant);
    r.wanted.items = {
        *write_line.run(cart, wanted.listing, wanted.variant, wanted.quantity).value<pg::uuid>()};
    const auto order = check_out(spi, r).value<pg::uuid>();
    const std::int32_t left = known.value<std::int32_t>(quantity).value_or(0) - wanted.quantity;
    if (left > 0)
        put_back.run(*known.value<pg::uuid>(id), cart, wanted.listing, wanted.variant, left,
                     known.value<pg::timestamp>(added_at), known.value<pg::uuid>(offer));
    return *order;
}

const pg::plan as_uuid{"SELECT {uuid_or_null}", {uuid_or_null, {"text", "$1"}}};

std::optional<pg::uuid> id_in(const pg::json_reader& object, const char* name, const char* where) {
    const auto text = object.text(name);
    if (!text || text->empty())
        return std::nullopt;
    if (const auto id = as_uuid.run(*text).value<pg::uuid>())
        return id;
    throw core::error{core::errors::invalid_parameter_value,
                      core::format("\"{}\" of {} must be a UUID", name, where)};
}

// A number may be text there: Stripe keeps nothing else.
std::int32_t quantity_in(const pg::json_reader& metadata) {
    const std::string text = metadata.text("quantity").value_or("1");
    const bool is_number =
        !text.empty() && text.size() <= 7 &&
        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (!is_number || std::stoi(text) < 1 || std::stoi(text) > max_quantity)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("\"quantity\" of metadata must be a whole number "
                                       "between 1 and {}",
                                       max_quantity)};
    return std::stoi(text);
}

pg::json_reader object_of(const std::string& json, const char* what) {
    const pg::json_reader object{pg::jsonb{pg::json_datum(json)}};
    if (!object.is_object())
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("{} must be a JSON object", what)};
    return object;
}

// The same address again is the same row, or each order would leave another one.
const pg::plan known_or_new_address{R"(
    WITH given AS (
        SELECT
            pg_catalog.btrim(g.name) AS name,
            NULLIF(pg_catalog.btrim(g.phone), '') AS phone,
            pg_catalog.btrim(g.address_line1) AS address_line1,
            NULLIF(pg_catalog.btrim(g.address_line2), '') AS address_line2,
            pg_catalog.btrim(g.city) AS city,
            COALESCE(pg_catalog.btrim(g.state_province), '') AS state_province,
            pg_catalog.btrim(g.postal_code) AS postal_code,
            pg_catalog.upper(pg_catalog.btrim(g.country_code) COLLATE "C") AS country_code
        FROM pg_catalog.jsonb_to_record($2::pg_catalog.jsonb) AS g (
            name text, phone text, address_line1 text, address_line2 text, city text,
            state_province text, postal_code text, country_code text
        )
    ),
    known AS (
        SELECT a.id
        FROM {s}.shipping_addresses a
        JOIN given g ON a.name::text = g.name
                    AND a.phone::text IS NOT DISTINCT FROM g.phone
                    AND a.address_line1::text = g.address_line1
                    AND a.address_line2::text IS NOT DISTINCT FROM g.address_line2
                    AND a.city::text = g.city
                    AND a.state_province::text = g.state_province
                    AND a.postal_code::text = g.postal_code
                    AND a.country_code::text = g.country_code
        WHERE a.user_id = $1
        ORDER BY a.id
        LIMIT 1
    ),
    added AS (
        INSERT INTO {s}.shipping_addresses (
            user_id, name, phone, address_line1, address_line2, city, state_province, postal_code,
            country_code
        )
        SELECT $1, g.*
        FROM given g
        WHERE NOT EXISTS (SELECT FROM known)
        RETURNING id
    )
    SELECT id FROM known
    UNION ALL
    SELECT id FROM added)"};

// Where it goes: to a known address, one that is written down, or the default one.
void ship_to(checkout_request& r, const std::optional<std::string>& address) {
    if (!address || *address == "null")
        return ship_to_default_address(r.wanted);
    const pg::json_reader given = object_of(*address, "shipping address");
    r.wanted.shipping_address = id_in(given, "id", "shipping address");
    if (r.wanted.shipping_address)
        return;
    for (const char* name : {"name", "address_line1", "city", "postal_code", "country_code"})
        if (core::trim(given.text(name).value_or("")).empty())
            throw core::error{core::errors::invalid_parameter_value,
                              core::format("shipping address must have \"{}\"", name),
                              {},
                              "Pass the columns of shipping_addresses, or the id of an address."};
    r.wanted.shipping_address =
        known_or_new_address.run(r.wanted.buyer, *address).value<pg::uuid>();
}

wanted_pieces pieces_in(const pg::json_reader& metadata, const pg::uuid& listing) {
    return {listing, id_in(metadata, "variant_id", "metadata"), quantity_in(metadata)};
}

// The caller, or for the service somebody who is named. Never who is only named.
pg::uuid buyer_for(const std::optional<pg::uuid>& named) {
    if (!named || named == pg::caller())
        return required_trader();
    require_own(named);
    require_trader(*named);
    return *named;
}

const pg::plan terms_of{R"(
    SELECT buyer_id, seller_id, (total_amount * 100)::bigint, currency::text
    FROM {s}.orders
    WHERE id = $1)"};
namespace term {
enum { buyer = 1, seller, total, currency };
}
// What the service knows of the buyer is not all for the seller, who reads the order.
const pg::plan without_address{R"(
    SELECT ($1::pg_catalog.jsonb - '{shipping_address,shipping_address_id}'::text[])::text)"};

// What was paid at the processor, by whom, and for whose things.
struct paid_order {
    std::string intent, currency;
    core::money amount;
    pg::uuid buyer, seller;
    std::optional<std::string> metadata, country;
};

pg::uuid order_of(pg::spi, const payment& known, const paid_order& paid) {
    const pg::rows terms = terms_of.run(known.rows.front().order);
    const auto is_other = [&](int party, const pg::uuid& told) {
        return terms.value<pg::uuid>(party).value_or(told) != told; // of a deleted account
    };
    if (known.rows.size() > 1 || is_other(term::buyer, paid.buyer) ||
        is_other(term::seller, paid.seller) ||
        terms.value<std::int64_t>(term::total) != paid.amount.minor ||
        terms.value<std::string>(term::currency) != paid.currency)
        throw core::error{core::errors::illegal_money_state,
                          "payment already exists for other orders",
                          {},
                          "Each processor transaction ID identifies one payment."};
    return known.rows.front().order;
}

pg::uuid place_paid_order(pg::spi spi, const paid_order& paid) {
    const std::string json = paid.metadata.value_or("{}");
    const pg::json_reader metadata = object_of(json, "metadata");
    const auto listing = id_in(metadata, "listing_id", "metadata");
    if (!listing)
        throw core::error{core::errors::invalid_parameter_value,
                          "metadata must have \"listing_id\"",
                          {},
                          "Write it into the metadata of the payment intent."};
    require_trader(paid.buyer);
    checkout_request r;
    r.wanted.buyer = paid.buyer;
    r.metadata = without_address.run(json).value<std::string>();
    if (const auto address = metadata.text("shipping_address"))
        ship_to(r, address);
    else if (const auto id = id_in(metadata, "shipping_address_id", "metadata"))
        r.wanted.shipping_address = id;
    else
        ship_to(r, std::nullopt);
    const pg::uuid order = order_pieces(spi, r, pieces_in(metadata, *listing));

    const pg::rows terms = terms_of.run(order);
    if (terms.value<pg::uuid>(term::seller) != paid.seller)
        throw core::error{core::errors::invalid_parameter_value,
                          "payment is not for the seller of the listing", "No order was created.",
                          "Refund the payment."};
    const core::money total{*terms.value<std::int64_t>(term::total)};
    const std::string currency = *terms.value<std::string>(term::currency);
    if (total != paid.amount || currency != paid.currency)
        throw core::error{
            core::errors::other_total, "payment does not match the order total",
            core::format("The order costs {}; the payment is {}. No order was created.",
                         money_text(total, currency), money_text(paid.amount, paid.currency)),
            "Refund the payment."};
    if (paid.country && r.wanted.country != paid.country)
        throw core::error{core::errors::invalid_parameter_value,
                          "country code does not match the shipping address",
                          core::format("The address is in {}.", r.wanted.country.value_or("")),
                          "Pass the address in shipping_address of the metadata."};
    start_payment(spi, {order}, std::string(stripe), paid.intent);
    return order;
}

std::string in_upper_case(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z')
            c = static_cast<char>(c - 'a' + 'A');
    return text;
}

} // namespace

// create_order_with_payment(p_listing_id uuid, p_buyer_id uuid, p_payment_method_id uuid,
// p_shipping_address jsonb, p_metadata jsonb) -> uuid
DRIPLO_FUNCTION(driplo_create_order_with_payment) {
    const auto listing = pg::required<pg::uuid>(fcinfo, 0, "p_listing_id");
    checkout_request r;
    r.payment_method = pg::argument<pg::uuid>(fcinfo, 2);
    const auto address = given_metadata(fcinfo, 3, "p_shipping_address");
    r.metadata = given_metadata(fcinfo, 4, "p_metadata");
    return pg::result(pg::in_session([&](pg::spi spi) {
        r.wanted.buyer = buyer_for(pg::argument<pg::uuid>(fcinfo, 1));
        const std::string json = r.metadata.value_or("{}");
        const wanted_pieces wanted = pieces_in(object_of(json, "metadata"), listing);
        ship_to(r, address);
        return order_pieces(spi, r, wanted);
    }));
}

// create_order_from_payment(p_payment_intent_id text, p_amount_total integer, p_currency text,
// p_buyer_id uuid, p_seller_id uuid, p_metadata jsonb, p_country_code text) -> jsonb
DRIPLO_FUNCTION(driplo_create_order_from_payment) {
    require_service("create an order from a payment");
    paid_order paid;
    paid.intent = required_words(fcinfo, 0, "p_payment_intent_id", 255);
    const auto amount = pg::required<std::int32_t>(fcinfo, 1, "p_amount_total");
    paid.currency = in_upper_case(pg::required<std::string>(fcinfo, 2, "p_currency"));
    paid.buyer = pg::required<pg::uuid>(fcinfo, 3, "p_buyer_id");
    paid.seller = pg::required<pg::uuid>(fcinfo, 4, "p_seller_id");
    paid.metadata = given_metadata(fcinfo, 5, "p_metadata");
    if (const auto country = pg::argument<std::string>(fcinfo, 6); country && !country->empty())
        paid.country = in_upper_case(*country);
    if (!core::is_currency(paid.currency))
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("invalid currency code: \"{}\"", core::excerpt(paid.currency))};
    if (amount <= 0)
        throw core::error{core::errors::invalid_parameter_value,
                          "p_amount_total must be greater than zero"};
    paid.amount = core::from_processor_amount(amount, paid.currency);
    return pg::json_datum(pg::in_session([&](pg::spi spi) {
        // of two sessions with the same payment the second finds the order of the first
        const payment known = lock_payment(spi, std::string(stripe), paid.intent);
        pg::json_object result;
        result.add("id",
                   known.rows.empty() ? place_paid_order(spi, paid) : order_of(spi, known, paid));
        result.add("status", std::string(known.rows.empty() ? "created" : "already_exists"));
        return result.text();
    }));
}

} // namespace driplo
