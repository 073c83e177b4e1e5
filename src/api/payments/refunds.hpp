// Money that goes back to the buyer of an order: cash first, then store credit.
//
// A request is pending until somebody decides. Approved, it is booked: the money is the buyer's,
// and owed to them until the processor has sent it, which makes it processed.
#pragma once

#include "api/orders/parts.hpp"
#include "api/payments/ledger.hpp"
#include "api/payments/sent_refunds.hpp"
#include "core/money.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

// As a condition in a plan, about a row of orders: no refund is asked for of which nobody has
// decided yet, in the window in which something may be sent back, and for as long as one may hold.
// Both in minutes.
inline constexpr pg::part no_refund_request_holds{"no_refund_request_holds", R"(
    NOT EXISTS (
        SELECT FROM {s}.refund_requests q
        WHERE q.order_id = {shop_order}.id
          AND q.status::text = 'pending'
          AND q.payment_transaction_id IS NULL
          AND q.requested_at <= COALESCE(
              {shop_order}.delivered_at, {shop_order}.created_at
          ) + pg_catalog.make_interval(mins => {return_window})
          AND q.requested_at > now() - pg_catalog.make_interval(mins => {decision_window})
    ))"};

// What of an order's payment, in cash and in store credit, can still be given back. Locks the order
// until the transaction ends. Zero for an order that was not paid.
core::money refundable(pg::spi spi, const pg::uuid& order);

// Decides by itself that this much goes back to the buyer: an approved refund request, booked in
// the ledger. `decided_by` is the admin, seller or nobody. `line` is what it goes back for, and is
// taken from whoever has the money of that line. The request's id. Errors: P0002 for an unknown
// order, 22023 unless the amount is positive, MK009 when it is more than refundable(), or than is
// left of the line.
// An order that several payments have paid gets a request for each that it goes back through, the
// first of which is the one that is returned; unless `through` is known to send it.
pg::uuid refund_now(pg::spi spi, const pg::uuid& order, core::money amount,
                    const std::string& reason, const std::optional<pg::uuid>& decided_by,
                    const std::optional<pg::uuid>& line = std::nullopt,
                    const std::optional<pg::uuid>& through = std::nullopt);

// A request that somebody has decided is booked for its first part; this is one of the others, as
// a request of its own. Its id.
struct refund_part;
pg::uuid approve_other_part(pg::spi spi, order_money& order, const pg::uuid& request,
                            const refund_part& part, const std::optional<pg::uuid>& decided_by);

// With these the others that they were divided into.
std::vector<pg::uuid> with_other_parts(pg::spi spi, const std::vector<pg::uuid>& requests);

// The same for all that is left, also of an order that cost the buyer nothing: the platform then
// has back what it paid, and the order is refunded.
void refund_everything(pg::spi spi, const pg::uuid& order, const std::string& reason,
                       const std::optional<pg::uuid>& decided_by);

// A line or some of its pieces came back: what was paid for them goes back, or less when that is
// wanted. With the last piece pending requests for the line are rejected. Nothing of an order that
// was never booked. Errors: as refund_now(), and MK012 for a seller who does not have the money any
// more.
struct line_refund {
    core::money given, deducted;
    std::optional<pg::uuid> id = std::nullopt; // of the request
};
struct line_decision {
    std::string reason;
    std::optional<pg::uuid> by;
    bool by_seller;
    bool counts_pieces = false; // nothing but the request says how many pieces it is for
};
line_refund refund_line(pg::spi spi, const pg::uuid& order, const line_pieces& part,
                        const std::optional<core::money>& wanted, const line_decision& decided);

// The seller, or the staff, gives money back that nobody has asked for. The request's id. Errors:
// as refund_line().
pg::uuid give_refund(pg::spi spi, const pg::uuid& order, core::money amount,
                     const line_decision& decided);

// Whether all of the order's money was decided to go back: then there is nothing left to ship for.
bool is_wholly_refunded(const order_money& order);

// What has not gone back yet of an order that has just been cancelled or refunded.
// `uses_are_given_back`: the uses of store credit were, as far as they could. `remark`: what the
// buyer reads beside that the order has ended.
void give_back_money(pg::spi spi, const pg::uuid& order, bool uses_are_given_back,
                     const std::string& remark = {});

// Money came in that pays for nothing: it is owed to the buyer. `from`: where it is, when not just
// at the processor.
void return_surplus(pg::spi spi, const order_money& order, const pg::uuid& payment,
                    core::money amount, const std::string& reason,
                    std::optional<ledger_line> from = std::nullopt);

// The processor sends a part of a surplus back: it becomes a request of its own, approved, and the
// one that it was a part of is for the rest. The part's id. Errors: MK013 unless that one is
// approved and of a surplus, MK009 when it is not for more.
pg::uuid divide_surplus(pg::spi spi, const pg::uuid& refund, core::money part);

// The processor has sent an approved refund back, of this row of payment_transactions when that is
// known. The order whose payment has gone back as a whole becomes refunded.
void process_refund(pg::spi spi, const pg::uuid& refund,
                    const std::optional<std::string>& processor_refund_id,
                    const std::optional<pg::uuid>& payment = std::nullopt,
                    refund_evidence evidence = refund_evidence::said);

// Of an order that is to be paid on delivery, and was not yet: what a refund of it would send back
// is not due any more, and the request is processed. Otherwise nothing happens.
void take_off_what_is_due(pg::spi spi, const pg::uuid& order, const pg::uuid& refund);

// What a journal about the sending of a refund is called: one that came back is sent again.
std::string sent_reference(const pg::uuid& refund, std::int32_t times_unsent);

// The processor has sent back what a lost chargeback had taken from everybody before: the platform
// has paid it twice. A processed request says so, whose id comes back.
pg::uuid refund_lost_money(pg::spi spi, const pg::uuid& order, core::money amount,
                           const std::string& reason, const pg::uuid& payment);

// Pending requests for more than what is left of an order's payment are rejected.
void reject_what_is_too_much(pg::spi spi, const order_money& order);

// Whether a bank has, or has had for good, money of this order: then nobody can say any more what a
// refund of it has taken from whom.
bool is_taken_by_bank(pg::spi spi, const pg::uuid& order);

// When everything that was paid has gone back, nothing of it is still owed, and the order is not
// ended yet: it is refunded.
void end_when_refunded(pg::spi spi, const pg::uuid& order);

} // namespace driplo
