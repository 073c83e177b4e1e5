#include "api/offers/messages.hpp"

#include "api/payments/ledger.hpp"
#include "core/format.hpp"
#include "pg/entry_point.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan open_conversation{R"(
    INSERT INTO {s}.conversations (listing_id, buyer_id, seller_id)
    VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING)"};
const pg::plan add_message{R"(
    INSERT INTO {s}.messages (conversation_id, sender_id, content, offer_id)
    SELECT id, $4, $5, $6
    FROM {s}.conversations
    WHERE listing_id = $1 AND buyer_id = $2 AND seller_id = $3)",
                           pg::writes{"messages"}};

} // namespace

void write_offer_message(pg::spi, const offer_words& w) {
    const std::string amount = money_text(w.amount, w.currency);
    const std::string text = w.text            ? *w.text
                             : w.quantity == 1 ? amount
                                               : core::format("{} × {}", w.quantity, amount);
    open_conversation.run(w.listing, w.buyer, w.seller);
    add_message.run(w.listing, w.buyer, w.seller, w.sender, text, w.offer);
}

} // namespace driplo
