// What a step of an order brings about elsewhere, and who takes it.
#pragma once

#include "core/order_state.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>
#include <vector>

namespace driplo {

// In what capacities the caller acts on an order of these two: a set of core::step_actor.
unsigned order_actors(const std::optional<pg::uuid>& buyer, const std::optional<pg::uuid>& seller);

// Error MK005, which lists what these actors may do instead.
core::error illegal_order_step(core::order_state from, core::order_state to, unsigned actors);

// Gives back what cancelled orders took: stock, the use of coupons, store credit. All is locked
// first, in the order in which everybody locks, however many orders these are.
void give_back(pg::spi spi, const std::vector<pg::uuid>& orders);

// The same of some pieces of lines of an order that goes on: their stock. lock_for_giving_back()
// came first.
void give_back_pieces(pg::spi spi, const std::vector<pg::uuid>& lines,
                      const std::vector<std::int64_t>& quantities);

// The locks of give_back() alone: for who cancels many orders one after the other.
void lock_for_giving_back(pg::spi spi, const std::vector<pg::uuid>& orders);

// The listings of a paid order that have nothing left and are in no unpaid order are sold.
void mark_sold(pg::spi spi, const pg::uuid& order);

// The locks of mark_sold() alone: for who pays many orders one after the other.
void lock_for_selling(pg::spi spi, const std::vector<pg::uuid>& orders);

// What the order, which is in that state, has taken as steps and nobody has recorded yet: a trigger
// of somebody's came first. False when there was nothing.
bool record_outstanding_steps(pg::spi spi, const pg::uuid& order,
                              const std::optional<std::string>& state);

// The copy of an address that an order keeps, as an expression over a row of shipping_addresses.
inline constexpr pg::part address_copy{"address_copy", R"(
    pg_catalog.jsonb_build_object(
        'name', a.name, 'phone', a.phone, 'address_line1', a.address_line1,
        'address_line2', a.address_line2, 'city', a.city, 'state_province', a.state_province,
        'postal_code', a.postal_code, 'country_code', a.country_code
    ))"};

// An order that was refunded is again in this state, because the money that went back was not its
// own.
void take_step_back_by_system(pg::spi spi, const pg::uuid& order, core::order_state to,
                              const std::string& reason);

// Takes a step as the caller, of an order that is locked. Error MK005.
void take_step_by_caller(pg::spi spi, const pg::uuid& order, core::order_state to,
                         const std::optional<std::string>& reason);

// Takes a step that follows from something else, whoever caused that. Error MK005 when not even the
// system may take it.
void take_step_by_system(pg::spi spi, const pg::uuid& order, core::order_state to,
                         const std::string& reason);

// The same of many orders by one statement: how many have taken it, which a trigger of somebody's
// may have kept from it. Orders that are tied to others do not end so.
std::int32_t take_step_together(pg::spi spi, const std::vector<pg::uuid>& orders,
                                core::order_state to, const std::string& reason);

} // namespace driplo
