#include "api/call/call_context.hpp"

#include "pg/moment.hpp"

namespace driplo {

namespace {

const step_note* current_note = nullptr;
const acting_as_system* current_authority = nullptr;
steps_together* current_together = nullptr;
placement* current_placement = nullptr;
bool is_falling = false;

struct look {
    pg::moment when;
    pg::uuid order;
};
look last_look;

} // namespace

note_for_triggers::note_for_triggers(const step_note& note)
    : before_(current_note), authority_before_(current_authority),
      together_before_(current_together) {
    current_note = &note;
    current_authority = nullptr;
    current_together = nullptr;
}

note_for_triggers::~note_for_triggers() {
    current_note = before_;
    current_authority = authority_before_;
    current_together = together_before_;
}

const step_note* take_note_on(const pg::uuid& row) {
    if (current_together && current_together->to_be_let_through_.count(row) > 0)
        return &current_together->note_;
    const step_note* note = current_note;
    if (!note || note->row != row)
        return nullptr;
    current_note = nullptr;
    return note;
}

acting_as_system::acting_as_system(const pg::uuid& row, authority by)
    : row_(row), by_(by), before_(current_authority) {
    current_authority = this;
}

acting_as_system::~acting_as_system() {
    current_authority = before_;
}

steps_together::steps_together(const std::vector<pg::uuid>& rows, std::string_view to,
                               const std::string& reason)
    : to_(to), note_{{}, reason, std::nullopt}, to_be_let_through_(rows.begin(), rows.end()),
      to_be_recorded_(to_be_let_through_), before_(current_together) {
    current_together = this;
}

steps_together::~steps_together() {
    current_together = before_;
}

bool is_recorded_together(const pg::uuid& order, const std::string& to) {
    if (!current_together || current_together->to_ != to ||
        current_together->to_be_recorded_.erase(order) == 0)
        return false;
    current_together->recorded_.push_back(order);
    return true;
}

authority authority_over(const pg::uuid& row) {
    if (current_together && current_together->to_be_let_through_.count(row) > 0)
        return authority::system;
    return current_authority && current_authority->row_ == row ? current_authority->by_
                                                               : authority::caller;
}

authority take_authority_over(const pg::uuid& row) {
    const authority by = authority_over(row);
    if (current_together && current_together->to_be_let_through_.erase(row) > 0)
        return by;
    if (by != authority::caller)
        current_authority = nullptr;
    return by;
}

checkout_in_progress::checkout_in_progress(placement& orders) : before_(current_placement) {
    current_placement = &orders;
}

checkout_in_progress::~checkout_in_progress() {
    current_placement = before_;
}

placement* placement_under_way() {
    return current_placement;
}

orders_falling::orders_falling() : before_(is_falling) {
    is_falling = true;
}

orders_falling::~orders_falling() {
    is_falling = before_;
}

bool orders_are_falling() {
    return is_falling;
}

bool was_just_looked_at(const pg::uuid& order) {
    return last_look.order == order && last_look.when == pg::moment::now();
}

void remember_look_at(const pg::uuid& order) {
    last_look = {pg::moment::now(), order};
}

} // namespace driplo
