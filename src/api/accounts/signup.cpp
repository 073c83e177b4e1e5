// Accounts: what a signup creates, e-mail changes, and the setup of a profile.
#include "api/accounts/statistics.hpp"
#include "api/call/roles.hpp"
#include "pg/catalog.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/insertion.hpp"
#include "pg/json.hpp"
#include "pg/random.hpp"
#include "pg/rights.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"
#include "pg/trigger.hpp"

#include "core/account.hpp"
#include "core/setup.hpp"
#include "core/text.hpp"
#include "core/username.hpp"

namespace driplo {

namespace {

constexpr std::size_t max_email_characters = 255; // profiles.email

const pg::unique_row profile{
    "profiles",
    "id",
    {{"setup_completed", BOOLOID}, {"account_type", VARCHAROID}, {"deleted_at", TIMESTAMPTZOID}}};
constexpr pg::insertion create_profile{pg::unless_taken{"username"},
                                       "profiles",
                                       {"id", "email", "username", "full_name", "avatar_url",
                                        "account_type", "email_verified", "needs_username_setup"}};
constexpr pg::insertion first_cart{pg::unless_there, "shopping_carts", {"user_id"}};
constexpr pg::insertion first_statistics{pg::unless_there, "user_stats_summary", {"user_id"}};
const pg::plan profile_exists{"SELECT FROM {s}.profiles WHERE id = $1", pg::planned::once};
const pg::plan create_cart{R"(
    INSERT INTO {s}.shopping_carts (user_id)
    VALUES ($1)
    ON CONFLICT (user_id) DO NOTHING)"};
const pg::plan change_email{R"(
    UPDATE {s}.profiles
    SET email = $2, email_verified = $3
    WHERE id = $1
      AND (email IS DISTINCT FROM $2 OR email_verified <> $3))"};

// What a signup brings along, each part only when it is valid.
struct signup {
    std::optional<std::string> email, full_name, avatar_url, account_type;
    std::string username_base;
    std::string chosen_username; // by the user; empty when there is none
    bool email_verified = false;
};

std::optional<std::string> storable_email(std::optional<std::string> email) {
    if (email && (email->empty() || core::count_code_points(*email).value_or(
                                        max_email_characters + 1) > max_email_characters))
        return std::nullopt;
    return email;
}

// `metadata` is what the user gave at the signup, auth.users.raw_user_meta_data.
signup read_signup(std::optional<std::string> email, std::optional<Datum> metadata,
                   bool email_verified) {
    signup s;
    s.email = storable_email(std::move(email));
    s.email_verified = s.email && email_verified;
    const std::string wanted = pg::json_text(metadata, "username").value_or("");
    s.username_base = core::username_base(wanted, s.email.value_or(""));
    // An application says so where it has made the name up itself.
    const bool is_made_up =
        metadata && pg::json_reader(pg::jsonb{*metadata}).text("needs_username_setup") == "true";
    if (!is_made_up)
        s.chosen_username = core::lower_case(wanted);
    if (auto name = pg::json_text(metadata, "full_name"))
        if (auto accepted = core::accepted_full_name(*name))
            s.full_name = std::string(*accepted);
    if (auto url = pg::json_text(metadata, "avatar_url"); url && core::is_web_address(*url))
        s.avatar_url = std::move(url);
    if (auto type = pg::json_text(metadata, "account_type"); type && core::is_account_type(*type))
        s.account_type = std::move(type);
    return s;
}

// Two signups that want one name: the second waits for the first at the unique index, finds the
// name taken and tries the next candidate; under REPEATABLE READ it gets 40001.
void create_account(const pg::uuid& user, const signup& s) {
    constexpr unsigned most_attempts = 20; // from the tenth on a name has sixteen random digits
    pg::session spi;
    if (!profile.lacks(user) && !profile_exists.run(user).empty()) {
        create_cart.run(user);
        make_statistics(spi, user);
        return;
    }
    for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
        const std::string name =
            core::username_candidate(s.username_base, attempt, pg::random_uint64());
        if (create_profile
                .run(1, user, s.email, name, s.full_name, s.avatar_url,
                     s.account_type.value_or("personal"), s.email_verified,
                     name != s.chosen_username)
                .count() == 1) {
            first_cart.run(1, user);
            first_statistics.run(1, user);
            return;
        }
    }
    throw core::error{core::errors::object_not_in_prerequisite_state,
                      "could not create profile for new user",
                      "All attempts to insert into profiles were skipped.",
                      "Check for user-defined triggers on profiles that return NULL."};
}

const pg::plan setup_complete{R"(
    SELECT EXISTS (
        SELECT FROM {s}.profiles p
        WHERE p.id = $1
          AND p.deleted_at IS NULL
          AND p.setup_completed
          AND p.username IS NOT NULL
          AND (
              p.account_type::text = 'personal'
              OR (
                  p.account_type::text = 'brand'
                  AND EXISTS (
                      SELECT FROM {s}.brand_verification_requests b
                      WHERE b.user_id = p.id
                        AND b.verification_status = 'approved'
                  )
              )
          )
    ))",
                              pg::access::read_only};

// Two sessions that finish the last two steps at once come one after the other, or neither would
// see the other's step. A lock does for that, except where the second keeps its snapshot: only a
// profile that was written makes it fail, with 40001.
const pg::unique_row setup_of{"profiles",
                              "id",
                              {{"setup_completed", BOOLOID},
                               {"setup_started_at", TIMESTAMPTZOID},
                               {"setup_completed_at", TIMESTAMPTZOID}}};
const pg::plan lock_profile{R"(
    SELECT FROM {s}.profiles
    WHERE id = $1
    FOR NO KEY UPDATE)"};
const pg::plan start_setup{R"(
    UPDATE {s}.profiles
    SET setup_started_at = COALESCE(setup_started_at, now())
    WHERE id = $1)"};
const pg::plan finished_steps{R"(
    SELECT step_name FROM {s}.profile_setup_progress WHERE user_id = $1 AND completed)"};
const pg::plan complete_setup{R"(
    UPDATE {s}.profiles
    SET setup_completed = true, setup_completed_at = COALESCE(setup_completed_at, now())
    WHERE id = $1
      AND (setup_completed IS NOT TRUE OR setup_completed_at IS NULL))"};

bool required_steps_are_finished(const pg::uuid& user) {
    const pg::rows steps = finished_steps.run(user);
    std::size_t finished = 0;
    for (std::uint64_t i = 0; i < steps.count(); ++i)
        if (core::is_required_setup_step(steps.value<std::string>(1, i).value_or("")))
            ++finished; // a step is there once a user: unique
    return finished == core::required_setup_steps.size();
}

void take_setup_step(const pg::uuid& user) {
    enum { setup_completed, started_at, completed_at };
    const auto row = setup_of.find(user, pg::snapshot::fresh);
    const bool is_started = row && !row->is_null(started_at);
    if (is_started && row->value<bool>(setup_completed).value_or(false) &&
        !row->is_null(completed_at))
        return;
    const pg::owner_scope as_owner;
    pg::session spi;
    (is_started && !pg::keeps_its_snapshot() ? lock_profile : start_setup).run(user);
    if (required_steps_are_finished(user))
        complete_setup.run(user);
}

} // namespace

// handle_new_user(): AFTER INSERT ON auth.users
DRIPLO_FUNCTION(driplo_handle_new_user) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert);
    // A dump that fills auth.users brings the profiles itself.
    if (!pg::tables_are_loaded())
        return row.nothing();
    if (const auto user = row.value<pg::uuid>("id"))
        create_account(*user, read_signup(row.text("email"), row.json("raw_user_meta_data"),
                                          row.text("email_confirmed_at").has_value()));
    return row.nothing();
}

// private.adopt_user(id uuid, email text, metadata jsonb, email_verified boolean) -> void
DRIPLO_FUNCTION(driplo_adopt_user) {
    const auto user = pg::required<pg::uuid>(fcinfo, 0, "id");
    create_account(user,
                   read_signup(pg::argument<std::string>(fcinfo, 1), pg::argument<Datum>(fcinfo, 2),
                               pg::argument<bool>(fcinfo, 3).value_or(false)));
    return pg::nothing();
}

// private.sync_user_email(): AFTER UPDATE ON auth.users
DRIPLO_FUNCTION(driplo_sync_user_email) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_update);
    if (!row.changes("email") && !row.changes("email_confirmed_at"))
        return row.nothing();
    if (const auto user = row.value<pg::uuid>("id")) {
        pg::session spi;
        const auto email = storable_email(row.text("email"));
        change_email.run(*user, email, email && row.text("email_confirmed_at"));
    }
    return row.nothing();
}

// update_setup_completion(): AFTER INSERT OR UPDATE ON profile_setup_progress
DRIPLO_FUNCTION(driplo_update_setup_completion) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update);
    const auto user = row.value<pg::uuid>("user_id");
    if (user && core::is_setup_step(row.text("step_name").value_or("")))
        take_setup_step(*user);
    return row.nothing();
}

// is_profile_setup_complete(user_id uuid) -> boolean
DRIPLO_FUNCTION(driplo_is_profile_setup_complete) {
    const auto user = pg::argument<pg::uuid>(fcinfo, 0);
    if (!user || !may_ask_about(*user))
        return pg::to_datum(false);
    enum { setup_completed, account_type, deleted_at };
    if (const auto row = profile.find(*user, pg::snapshot::of_query)) {
        if (!row->is_null(deleted_at) || !row->value<bool>(setup_completed).value_or(false))
            return pg::to_datum(false);
        if (row->value<std::string_view>(account_type) == "personal")
            return pg::to_datum(true);
    }
    const pg::owner_scope as_owner;
    pg::session spi;
    return pg::to_datum(setup_complete.run(*user).value<bool>().value_or(false));
}

} // namespace driplo
