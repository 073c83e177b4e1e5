// Chargebacks: the bank of a buyer takes a payment back, and decides later who is right.
//
// Meanwhile the money is nobody's (account disputes) and the takings of the orders that it is about
// are pending: of a payment for several those that it names, or whose the amount can be. Lost, it
// is taken from those who got it, as a refund would be; what they have given back already is lost
// to the platform. Won after all, everybody has it again.
#pragma once

#include "api/payments/transactions.hpp"
#include "pg/session.hpp"

#include <string>

namespace driplo {

struct chargeback {
    std::string id; // the processor's
    core::money amount;
    std::string reason;
    bool takes_money;                  // an inquiry does not
    std::vector<pg::uuid> orders = {}; // that it names; none when nobody says
};

// Repeating it, or coming after the end, changes nothing.
void open_chargeback(pg::spi spi, const payment& disputed, const chargeback& c);

enum class chargeback_end { won, lost };
void close_chargeback(pg::spi spi, const payment& disputed, const chargeback& c,
                      chargeback_end end);

} // namespace driplo
