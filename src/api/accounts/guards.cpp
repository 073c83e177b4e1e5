// Accounts: which changes of their own rows are the users' to make.
#include "api/call/audit.hpp"
#include "api/call/roles.hpp"
#include "api/payments/ledger.hpp"
#include "pg/identity.hpp"
#include "pg/spi.hpp"
#include "pg/trigger.hpp"

#include "core/format.hpp"
#include "core/text.hpp"
#include "core/username.hpp"

#include <cstdint>
#include <map>
#include <set>

namespace driplo {

namespace {

// Without the rights of our functions and of the service.
bool is_client(const pg::trigger_call& row) {
    return !row.runs_as_owner() && !pg::is_service();
}

void check_username(pg::trigger_call& row) {
    const std::string wanted = row.text("username").value_or("");
    const std::string name = core::lower_case(wanted);
    if (!core::is_valid_username(name))
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("invalid username: \"{}\"", core::excerpt(wanted)),
            "Usernames have 3 to 30 characters: letters a to z, digits, \".\", and \"_\"."};
    if (core::is_reserved_username(name))
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("username \"{}\" is reserved", core::excerpt(wanted)),
            {},
            "Choose a name that cannot be mistaken for the marketplace or its staff."};
    if (name != wanted)
        row.set_text("username", name);
}

void guard_profile(pg::trigger_call& row) {
    if (row.old_text("deleted_at"))
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "cannot change a deleted profile"};
    if (row.old_text("suspended_at"))
        throw core::error{core::errors::insufficient_privilege,
                          "suspended users cannot change their profile",
                          {},
                          "Marketplace staff can end the suspension."};
    // An anonymous sign-in costs nothing: with a hundred of them one would hold a hundred names.
    if (pg::claims_to_be_anonymous() && !row.changes_only({"settings", "preferences"}))
        throw core::error{core::errors::insufficient_privilege,
                          "anonymous users cannot change their profile",
                          "Only settings and preferences can be changed.",
                          "Add an e-mail address or a phone number to the account first."};
    if (row.changes("username")) {
        check_username(row);
        row.set_text("needs_username_setup", "f");
    }
    if (row.old_text("is_verified") == "t" &&
        (row.changes("brand_name") || row.changes("account_type")))
        throw core::error{core::errors::insufficient_privilege,
                          "cannot change brand_name or account_type of a verified account",
                          {},
                          "Submit a new brand verification request."};
}

// What the service has verified or counted belongs to that name at that platform.
void guard_social_account(const pg::trigger_call& row) {
    if (row.old_text("is_verified") == "t" || row.old_text("followers_count"))
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "cannot change a verified social media account",
                          {},
                          "Delete it and add the new account."};
}

// Whoever changes any of these signs all of them.
bool is_review(const pg::trigger_call& row) {
    return row.changes("verification_status") || row.changes("admin_notes") ||
           row.changes("reviewed_by") || row.changes("reviewed_at") ||
           row.changes("reviewed_revision");
}

// What is handed in, and read before the decision.
bool is_rewritten(const pg::trigger_call& row) {
    return row.changes("brand_name") || row.changes("brand_category") ||
           row.changes("business_registration_number") || row.changes("tax_id") ||
           row.changes("documents") || row.changes("social_media_accounts");
}

// The applicant answers what the reviewer has asked for.
bool is_answer(const pg::trigger_call& row) {
    return row.old_text("verification_status") == "more_info_needed" &&
           (!row.changes("verification_status") || row.text("verification_status") == "pending") &&
           !row.changes("admin_notes") && !row.changes("reviewed_by") &&
           !row.changes("reviewed_at") && !row.changes("reviewed_revision");
}

// As it was handed in: it waits for a review, which nobody has begun. What was asked is on record.
void hand_in_again(pg::trigger_call& row) {
    row.set_text("verification_status", "pending");
    for (const char* column : {"admin_notes", "reviewed_by", "reviewed_at"})
        row.set_null(column);
}

void check_review(const pg::trigger_call& row, const pg::uuid& reviewer) {
    if (row.value<pg::uuid>("user_id") == reviewer)
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "cannot review your own request",
                          {},
                          "Ask another admin."};
    if (row.changes("reviewed_by") && row.value<pg::uuid>("reviewed_by") != reviewer)
        throw core::error{core::errors::insufficient_privilege,
                          "reviewed_by must be the current user",
                          {},
                          "Omit reviewed_by; it is set automatically."};
}

// Who may do this to a request; a review is signed.
void check_brand_request(pg::trigger_call& row) {
    if (pg::is_service())
        return;
    const auto caller = pg::caller();
    bool by_admin = false;
    if (caller) {
        pg::session spi;
        by_admin = is_admin(*caller);
    }
    const bool reviews = is_review(row);
    if (by_admin && row.value<pg::uuid>("user_id") != caller && is_rewritten(row))
        throw core::error{
            core::errors::insufficient_privilege,
            "admins cannot change the information provided by an applicant",
            {},
            "Set verification_status to more_info_needed to request changes from the applicant."};
    if (row.value<pg::uuid>("user_id") == caller && is_answer(row)) {
        hand_in_again(row);
        return;
    }
    if (by_admin && reviews) {
        check_review(row, *caller);
        row.set_uuid("reviewed_by", *caller);
        row.set_transaction_time("reviewed_at");
        return;
    }
    if (reviews)
        throw core::error{core::errors::insufficient_privilege,
                          "only admins can review brand verification requests"};
    if (row.value<pg::uuid>("user_id") == caller &&
        row.old_text("verification_status") != "pending")
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "cannot change a request that has been reviewed",
                          {},
                          "Submit a new brand verification request."};
    if (row.value<pg::uuid>("user_id") == caller && !row.old_is_null("reviewed_by"))
        throw core::error{core::errors::object_not_in_prerequisite_state,
                          "cannot change a request that is under review",
                          {},
                          "Wait for the decision, or until the reviewer sets verification_status "
                          "to more_info_needed."};
}

// An approval is of what was read: of the first revision, or of the one that the statement names.
// The name is kept with an approval only, so that none is left over from somebody else's reading.
void keep_revision(pg::trigger_call& row) {
    const auto read = row.value<std::int32_t>("reviewed_revision").value_or(1);
    const auto revision = row.old_value<std::int32_t>("revision").value_or(1);
    row.keep("revision");
    if (is_rewritten(row))
        row.set_text("revision", std::to_string(revision + 1));
    if (row.text("verification_status") != "approved") {
        row.set_null("reviewed_revision");
        return;
    }
    if (row.old_text("verification_status") == "approved") {
        row.keep("reviewed_revision");
        return;
    }
    if (read != revision)
        throw core::error{
            core::errors::object_not_in_prerequisite_state,
            "request has changed since it was read",
            {},
            "Read it again, then approve it with the number of the revision that you have read."};
    row.set_text("reviewed_revision", std::to_string(revision));
}

void guard_brand_request(pg::trigger_call& row) {
    // A deleted reviewer's signature goes.
    if (row.is_foreign_key_action())
        return;
    check_brand_request(row);
    keep_revision(row);
}

const pg::plan approve_brand{R"(
    UPDATE {s}.profiles
    SET is_verified = true, account_type = 'brand', brand_name = pg_catalog.left($2, 100)
    WHERE id = $1)"};
const pg::plan withdraw_brand{"UPDATE {s}.profiles SET is_verified = false WHERE id = $1"};
const char* decision(const std::optional<std::string>& status) {
    if (status == "approved")
        return "approve";
    if (status == "rejected")
        return "reject";
    return status == "more_info_needed" ? "request_info" : nullptr;
}

void record_brand_review(const pg::trigger_call& row) {
    const auto user = row.value<pg::uuid>("user_id"), request = row.value<pg::uuid>("id");
    const auto from = row.old_text("verification_status"), to = row.text("verification_status");
    const auto reviewer = row.value<pg::uuid>("reviewed_by");
    pg::session spi;
    if (to == "approved")
        approve_brand.run(user, row.text("brand_name"));
    else if (from == "approved")
        withdraw_brand.run(user);
    if (const char* action = decision(to); action && reviewer) {
        record_approval(spi, reviewer, {"brand_verification", action, row.text("admin_notes"), {}},
                        *request);
        pg::json_object before, after;
        before.add("verification_status", from);
        after.add("verification_status", to);
        after.add("brand_name", row.text("brand_name"));
        audit(spi, reviewer, {"review_brand_request", "brand_verification_request", before, after},
              *request);
    }
}

// A user's other default gives way to the one that a statement has set, whichever row it came to
// first; of several, to the last. The user is locked with a trace, so that of two sessions that
// each set another one the second sees the first's.
const pg::plan lock_user{R"(
    SELECT FROM {s}.profiles
    WHERE id = $1
    FOR NO KEY UPDATE)"};
constexpr pg::part unset_default{"unset_default", R"(
    UPDATE {s}.{table}
    SET is_default = false
    WHERE user_id = $1
      AND is_default
      AND id <> $2)"};
const pg::plan unset_default_address{"{unset_default}",
                                     {unset_default, {"table", "shipping_addresses"}}};
const pg::plan unset_default_method{"{unset_default}",
                                    {unset_default, {"table", "payment_methods"}}};

// Each user's default in the transition table: the last one that is not among `known`.
std::map<pg::uuid, pg::uuid> defaults_in(const pg::trigger_call& trigger, pg::transition which,
                                         const std::set<pg::uuid>& known) {
    std::map<pg::uuid, pg::uuid> defaults;
    pg::transition_rows rows(trigger, which);
    const int id = rows.require("id", UUIDOID), user = rows.require("user_id", UUIDOID),
              is_default = rows.require("is_default", BOOLOID);
    while (rows.next())
        if (rows.value<bool>(is_default).value_or(false))
            if (const auto row = *rows.value<pg::uuid>(id); known.count(row) == 0)
                defaults[*rows.value<pg::uuid>(user)] = row;
    return defaults;
}

// A default that went to another user is that one's new one.
std::set<pg::uuid> defaults_before(const pg::trigger_call& trigger) {
    std::set<pg::uuid> ids;
    if (trigger.is_update())
        for (const auto& [user, id] : defaults_in(trigger, pg::transition::removed, {}))
            ids.insert(id);
    return ids;
}

void keep_one_default(const pg::trigger_call& trigger) {
    const auto chosen = defaults_in(trigger, pg::transition::added, defaults_before(trigger));
    const bool is_address = trigger.table_name() == std::string_view("shipping_addresses");
    if (chosen.empty())
        return;
    pg::session spi;
    for (const auto& [user, id] : chosen) {
        pg::check_for_interrupts();
        lock_user.run(user);
        lock_balance(spi, user);
        (is_address ? unset_default_address : unset_default_method).run(user, id);
    }
}

} // namespace

// private.guard_profile(): BEFORE UPDATE ON profiles
DRIPLO_FUNCTION(driplo_guard_profile) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    if (is_client(row))
        guard_profile(row);
    return row.result();
}

// private.guard_social_account(): BEFORE UPDATE ON social_media_accounts
DRIPLO_FUNCTION(driplo_guard_social_account) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    if (is_client(row))
        guard_social_account(row);
    return row.result();
}

// private.guard_brand_request(): BEFORE UPDATE OF all that a client may change ON
// brand_verification_requests
DRIPLO_FUNCTION(driplo_guard_brand_request) {
    pg::trigger_call row(fcinfo, pg::trigger_time::before, pg::on_update);
    guard_brand_request(row);
    return row.result();
}

// private.record_brand_review(): AFTER UPDATE OF verification_status ON brand_verification_requests
DRIPLO_FUNCTION(driplo_record_brand_review) {
    const pg::trigger_call row(fcinfo, pg::trigger_time::after, pg::on_update);
    record_brand_review(row);
    return row.nothing();
}

// private.keep_one_default(): AFTER INSERT or UPDATE ON shipping_addresses and payment_methods
// REFERENCING NEW TABLE AS added and OLD TABLE AS removed FOR EACH STATEMENT
DRIPLO_FUNCTION(driplo_keep_one_default) {
    const pg::trigger_call trigger(fcinfo, pg::trigger_time::after, pg::on_insert | pg::on_update,
                                   pg::trigger_level::statement);
    keep_one_default(trigger);
    return trigger.nothing();
}

} // namespace driplo
