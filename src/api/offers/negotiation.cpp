// Negotiating: an offer, its answer, and what the seller's settings answer at once.
#include "api/call/arguments.hpp"
#include "api/call/roles.hpp"
#include "api/cart/contents.hpp"
#include "api/messaging/blocks.hpp"
#include "api/offers/messages.hpp"
#include "api/offers/row.hpp"
#include "api/payments/ledger.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/numeric.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

constexpr std::int32_t most_rounds = 3, most_a_day = 25, max_quantity = 1'000'000;

// What a seller wants of offers, without settings as with their defaults.
const pg::plan find_terms{R"(
    SELECT
        l.seller_id,
        l.currency::text,
        (COALESCE(v.price, l.price) * 100)::bigint,
        COALESCE(t.enabled, true),
        COALESCE(t.min_percent, 50)::integer,
        t.auto_accept_percent::integer,
        t.auto_decline_percent::integer
    FROM {s}.listings l
    LEFT JOIN {s}.product_variants v ON v.id = $2 AND v.listing_id = l.id
    LEFT JOIN {s}.offer_settings t ON t.seller_id = l.seller_id
    WHERE l.id = $1)"};
struct terms {
    pg::uuid seller;
    std::string currency;
    core::money price;
    bool enabled = true;
    std::int32_t min_percent = 50;
    std::optional<std::int32_t> auto_accept, auto_decline;

    core::money share(std::int32_t percent) const {
        return core::percent_of(price, percent * std::int64_t{100});
    }
    core::money least() const { return share(min_percent); }
};

terms terms_of(const pg::uuid& listing, const std::optional<pg::uuid>& variant) {
    enum { seller = 1, currency, price, enabled, min_percent, auto_accept, auto_decline };
    const pg::rows found = find_terms.run(listing, variant);
    if (found.empty())
        throw does_not_exist("listing", listing);
    return {*found.value<pg::uuid>(seller),          *found.value<std::string>(currency),
            {*found.value<std::int64_t>(price)},     *found.value<bool>(enabled),
            *found.value<std::int32_t>(min_percent), found.value<std::int32_t>(auto_accept),
            found.value<std::int32_t>(auto_decline)};
}

// The buyer's own prices: for the listing, and since yesterday.
const pg::plan count_rounds{R"(
    SELECT
        (
            SELECT pg_catalog.count(*)::integer
            FROM {s}.offers
            WHERE buyer_id = $1 AND listing_id = $2 AND made_by = 'buyer'
        ),
        (
            SELECT pg_catalog.count(*)::integer
            FROM {s}.offers
            WHERE buyer_id = $1
              AND made_by = 'buyer'
              AND created_at > now() - pg_catalog.make_interval(days => 1)
        ))"};

// The round that another price of the buyer's begins.
std::int32_t next_round(const pg::uuid& buyer, const pg::uuid& listing) {
    const pg::rows counted = count_rounds.run(buyer, listing);
    const std::int32_t before = *counted.value<std::int32_t>(1);
    if (before >= most_rounds)
        throw core::error{
            core::errors::limit_reached,
            core::format("cannot make more than {} offers for a listing", most_rounds),
            {},
            "Accept an offer of the seller, or buy at the listed price."};
    if (*counted.value<std::int32_t>(2) >= most_a_day)
        throw core::error{core::errors::limit_reached,
                          core::format("cannot make more than {} offers a day", most_a_day),
                          {},
                          "Try again later."};
    return before + 1;
}

const pg::plan add_offer{R"(
    INSERT INTO {s}.offers (
        listing_id, variant_id, buyer_id, seller_id, quantity, amount, currency, made_by, parent_id,
        round, message, expires_at
    )
    VALUES (
        $1,
        $2,
        $3,
        $4,
        $5,
        $6 * 0.01,
        $7,
        $8,
        $9,
        $10,
        $11,
        now() + pg_catalog.make_interval(mins => $12)
    )
    ON CONFLICT DO NOTHING
    RETURNING id)"};

struct proposal {
    pg::uuid listing;
    std::optional<pg::uuid> variant;
    pg::uuid buyer, seller;
    std::int32_t quantity = 1;
    core::money amount;
    std::string currency;
    bool by_buyer = true;
    std::optional<pg::uuid> parent;
    std::int32_t round = 1;
    std::optional<std::string> message;
};

std::optional<pg::uuid> insert(const proposal& p) {
    return add_offer
        .run(p.listing, p.variant, p.buyer, p.seller, p.quantity, p.amount.minor, p.currency,
             std::string(p.by_buyer ? "buyer" : "seller"), p.parent, p.round, p.message,
             std::int32_t{pg::settings::offer_window})
        .value<pg::uuid>();
}

offer_words words_of(const proposal& p, const pg::uuid& offer, bool from_buyer,
                     std::optional<std::string> text) {
    return {p.listing,      p.buyer,    p.seller, from_buyer ? p.buyer : p.seller,
            offer,          p.quantity, p.amount, p.currency,
            std::move(text)};
}

// What the seller has decided beforehand.
void answer_at_once(pg::spi spi, const terms& t, const proposal& p, const pg::uuid& offer) {
    const bool accepts = t.auto_accept && p.amount >= t.share(*t.auto_accept);
    if (!accepts && !(t.auto_decline && p.amount < t.share(*t.auto_decline)))
        return;
    set_offer_state(spi, offer, accepts ? core::offer_state::accepted : core::offer_state::declined,
                    true);
    write_offer_message(spi, words_of(p, offer, false, std::nullopt));
}

void require_below_price(core::money amount, const terms& t) {
    if (amount >= t.price)
        throw core::error{core::errors::invalid_parameter_value, "offer must be below the price",
                          core::format("The price is {}.", money_text(t.price, t.currency)),
                          "Use add_to_cart() to buy at the listed price."};
}

void require_enough(core::money amount, const terms& t) {
    if (amount < t.least())
        throw core::error{
            core::errors::invalid_parameter_value, "offer is too low",
            core::format("The seller accepts offers from {}.", money_text(t.least(), t.currency))};
}

// What of the same buyer's is in the way of another offer, if it cannot be replaced.
void make_room(pg::spi spi, const offer_row& live) {
    if (!core::is_live(live.state))
        return set_offer_state(spi, live.id, live.state, true);
    if (live.state == core::offer_state::accepted)
        throw core::error{core::errors::illegal_offer_state,
                          "an offer for this listing has been accepted already",
                          {},
                          "Use buy_offer() to buy at its price."};
    if (!live.by_buyer)
        throw core::error{core::errors::illegal_offer_state,
                          "the seller's offer has to be answered first",
                          {},
                          "Use answer_offer() to accept, decline, or counter it."};
    set_offer_state(spi, live.id, core::offer_state::withdrawn, false);
}

pg::uuid make_offer(pg::spi spi, proposal p) {
    terms t = terms_of(p.listing, p.variant);
    if (t.seller == p.buyer)
        throw core::error{core::errors::check_violation,
                          "cannot make an offer for your own listing"};
    get_locked_cart(p.buyer); // of two offers at once the second counts the first
    lock_listing_of_offer(spi, p.listing);
    available_pieces(spi, p.buyer, p.listing, p.quantity, p.variant);
    t = terms_of(p.listing, p.variant);
    if (!t.enabled)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "seller does not accept offers",
                          {},
                          "Use offer_terms() to see what a seller accepts."};
    core::require_payable(p.amount, t.currency, "amount");
    require_below_price(p.amount, t);
    require_enough(p.amount, t);
    p.seller = t.seller;
    p.currency = t.currency;
    p.round = next_round(p.buyer, p.listing);
    // a seller may be making one meanwhile
    constexpr unsigned most_attempts = 20;
    for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
        pg::check_for_interrupts();
        if (const auto live = lock_live_offer(spi, p.buyer, p.listing, p.variant))
            make_room(spi, *live);
        if (const auto offer = insert(p)) {
            write_offer_message(spi, words_of(p, *offer, true, p.message));
            answer_at_once(spi, t, p, *offer);
            return *offer;
        }
    }
    pg::throw_not_written("offers");
}

enum class answer { accept, decline, counter };

answer parse_answer(const std::string& name) {
    if (name == "accept")
        return answer::accept;
    if (name == "decline")
        return answer::decline;
    if (name == "counter")
        return answer::counter;
    throw core::error{core::errors::invalid_parameter_value,
                      core::format("unrecognized answer: \"{}\"", core::excerpt(name)),
                      "Valid answers are: accept, decline, counter."};
}

const pg::plan pieces_of_offer{R"(
    SELECT {pieces_there}, l.status::text
    FROM {s}.offers i
    JOIN {s}.listings l ON l.id = i.listing_id
    LEFT JOIN {s}.product_variants v ON v.id = i.variant_id
    WHERE i.id = $1)",
                               {pieces_there}};

void require_for_sale(const offer_row& offer) {
    const pg::rows found = pieces_of_offer.run(offer.id);
    if (found.value<std::string>(2) != "active")
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "listing is not for sale",
                          {},
                          "Only offers for active listings can be accepted."};
    require_stock(offer.quantity, found.value<std::int32_t>(1).value_or(0));
}

proposal counter_to(const offer_row& offer, core::money amount,
                    const std::optional<std::string>& message) {
    proposal p;
    p.listing = *offer.listing;
    p.variant = offer.variant;
    p.buyer = offer.buyer;
    p.seller = offer.seller;
    p.quantity = offer.quantity;
    p.amount = amount;
    p.currency = offer.currency;
    p.by_buyer = !offer.by_buyer;
    p.parent = offer.id;
    p.round = offer.round;
    p.message = message;
    return p;
}

// Strictly between what the two have named last; where one has named nothing yet it is the price,
// or the least that the seller accepts.
void require_between(const offer_row& offer, core::money amount, const terms& t) {
    core::require_payable(amount, offer.currency, "amount");
    require_below_price(amount, t);
    const std::optional<core::money> below =
        offer.by_buyer ? offer.amount_before : std::optional(offer.amount);
    const std::optional<core::money> above =
        offer.by_buyer ? std::optional(offer.amount) : offer.amount_before;
    if (!above)
        require_enough(amount, t);
    if ((below && amount >= *below) || (above && amount <= *above))
        throw core::error{
            core::errors::invalid_parameter_value,
            "counteroffer must be between the last two prices",
            core::format("It must be above {} and below {}.",
                         above ? money_text(*above, t.currency) : std::string("0"),
                         money_text(below ? std::min(*below, t.price) : t.price, t.currency))};
}

pg::uuid counter(pg::spi spi, const offer_row& offer, core::money amount,
                 const std::optional<std::string>& message) {
    const terms t = terms_of(*offer.listing, offer.variant);
    require_between(offer, amount, t);
    proposal p = counter_to(offer, amount, message);
    if (p.by_buyer)
        p.round = next_round(p.buyer, p.listing);
    set_offer_state(spi, offer.id, core::offer_state::countered, false);
    const auto made = insert(p);
    if (!made)
        throw illegal_offer_step(offer, "countered");
    write_offer_message(spi, words_of(p, *made, p.by_buyer, message));
    if (p.by_buyer)
        answer_at_once(spi, t, p, *made);
    return *made;
}

struct given_answer {
    answer what;
    std::optional<core::money> amount;
    std::optional<std::string> message;
};

void check(const given_answer& given) {
    if (given.what == answer::counter && !given.amount)
        throw core::error{core::errors::null_value_not_allowed,
                          "amount must not be NULL for a counteroffer"};
    if (given.what != answer::counter && given.amount)
        throw core::error{core::errors::invalid_parameter_value,
                          "amount is only accepted with answer \"counter\""};
}

pg::uuid answer_offer(pg::spi spi, const pg::uuid& user, const pg::uuid& id,
                      const given_answer& given) {
    const offer_row known = find_offer(spi, id, user);
    if (given.what == answer::counter && user == known.buyer)
        get_locked_cart(user); // as make_offer(), for what is counted
    const offer_row offer = lock_offer(spi, known);
    if (user != offer.recipient())
        throw core::error{core::errors::illegal_offer_state,
                          "offer has to be answered by the other side",
                          {},
                          "Use withdraw_offer() to withdraw your own offer."};
    if (offer.state != core::offer_state::pending) {
        if (block_between(spi, user, offer.maker()) == block::by_caller)
            throw has_blocked();
        throw illegal_offer_step(offer, "answered");
    }
    switch (given.what) {
    case answer::counter:
        return counter(spi, offer, *given.amount, given.message);
    case answer::accept:
        require_for_sale(offer);
        set_offer_state(spi, id, core::offer_state::accepted, false);
        break;
    case answer::decline:
        set_offer_state(spi, id, core::offer_state::declined, false);
        break;
    }
    write_offer_message(
        spi, words_of(counter_to(offer, offer.amount, {}), id, !offer.by_buyer, given.message));
    return id;
}

void withdraw_offer(pg::spi spi, const pg::uuid& user, const pg::uuid& id) {
    const offer_row offer = lock_offer(spi, find_offer(spi, id, user));
    if (user != offer.maker())
        throw core::error{core::errors::illegal_offer_state,
                          "only who made an offer can withdraw it",
                          {},
                          "Use answer_offer() to decline it."};
    if (offer.state != core::offer_state::pending)
        throw illegal_offer_step(offer, "withdrawn");
    set_offer_state(spi, id, core::offer_state::withdrawn, false);
}

const pg::plan lock_live_between{R"(
    SELECT id
    FROM {s}.offers
    WHERE buyer_id = ANY ($1) AND seller_id = ANY ($1) AND status IN ('pending', 'accepted')
    ORDER BY id
    FOR NO KEY UPDATE)"};

} // namespace

// private.void_offers_between(one uuid, another uuid) -> void
DRIPLO_FUNCTION(driplo_void_offers_between) {
    const std::vector<pg::uuid> two{pg::required<pg::uuid>(fcinfo, 0, "one"),
                                    pg::required<pg::uuid>(fcinfo, 1, "another")};
    pg::session spi;
    for (const pg::uuid& offer : lock_live_between.run(two).values<pg::uuid>()) {
        pg::check_for_interrupts();
        set_offer_state(spi, offer, core::offer_state::voided, true);
    }
    return pg::nothing();
}

// make_offer(listing_id uuid, amount numeric, quantity integer, variant_id uuid, message text)
// -> uuid
DRIPLO_FUNCTION(driplo_make_offer) {
    proposal p;
    p.listing = pg::required<pg::uuid>(fcinfo, 0, "listing_id");
    p.amount = pg::required_amount(fcinfo, 1, "amount");
    p.quantity = pg::required<std::int32_t>(fcinfo, 2, "quantity");
    if (p.quantity < 1 || p.quantity > max_quantity)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("quantity must be between {} and {}", 1, max_quantity)};
    p.variant = pg::argument<pg::uuid>(fcinfo, 3);
    p.message = given_words(fcinfo, 4, "message");
    return pg::result(pg::in_session([&](pg::spi spi) {
        p.buyer = required_trader();
        return make_offer(spi, p);
    }));
}

// answer_offer(offer_id uuid, answer text, amount numeric, message text) -> uuid
DRIPLO_FUNCTION(driplo_answer_offer) {
    const auto offer = pg::required<pg::uuid>(fcinfo, 0, "offer_id");
    const given_answer given{parse_answer(pg::required<std::string>(fcinfo, 1, "answer")),
                             pg::amount_argument(fcinfo, 2, "amount"),
                             given_words(fcinfo, 3, "message")};
    check(given);
    return pg::result(pg::in_session(
        [&](pg::spi spi) { return answer_offer(spi, required_trader(), offer, given); }));
}

// withdraw_offer(offer_id uuid) -> void
DRIPLO_FUNCTION(driplo_withdraw_offer) {
    const auto offer = pg::required<pg::uuid>(fcinfo, 0, "offer_id");
    pg::session spi;
    withdraw_offer(spi, required_trader(), offer);
    return pg::nothing();
}

} // namespace driplo
