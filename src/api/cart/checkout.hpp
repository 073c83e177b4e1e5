// Placing orders: the whole cart, or one line of it.
#pragma once

#include "api/cart/quote.hpp"
#include "core/money.hpp"
#include "pg/session.hpp"
#include "pg/spi.hpp"
#include "pg/value.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace driplo {

struct checkout_request {
    purchase wanted;
    std::optional<std::string> key;
    std::optional<pg::uuid> billing_address, payment_method;
    std::optional<std::string> coupon_code, notes;
    std::optional<std::string> metadata; // of the orders: a JSON object
    std::optional<Datum> address_copy;   // jsonb
    // what the caller was shown
    std::optional<core::money> expected_total;
    std::optional<std::string> expected_currency;
    // what the buyer holds unpaid already
    std::int64_t unpaid_orders = 0, unpaid_pieces = 0;
};

// Orders what is wanted, of which the buyer has to be somebody who may buy: the rows of checkout().
pg::rows check_out(pg::spi spi, checkout_request& r);

} // namespace driplo
