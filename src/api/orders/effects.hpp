// What a step of an order brings about elsewhere, and who takes it.
#pragma once

#include "api/call/step_log.hpp"
#include "core/order_state.hpp"
#include "pg/value.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace driplo {

// In what capacities the caller acts on an order of these two: a set of core::step_actor.
unsigned order_actors(const std::optional<pg::uuid>& buyer, const std::optional<pg::uuid>& seller);

// Error MK005, which lists what these actors may do instead.
core::error illegal_order_step(core::order_state from, core::order_state to, unsigned actors);

// Gives back what cancelled orders took: stock, the use of coupons, store credit. All is locked
// first, in the order in which everybody locks, however many orders these are. Needs a session.
void give_back(const std::vector<pg::uuid>& orders);

// The locks of give_back() alone: for who cancels many orders one after the other.
void lock_for_giving_back(const std::vector<pg::uuid>& orders);

// The listings of a paid order that have nothing left and are in no unpaid order are sold. Needs a
// session.
void mark_sold(const pg::uuid& order);

// The locks of mark_sold() alone: for who pays many orders one after the other.
void lock_for_selling(const std::vector<pg::uuid>& orders);

// The tracking follows a step to in_transit and delivered, and these two and shipped are shipping
// events. Needs a session.
void move_parcel(const pg::uuid& order, const std::optional<std::string>& to);

// What the order, which is in that state, has taken as steps and nobody has recorded yet: a trigger
// of somebody's came first. False when there was nothing. Needs a session.
bool record_outstanding_steps(const pg::uuid& order, const std::optional<std::string>& state);

// What the lines of an order have to agree with.
struct known_listing {
    std::optional<pg::uuid> seller;
    std::optional<std::string> currency, status;
    std::int64_t quantity = 0;
};
struct known_order {
    std::optional<pg::uuid> seller;
    std::optional<std::string> currency, status;
    bool lacks_variant = false; // a line names none, of a listing that has variants
};

// Orders that checkout() writes, by what it has read, of the listings under locks: while this
// object lives the triggers of these orders and their lines do not read it again.
struct placement {
    pg::uuid buyer, address;
    std::optional<Datum> address_copy; // as the order keeps it
    std::map<pg::uuid, known_listing> listings;
    std::map<pg::uuid, known_order> orders;
    bool is_written_again = false; // a trigger of somebody's has changed orders meanwhile
};

class placing {
public:
    explicit placing(placement& orders);
    ~placing();
    placing(const placing&) = delete;
    placing& operator=(const placing&) = delete;

private:
    placement* before_;
};

// Null when no checkout is under way.
placement* placement_under_way();

// The copy of an address that an order keeps, as an expression over a row of shipping_addresses.
#define COPY_OF_ADDRESS                                                                            \
    "pg_catalog.jsonb_build_object('name', a.name, 'phone', a.phone, "                             \
    "'address_line1', a.address_line1, 'address_line2', a.address_line2, 'city', a.city, "         \
    "'state_province', a.state_province, 'postal_code', a.postal_code, "                           \
    "'country_code', a.country_code)"

// An order that was refunded is again in this state, because the money that went back was not its
// own. Needs a session.
void take_step_back_by_system(const pg::uuid& order, core::order_state to,
                              const std::string& reason);

// Takes a step that follows from something else, whoever caused that. Error MK005 when not even the
// system may take it. Needs a session.
void take_step_by_system(const pg::uuid& order, core::order_state to, const std::string& reason);

} // namespace driplo
