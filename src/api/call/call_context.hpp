// What is passed from functions to the triggers they fire, and why not by a setting or a column.
//
// Whoever writes a row, its triggers do what goes with it. A function that writes one knows
// more than the row says:
//
//   step_note            what the history is to say about the step        guards of steps
//   acting_as_system     that the step is legal though not the caller's   guard_order_status
//   steps_together       both for many rows, and that what goes with an   guards of steps,
//                        order's step is done afterwards for all of them  record_order_status
//   checkout_in_progress what checkout() has read under its locks         take_stock, show_address,
//                                                                         record_order_status
//   orders_falling       that the orders of a promise end one by one      record_order_status
//   last look            that an order's lines were added up just now     check_order_subtotal
//
// Not by a setting: a client can write any, and would act as the system with it. Not by a column:
// it would be there for everybody to read and to write, be dumped and restored, and need a second
// write to be cleared. Here it lives in an object of the function that passes it, in the backend's
// memory: it ends with that function, also by an error, nobody else can write it, and what was
// before is there again.
//
// Each names the row it is about, or the orders. A trigger of the shop's may write other rows
// meanwhile, by functions of ours too: their triggers find nothing. What a step's guard has let
// through is passed on to the trigger that records it by step_log.hpp.
#pragma once

#include "pg/value.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace driplo {

// What is to be said about the next step of a row in its history: words, and no right to anything.
struct step_note {
    pg::uuid row; // an order, a dispute or a return
    std::optional<std::string> reason;
    std::optional<std::string> metadata; // JSON
};

class acting_as_system;
class steps_together;

// While this object lives the guard of the note's row finds it, once. Who takes a step inside of
// another one's does so by their own right: an authority from outside does not reach in here.
class note_for_triggers {
public:
    explicit note_for_triggers(const step_note& note);
    ~note_for_triggers();
    note_for_triggers(const note_for_triggers&) = delete;
    note_for_triggers& operator=(const note_for_triggers&) = delete;

private:
    const step_note* before_;
    const acting_as_system* authority_before_;
    steps_together* together_before_;
};

// The note on the row's next step. It is used up then, and the steps that follow from this one have
// none. Null when there is none.
const step_note* take_note_on(const pg::uuid& row);

// By what right the next step of a row is taken.
enum class authority {
    caller,     // what the caller may do
    system,     // also what the system may: the step follows from something else
    correction, // the row was ended by mistake, and is again what it was: no step of the table
};

// While this object lives the row's next step has this authority, once. It comes after the note.
class acting_as_system {
public:
    explicit acting_as_system(const pg::uuid& row, authority by = authority::system);
    ~acting_as_system();
    acting_as_system(const acting_as_system&) = delete;
    acting_as_system& operator=(const acting_as_system&) = delete;

private:
    friend authority authority_over(const pg::uuid& row);
    friend authority take_authority_over(const pg::uuid& row);
    pg::uuid row_;
    authority by_;
    const acting_as_system* before_;
};

// While this object lives these orders or returns take this step by the system, each once, for this
// reason, and the triggers of orders leave it to whoever has it to do what can be done for all of
// them at once. As above: it does not reach into the steps that others take meanwhile.
class steps_together {
public:
    steps_together(const std::vector<pg::uuid>& rows, std::string_view to,
                   const std::string& reason);
    ~steps_together();
    steps_together(const steps_together&) = delete;
    steps_together& operator=(const steps_together&) = delete;

    // Those whose step was recorded.
    const std::vector<pg::uuid>& recorded() const { return recorded_; }

private:
    friend class note_for_triggers;
    friend const step_note* take_note_on(const pg::uuid& row);
    friend authority authority_over(const pg::uuid& row);
    friend authority take_authority_over(const pg::uuid& row);
    friend bool is_recorded_together(const pg::uuid& order, const std::string& to);
    std::string to_;
    step_note note_;
    std::set<pg::uuid> to_be_let_through_, to_be_recorded_;
    std::vector<pg::uuid> recorded_;
    steps_together* before_;
};

// A step of an order is recorded: whether somebody else does afterwards what goes with it.
bool is_recorded_together(const pg::uuid& order, const std::string& to);

// For who only asks.
authority authority_over(const pg::uuid& row);

// For who lets the step through: it is used up then, as the note is.
authority take_authority_over(const pg::uuid& row);

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

// Orders that checkout() writes, by what it has read, of the listings under locks.
struct placement {
    pg::uuid buyer, address;
    std::optional<Datum> address_copy; // as the order keeps it
    std::map<pg::uuid, known_listing> listings;
    std::map<pg::uuid, known_order> orders;
    bool is_written_again = false; // a trigger of somebody's has changed orders meanwhile
};

// While this object lives the triggers of these orders and their lines do not read it again.
class checkout_in_progress {
public:
    explicit checkout_in_progress(placement& orders);
    ~checkout_in_progress();
    checkout_in_progress(const checkout_in_progress&) = delete;
    checkout_in_progress& operator=(const checkout_in_progress&) = delete;

private:
    placement* before_;
};

// Null when no checkout is under way.
placement* placement_under_way();

// While this object lives the end of an order says nothing new about those it was bought with.
class orders_falling {
public:
    orders_falling();
    ~orders_falling();
    orders_falling(const orders_falling&) = delete;
    orders_falling& operator=(const orders_falling&) = delete;

private:
    bool before_;
};
bool orders_are_falling();

// Deferred triggers fire for each line, and at the end of a checkout nothing is written between two
// of them: then the order was looked at already. Whatever is written in between, by a deferred
// trigger of the shop's too, makes it another moment.
bool was_just_looked_at(const pg::uuid& order);
void remember_look_at(const pg::uuid& order);

} // namespace driplo
