// What of an order is in dispute or on its way back: for whoever moves its money.
#pragma once

#include "core/dispute_state.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

// Of a row of disputes: taken back within the last `grace` minutes.
inline constexpr pg::part was_just_taken_back{"was_just_taken_back", R"(
    (
        {dispute}.status::text = 'cancelled'
        OR {dispute}.status::text = 'closed'
           AND COALESCE({dispute}.resolution::text, 'cancelled_by_buyer') IN (
               'cancelled_by_buyer', 'cancelled_by_seller'
           )
    )
    AND {dispute}.resolved_at > now() - pg_catalog.make_interval(mins => {grace}))"};
// About an order and who opens a dispute of it: the staff has decided one that the same person had
// opened. A bank's decision is none of the staff's.
inline constexpr pg::part was_heard{"was_heard", R"(
    EXISTS (
        SELECT FROM {s}.disputes h
        WHERE h.order_id = {order_id}
          AND h.initiated_by = {party}
          AND (h.metadata ? 'stripe_dispute_id') IS NOT TRUE
          AND (
              h.status::text = 'resolved'
              OR h.status::text = 'closed'
                 AND h.resolution::text NOT IN ('cancelled_by_buyer', 'cancelled_by_seller')
          )
    ))"};
// As a condition in a plan, about a row of orders: nothing is to be decided still, and its buyer,
// who was not heard yet, was not kept from a dispute by one that the seller has just taken back.
// Which states are open is what the generated columns is_open of disputes and returns say, and
// core::is_open() of a state that was read.
inline constexpr pg::part no_dispute_holds{"no_dispute_holds", R"(
    NOT EXISTS (
        SELECT FROM {s}.disputes d
        WHERE d.order_id = {shop_order}.id
          AND (
              d.is_open
              OR d.initiated_by IS DISTINCT FROM {shop_order}.buyer_id
                 AND {was_just_taken_back}
                 AND NOT {was_heard}
          )
    ))"};
// Of a row of disputes. An inquiry of a bank is none, it takes no money: to refund then is how a
// chargeback is kept from becoming of it.
inline constexpr pg::part chargeback_is_open{"chargeback_is_open", R"(
    {dispute}.is_open
    AND {dispute}.metadata ? 'stripe_dispute_id'
    AND EXISTS (
        SELECT FROM {s}.ledger_entries e
        WHERE e.journal_id = pg_catalog.md5(
            'chargeback:' || ({dispute}.metadata ->> 'stripe_dispute_id')
        )::uuid
    ))"};
inline constexpr pg::part no_return_is_open{"no_return_is_open", R"(
    NOT EXISTS (SELECT FROM {s}.returns r WHERE r.order_id = {order_id} AND r.is_open))"};
// And none was refused of which the buyer may still open a dispute.
inline constexpr pg::part no_return_holds{"no_return_holds", R"(
    NOT EXISTS (
        SELECT FROM {s}.returns r
        WHERE r.order_id = {shop_order}.id
          AND (r.is_open OR r.disputable_until > now())
    ))"};

bool has_open_return(pg::spi spi, const pg::uuid& order);

// The buyer's bank disputes a payment at the processor. The dispute is opened in the buyer's name,
// or nobody's when the account was deleted, and is under review until the processor says how it
// ended. One for each order and id: a second call returns the first one's. Errors: P0002 for an
// unknown order. `payment` is the row of payment_transactions that it is about.
pg::uuid open_chargeback(pg::spi spi, const pg::uuid& order, const std::string& stripe_dispute_id,
                         const std::string& description, const pg::uuid& payment);

// The processor has told how it ended: the dispute is resolved, with a label of resolution_type.
// One that is resolved already gets the resolution that is right now.
void close_chargeback(pg::spi spi, const pg::uuid& dispute, std::string_view resolution,
                      const std::string& notes);

// The open chargeback of an order has its money: error MK013 for who would give it back another
// way.
void require_no_chargeback(pg::spi spi, const pg::uuid& order);

// The people of a dispute; nullopt for who has deleted the account.
struct dispute_parties {
    std::optional<pg::uuid> buyer, seller;         // of the order
    std::optional<pg::uuid> initiator, respondent; // the same two, either way round
    bool is_answered = false; // the respondent has said something: it is the initiator's no more
};

// Whether the other party than who opened the dispute has written into it; that one's account may
// be deleted since. To be asked when the dispute is locked.
bool is_answered(pg::spi spi, const pg::uuid& dispute);

// In what capacities the caller acts: a set of core::step_actor and core::dispute_actor.
unsigned dispute_actors(const dispute_parties& parties);

// Error MK011, which lists what these actors may do instead.
core::error illegal_dispute_step(core::dispute_state from, core::dispute_state to, unsigned actors);

// The state of that name. Error MK011 for a label that somebody has added.
core::dispute_state dispute_state_of(const std::optional<std::string>& name);

} // namespace driplo
