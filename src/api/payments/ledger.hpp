// The ledger: double entry, append-only. Every function here books one journal, whose entries sum
// to zero and whose id is made of what it is about, so that nothing is booked twice.
//
// An amount is positive where somebody gets something: what sellers, buyers, the tax office and the
// platform have or are owed. The processor's side is negative: -100 in processor_clearing is a
// hundred that came in there. docs/money.md has an example of each journal.
#pragma once

#include "core/order_state.hpp"
#include "core/settlement.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driplo {

struct ledger_line {
    std::string_view account; // a label of ledger_account
    std::optional<pg::uuid> party;
    core::money amount;
};

struct journal {
    std::string_view kind;
    std::string reference; // with the kind: what it is about, once
    std::optional<pg::uuid> order;
    std::string currency;
    std::vector<ledger_line> lines; // those of nothing are left out, those of one account added up
};

// Errors: 23505 when it was booked before.
void book(pg::spi spi, const journal& j);
void book(pg::spi spi, const std::vector<journal>& journals);
bool is_booked(pg::spi spi, std::string_view kind, const std::string& reference);

// Whose money of an order is whose.
struct order_money {
    pg::uuid id;
    core::order_state state;
    std::optional<pg::uuid> buyer, seller; // nullopt when the account was deleted
    std::optional<pg::uuid> payee;         // the seller, also when the account was deleted since
    std::string currency;
    core::settlement whole;
    core::settlement remaining; // of the whole, after what went back
    core::money refunded;
    core::money due;       // what is to be paid on delivery, and has not come in yet
    core::money part_paid; // what has come in of an order that is not paid yet
    bool was_delivered;
    bool is_sold;     // its payment was booked
    bool is_released; // the takings are available to the seller

    // What can still go back.
    core::money left() const { return is_sold ? remaining.paid() : core::money{}; }
    // What of it came by the processor.
    core::money cash_left() const { return is_sold ? remaining.cash : core::money{}; }
    std::string_view seller_account() const;
    // Whoever has got the goods has paid: until then less is due instead of being sent back.
    bool waits_for_cash() const { return due.minor > 0 && !was_delivered; }
};

// Whether anything of the order was booked. Looked up: for most orders that end a statement would
// cost more than the rest of it.
bool was_booked(pg::spi spi, const pg::uuid& order);

// Locks the order. Errors: P0002.
order_money lock_order_money(pg::spi spi, const pg::uuid& order);
// Of orders that are locked.
std::vector<order_money> read_order_money(pg::spi spi, const std::vector<pg::uuid>& orders);

// Whose money in part_payments is that has come in for an order.
std::optional<pg::uuid> part_payer(pg::spi spi, const pg::uuid& order);

// The payment of an order that has just become paid.
void book_sale(pg::spi spi, const pg::uuid& order);

// Takes an amount back from those who got it, for what `kind` and `reference` say, and gives it to
// `to`: lines that sum to the amount. The order counts it as refunded, and the list of transactions
// gets a line. Errors: 23514 when it is more than left().
void book_reversal(pg::spi spi, order_money& order, core::division taken, std::string_view kind,
                   const std::string& reference, std::vector<ledger_line> to);

// Who gave what by such a journal, as it was booked; nothing when there is none.
core::division booked_division(pg::spi spi, std::string_view kind, const std::string& reference);

// Takings that are pending become available, of how many orders; and the reverse.
std::int32_t release_takings(pg::spi spi, std::vector<order_money> orders);
void hold_takings(pg::spi spi, order_money& order);

// Takes the lock under which a seller's available balance is spent: until the transaction ends no
// other session takes from it.
void lock_balance(pg::spi spi, const pg::uuid& seller);
// The same for buyers and sellers of orders. What an order takes from a balance may also end it,
// and then both are counted in: they are locked before, each profile before its statistics and the
// people by id, as whoever counts does.
void lock_people(pg::spi spi, const std::vector<pg::uuid>& orders);

using pg::text_of;
// As people read it: 12.50 EUR.
std::string money_text(core::money amount, const std::string& currency);

} // namespace driplo
