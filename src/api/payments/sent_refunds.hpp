// Refunds on their way back: what is sent comes back when the processor fails to deliver it, and
// what was taken for a refund of one order may turn out to be another's.
#pragma once

#include "core/money.hpp"
#include "core/order_state.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driplo {

// As a table of a statement: how much of an amount, $3, each payment of the order $1 takes, or the
// payment $2 alone when it is named. The rows "t" that {has_room} take as much as their {room}, one
// after the other as "r" {in_turn}.
inline constexpr pg::part payment_parts{"payment_parts", R"(
    (
        SELECT
            r.id,
            LEAST(
                r.room, $3 * 0.01 - (sum(r.room) OVER (ORDER BY {in_turn}) - r.room)
            ) AS amount
        FROM (
            SELECT t.id, t.created_at, t.processor, {room} AS room
            FROM {s}.payment_transactions t
            WHERE CASE WHEN $2 IS NULL THEN t.order_id = $1 AND NOT t.is_surplus ELSE t.id = $2 END
              AND {has_room}
        ) r
    ) part)"};

// How sure it is that a processed request is the refund that the processor tells of.
enum class refund_evidence {
    said,    // by its id, or by the service
    by_sum,  // an approved request of that amount
    unasked, // nobody asked here; the order is named, or follows from the amount
    shared,  // nobody asked here, and it is a share of a refund of several orders
};

// A refund that was sent has come back: the request is approved again and its money owed, whoever
// is to be paid by it. `failed` is the processor's id of the attempt, which is never counted again.
// Of a refund that the platform had paid twice nothing is owed. `payment` is the row of
// payment_transactions that it was of, when that is known.
void unsend_refund(pg::spi spi, const pg::uuid& refund, const std::optional<std::string>& failed,
                   const std::optional<pg::uuid>& payment = std::nullopt);

// The processor's refund is none of this request: who gave the money back for it has it again, and
// the request has failed, with the note. An order that this had ended goes on where its parcel was
// under way; of one that was not sent yet the money is owed to the buyer. Errors: MK013 unless the
// request is approved or processed.
void withdraw_refund(pg::spi spi, const pg::uuid& refund, const std::string& note,
                     const std::optional<pg::uuid>& payment = std::nullopt);

// The state that resume_order() would lead an order that is refunded back to, when its goods had
// left the seller.
std::optional<core::order_state> state_to_resume(pg::spi spi, const pg::uuid& order);

// An order that has ended and has money left, after all: it is again what it was before, if its
// goods had left the seller. Otherwise, and when it was cancelled, it stays ended, and what was
// paid is owed to the buyer.
void resume_order(pg::spi spi, const pg::uuid& order, const std::string& reason);

// The service or the processor says that this refund has settled the request: what it was taken for
// before, of the same payment, gives way. Errors: MK013 when another request is known to be it.
void claim_refund(pg::spi spi, const pg::uuid& refund, const std::string& processor_refund_id);

// Now it is known which refund of the processor it was.
void name_refund(pg::spi spi, const pg::uuid& refund, const std::string& processor_refund_id);

// Of an approved request for what pays for nothing.
struct open_surplus {
    pg::uuid request;
    core::money cash;
};
// What the processor has sent back and no order takes is of these: of the smallest that is enough,
// as a request of its own. What is beyond them all.
core::money send_surplus(pg::spi spi, std::vector<open_surplus> open, core::money amount,
                         const std::string& processor_refund_id);

void note_evidence(pg::spi spi, const pg::uuid& refund, refund_evidence evidence,
                   const std::optional<std::string>& processor_refund_id);

} // namespace driplo
