// What two people say to each other by making and answering offers: a message in the conversation
// about the listing, which names the offer.
#pragma once

#include "core/money.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

struct offer_words {
    pg::uuid listing, buyer, seller, sender, offer;
    std::int32_t quantity;
    core::money amount;
    std::string currency;
    std::optional<std::string> text; // the amount when nothing is said
};

// Opens the conversation where there is none.
void write_offer_message(pg::spi spi, const offer_words& words);

} // namespace driplo
