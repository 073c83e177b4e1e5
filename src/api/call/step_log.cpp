#include "api/call/step_log.hpp"

#include "api/call/call_context.hpp"
#include "core/format.hpp"
#include "pg/transaction.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace driplo {

namespace {

struct logged_step {
    taken_step taken;
    std::uint32_t noted_in = 0;
    std::uint32_t recorded_in = 0; // 0: not yet
    bool is_under_way = false;     // being recorded
    bool is_finished = false;      // its own record has come, too
};
using steps_of_row = std::vector<logged_step>;

// Of the running transaction; each row's steps follow one another. Never freed: a static with a
// destructor would outlive the server's memory.
std::map<pg::uuid, steps_of_row>* unfinished = nullptr;

void forget_undone(std::uint32_t number) {
    for (auto row = unfinished->begin(); row != unfinished->end();) {
        steps_of_row& steps = row->second;
        steps.erase(
            std::remove_if(steps.begin(), steps.end(),
                           [&](const logged_step& each) { return each.noted_in >= number; }),
            steps.end());
        for (logged_step& each : steps)
            if (each.recorded_in >= number) {
                each.recorded_in = 0;
                each.is_under_way = false;
            }
        row = steps.empty() ? unfinished->erase(row) : std::next(row);
    }
}

void forget_all() {
    unfinished->clear();
}

std::map<pg::uuid, steps_of_row>& log_of_transaction() {
    if (!unfinished) {
        auto* log = new std::map<pg::uuid, steps_of_row>;
        unfinished = log;
        pg::watch_transaction(forget_undone, forget_all);
    }
    return *unfinished;
}

steps_of_row* find(const pg::uuid& row) {
    if (!unfinished)
        return nullptr;
    const auto found = unfinished->find(row);
    return found == unfinished->end() ? nullptr : &found->second;
}

// A step that was let through and not taken, because a trigger of somebody's kept the row, does not
// lead to where the row is.
void drop_what_was_not_taken(steps_of_row& steps, const std::optional<std::string>& state) {
    while (!steps.empty() && steps.back().recorded_in == 0 && steps.back().taken.to != state)
        steps.pop_back();
}

std::optional<std::size_t> place_of(const steps_of_row& steps,
                                    const std::optional<std::string>& from, const std::string& to) {
    for (std::size_t i = steps.size(); i > 0; --i)
        if (!steps[i - 1].is_finished && steps[i - 1].taken.from == from &&
            steps[i - 1].taken.to == to)
            return i - 1;
    return std::nullopt;
}

// What a recorder does may lead to further steps of the row, which are added behind.
void record_up_to(pg::spi spi, const pg::uuid& row, std::size_t last, const recorder& record) {
    for (std::size_t i = 0; i <= last; ++i) {
        steps_of_row* steps = find(row);
        if (!steps || i >= steps->size())
            return;
        if ((*steps)[i].recorded_in != 0)
            continue;
        (*steps)[i].recorded_in = pg::current_subtransaction();
        (*steps)[i].is_under_way = true;
        const taken_step taken = (*steps)[i].taken;
        record(spi, taken);
        if ((steps = find(row)) && i < steps->size())
            (*steps)[i].is_under_way = false;
    }
}

// A row's steps are kept until the first of them is finished, which is the last to be.
void finish(const pg::uuid& row, std::size_t place) {
    steps_of_row* steps = find(row);
    if (!steps || steps->size() <= place)
        return;
    (*steps)[place].is_finished = true;
    if (std::all_of(steps->begin(), steps->end(),
                    [](const logged_step& each) { return each.is_finished; }))
        unfinished->erase(row);
}

} // namespace

const taken_step& let_through(const pg::uuid& row, const std::optional<std::string>& from,
                              const std::string& to) {
    steps_of_row& steps = log_of_transaction()[row];
    drop_what_was_not_taken(steps, from);
    logged_step next;
    next.taken.from = from;
    next.taken.to = to;
    if (const step_note* note = take_note_on(row)) {
        next.taken.reason = note->reason;
        next.taken.metadata = note->metadata;
    }
    next.taken.takes_back = take_authority_over(row) == authority::correction;
    next.noted_in = pg::current_subtransaction();
    steps.push_back(std::move(next));
    return steps.back().taken;
}

bool was_let_through(const pg::uuid& row, const std::optional<std::string>& from,
                     const std::string& to) {
    const steps_of_row* steps = find(row);
    return steps && place_of(*steps, from, to);
}

core::error unseen_step(const core::error_code& code, std::string_view what) {
    return core::error{code,
                       core::format("BEFORE triggers cannot change the status of a {}", what),
                       {},
                       "Change the status in a separate statement, from an AFTER trigger."};
}

void record_step(pg::spi spi, const pg::uuid& row, const std::optional<std::string>& from,
                 const std::string& to, const recorder& record) {
    steps_of_row* steps = find(row);
    if (!steps || !place_of(*steps, from, to)) {
        let_through(row, from, to);
        steps = find(row);
    }
    const std::size_t place = *place_of(*steps, from, to);
    record_up_to(spi, row, place, record);
    finish(row, place);
}

bool record_outstanding(pg::spi spi, const pg::uuid& row, const std::optional<std::string>& state,
                        const recorder& record) {
    const steps_of_row* steps = find(row);
    if (!steps || steps->empty() || steps->back().recorded_in != 0 ||
        steps->back().taken.to != state)
        return false;
    // what a step does is done before the next one is recorded
    if (std::any_of(steps->begin(), steps->end(),
                    [](const logged_step& each) { return each.is_under_way; }))
        return false;
    record_up_to(spi, row, steps->size() - 1, record);
    return true;
}

} // namespace driplo
