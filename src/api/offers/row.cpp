#include "api/offers/row.hpp"

#include "api/call/arguments.hpp"
#include "api/call/call_context.hpp"
#include "api/orders/effects.hpp"
#include "core/format.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/settings.hpp"
#include "pg/spi.hpp"
#include "pg/trigger.hpp"

namespace driplo {

namespace {

const pg::plan look_at_offer{R"(
    SELECT
        o.id,
        o.buyer_id,
        o.seller_id,
        o.listing_id,
        o.variant_id,
        o.quantity,
        (o.amount * 100)::bigint,
        o.currency::text,
        {offer_now},
        o.made_by = 'buyer',
        o.round::integer,
        (COALESCE(v.price, l.price, 0) * 100)::bigint,
        (before.amount * 100)::bigint
    FROM {offer_tables}
    LEFT JOIN {s}.offers before ON before.id = o.parent_id
    WHERE o.id = $1)",
                             {offer_tables, offer_sides, offer_now, seller_is_away, has_variants},
                             pg::planned::once};
namespace column {
enum {
    id = 1,
    buyer,
    seller,
    listing,
    variant,
    quantity,
    amount,
    currency,
    state,
    by_buyer,
    round,
    price,
    amount_before
};
}
const pg::plan lock_listing{"SELECT FROM {s}.listings WHERE id = $1 FOR SHARE"};
const pg::plan lock_row{"SELECT FROM {s}.offers WHERE id = $1 FOR NO KEY UPDATE"};
const pg::plan lock_live{R"(
    SELECT id
    FROM {s}.offers
    WHERE buyer_id = $1
      AND listing_id = $2
      AND variant_id IS NOT DISTINCT FROM $3
      AND status IN ('pending', 'accepted')
    FOR NO KEY UPDATE)"};
const pg::plan write_state{R"(
    UPDATE {s}.offers
    SET
        status = $2,
        checkout_until = CASE
            WHEN $2 = 'accepted'
                THEN now() + pg_catalog.make_interval(mins => $3)
            ELSE checkout_until
        END
    WHERE id = $1)",
                           pg::writes{"offers"}};

core::offer_state state_of(const std::optional<std::string>& name) {
    if (const auto state = core::find_offer_state(name.value_or("")))
        return *state;
    throw core::error{core::errors::illegal_offer_state,
                      core::format("unrecognized offer status: \"{}\"", name.value_or(""))};
}

std::optional<offer_row> row_of(const pg::uuid& offer) {
    const pg::rows found = look_at_offer.run(offer);
    if (found.empty())
        return std::nullopt;
    offer_row row;
    row.id = offer;
    row.buyer = *found.value<pg::uuid>(column::buyer);
    row.seller = *found.value<pg::uuid>(column::seller);
    row.listing = found.value<pg::uuid>(column::listing);
    row.variant = found.value<pg::uuid>(column::variant);
    row.quantity = *found.value<std::int32_t>(column::quantity);
    row.amount = {*found.value<std::int64_t>(column::amount)};
    row.currency = *found.value<std::string>(column::currency);
    row.state = state_of(found.value<std::string>(column::state));
    row.by_buyer = *found.value<bool>(column::by_buyer);
    row.round = *found.value<std::int32_t>(column::round);
    row.price = {*found.value<std::int64_t>(column::price)};
    if (const auto before = found.value<std::int64_t>(column::amount_before))
        row.amount_before = core::money{*before};
    return row;
}

// The service, too, makes, answers and withdraws offers for the side that its claims name.
unsigned actors_on(const pg::trigger_call& row) {
    const auto id = row.old_value<pg::uuid>("id");
    const bool by_system = id && take_authority_over(*id) != authority::caller;
    const auto buyer = row.old_value<pg::uuid>("buyer_id"),
               seller = row.old_value<pg::uuid>("seller_id");
    const bool by_buyer = row.old_text("made_by") == "buyer";
    unsigned actors = order_actors(buyer, seller);
    if (const auto caller = pg::actor()) {
        if (caller == (by_buyer ? buyer : seller))
            actors |= core::as_maker;
        else if (caller == (by_buyer ? seller : buyer))
            actors |= core::as_recipient;
    }
    return by_system ? actors | core::as_system : actors;
}

void take_step(const pg::trigger_call& row) {
    pg::session spi;
    const core::offer_state from = state_of(row.old_text("status")),
                            to = state_of(row.text("status"));
    const unsigned actors = actors_on(row);
    if (!core::may_transition(from, to, actors))
        throw core::error{
            core::errors::illegal_offer_state,
            core::format("cannot change offer status from {} to {}", core::offer_state_name(from),
                         core::offer_state_name(to)),
            core::format("Allowed next statuses: {}.", core::next_offer_states(from, actors))};
}

// By the foreign key, when the listing or the variant was deleted.
bool loses_its_subject(const pg::trigger_call& row) {
    return (row.is_null("listing_id") && !row.old_is_null("listing_id")) ||
           (row.is_null("variant_id") && !row.old_is_null("variant_id"));
}

} // namespace

offer_row find_offer(pg::spi, const pg::uuid& offer, const pg::uuid& party) {
    const auto found = row_of(offer);
    if (!found || !found->is_party(party))
        throw does_not_exist("offer", offer);
    return *found;
}

void lock_listing_of_offer(pg::spi, const pg::uuid& listing) {
    lock_listing.run(listing);
}

offer_row lock_offer(pg::spi spi, const offer_row& known) {
    if (known.listing)
        lock_listing_of_offer(spi, *known.listing);
    if (lock_row.run(known.id).empty())
        throw does_not_exist("offer", known.id);
    return *row_of(known.id);
}

std::optional<offer_row> lock_live_offer(pg::spi, const pg::uuid& buyer, const pg::uuid& listing,
                                         const std::optional<pg::uuid>& variant) {
    const auto id = lock_live.run(buyer, listing, variant).value<pg::uuid>();
    return id ? row_of(*id) : std::nullopt;
}

void set_offer_state(pg::spi, const pg::uuid& offer, core::offer_state to, bool by_system) {
    const std::string name(core::offer_state_name(to));
    const auto write = [&] {
        write_state.run(offer, name, std::int32_t{pg::settings::offer_checkout_window});
    };
    if (!by_system)
        return write();
    const acting_as_system legal(offer);
    write();
}

core::error illegal_offer_step(const offer_row& offer, const char* done) {
    return core::error{core::errors::illegal_offer_state, core::format("offer cannot be {}", done),
                       core::format("The offer is {}.", core::offer_state_name(offer.state)),
                       "Use my_offers() to list the offers and what they are waiting for."};
}

// private.guard_offer(): BEFORE UPDATE ON offers
DRIPLO_FUNCTION(driplo_guard_offer) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    const auto before = core::find_offer_state(row.old_text("status").value_or(""));
    if (loses_its_subject(row) && before && core::is_live(*before))
        row.set_text("status", core::offer_state_name(core::offer_state::voided));
    else if (row.text("status") && row.changes("status"))
        take_step(row);
    if (row.text("status") != "pending" && row.is_null("answered_at"))
        row.set_transaction_time("answered_at");
    return row.result();
}

} // namespace driplo
