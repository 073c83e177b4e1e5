#include "api/call/roles.hpp"

#include "api/call/arguments.hpp"
#include "core/format.hpp"
#include "pg/entry_point.hpp"
#include "pg/identity.hpp"
#include "pg/rights.hpp"
#include "pg/table.hpp"

namespace driplo {

namespace {

// Policies ask this for each statement, so it is worth the short cut.
const pg::unique_row profile{"profiles",
                             "id",
                             {{"role", pg::any_enum},
                              {"suspended_at", TIMESTAMPTZOID},
                              {"deleted_at", TIMESTAMPTZOID},
                              {"total_sales", INT4OID}}};
namespace profile_column {
enum { role, suspended_at, deleted_at, total_sales };
}
constexpr const char* role_of_user = R"(
    SELECT CASE
        WHEN suspended_at IS NOT NULL THEN 'suspended'
        ELSE COALESCE(role::text, 'user')
    END
    FROM {s}.profiles
    WHERE id = $1 AND deleted_at IS NULL)";
const pg::plan find_role{role_of_user, pg::access::read_only};
const pg::plan find_role_by_now{role_of_user};

std::optional<std::string> role_in(const pg::found_row& row) {
    if (!row.is_null(profile_column::deleted_at))
        return std::nullopt;
    return row.is_null(profile_column::suspended_at)
               ? row.label(profile_column::role).value_or("user")
               : "suspended";
}

// The caller's role as policies see it: anonymous whatever the profile says.
std::optional<std::string> caller_role() {
    const auto caller = pg::caller();
    if (!caller)
        return std::nullopt;
    if (pg::claims_to_be_anonymous())
        return "anonymous";
    return role_of(*caller);
}

// With how many sales it is better to look at the order of each row than to begin with all orders.
constexpr std::int32_t many_sales = 1000;
const pg::plan find_sales{"SELECT total_sales FROM {s}.profiles WHERE id = $1",
                          pg::access::read_only};

bool has_many_sales(std::optional<std::int32_t> sales) {
    return sales.value_or(0) > many_sales;
}

bool caller_is(bool (*accepted)(const std::string& role)) {
    if (pg::is_service())
        return true;
    const auto caller = pg::caller();
    const auto role = caller ? role_of(*caller) : std::nullopt;
    return role && accepted(*role);
}

bool may_trade(const std::optional<std::string>& role) {
    return role == "user" || role == "moderator" || role == "admin";
}

core::error not_a_trader(const std::optional<std::string>& role) {
    if (role == "anonymous")
        return core::error{core::errors::insufficient_privilege,
                           "anonymous users can only browse listings and use a cart",
                           {},
                           "Add an e-mail address or a phone number to the account first."};
    if (role == "suspended")
        return core::error{core::errors::insufficient_privilege,
                           "suspended users can only browse listings and use a cart",
                           {},
                           "Marketplace staff can end the suspension."};
    return core::error{core::errors::insufficient_privilege,
                       "must be signed in",
                       {},
                       "Sign in as a user whose profile has not been deleted."};
}

} // namespace

std::optional<std::string> role_of(const pg::uuid& user) {
    if (const auto row = profile.find(user, pg::snapshot::of_query))
        return role_in(*row);
    const pg::owner_scope as_owner;
    pg::session spi;
    return find_role.run(user).value<std::string>();
}

bool is_admin(const pg::uuid& user) {
    return role_of(user) == "admin";
}

bool is_admin_by_now(pg::spi, const pg::uuid& user) {
    return find_role_by_now.run(user).value<std::string>() == "admin";
}

bool caller_is_admin() {
    return caller_role() == "admin";
}

bool is_busy() {
    const auto caller = pg::caller();
    if (!caller)
        return false;
    if (const auto row = profile.find(*caller, pg::snapshot::of_query))
        return has_many_sales(row->value<std::int32_t>(profile_column::total_sales)) ||
               (role_in(*row) == "admin" && !pg::claims_to_be_anonymous());
    const pg::owner_scope as_owner;
    pg::session spi;
    return has_many_sales(find_sales.run(*caller).value<std::int32_t>()) || caller_is_admin();
}

bool may_ask_about(const pg::uuid& user) {
    if (pg::is_service())
        return true;
    const auto caller = pg::caller();
    return caller && (caller == user || is_admin(*caller));
}

void require_own(const std::optional<pg::uuid>& user) {
    if (user && user != pg::caller() && !pg::is_service())
        throw core::error{core::errors::insufficient_privilege,
                          "permission denied for data of another user",
                          {},
                          "Pass the ID of the current user, or NULL."};
}

void require_admin(const char* what) {
    if (!caller_is([](const std::string& role) { return role == "admin"; }))
        throw core::error{core::errors::insufficient_privilege,
                          core::format("only an admin or the service can {}", what)};
}

void require_staff(const char* what) {
    if (!caller_is([](const std::string& role) { return role == "admin" || role == "moderator"; }))
        throw core::error{core::errors::insufficient_privilege,
                          core::format("only a moderator, an admin, or the service can {}", what)};
}

void require_service(const char* what) {
    if (!pg::is_service())
        throw core::error{core::errors::insufficient_privilege,
                          core::format("only the service can {}", what)};
}

pg::uuid required_trader() {
    const auto role = caller_role();
    if (!may_trade(role))
        throw not_a_trader(role);
    return *pg::caller();
}

void require_trader(const pg::uuid& user) {
    const auto role = role_of(user);
    if (!role)
        throw does_not_exist("user", user);
    if (!may_trade(role))
        throw not_a_trader(role);
}

// private.caller_role() -> text
DRIPLO_FUNCTION(driplo_caller_role) {
    const auto role = caller_role();
    return role ? pg::to_datum(*role) : pg::null_result(fcinfo);
}

namespace {

struct known_role {
    bool is_known, sees_all;
    char whose[16];
};

bool sees_all(std::string_view whose) {
    if (whose == "busy")
        return is_busy();
    const auto role = caller_role();
    return role == "admin" || (whose == "moderator" && role == whose);
}

bool sees_all(FunctionCallInfo fcinfo, int argument) {
    const auto whose = *pg::argument<std::string_view>(fcinfo, argument);
    auto& known = pg::kept_for_statement<known_role>(fcinfo);
    if (!known.is_known || known.whose != whose) {
        known.sees_all = sees_all(whose);
        known.is_known = whose.size() < sizeof known.whose;
        if (known.is_known)
            known.whose[whose.copy(known.whose, whose.size())] = '\0';
    }
    return known.sees_all;
}

} // namespace

// private.ids_from(text) -> uuid
DRIPLO_FUNCTION(driplo_ids_from) {
    return sees_all(fcinfo, 0) ? pg::result(pg::uuid{}) : pg::null_result(fcinfo);
}

// private.is_shown_to(id uuid, who text) -> boolean
DRIPLO_FUNCTION(driplo_is_shown_to) {
    return pg::to_datum(sees_all(fcinfo, 1));
}

// private.require_service(what text) -> void
DRIPLO_FUNCTION(driplo_require_service) {
    require_service(pg::required<std::string>(fcinfo, 0, "what").c_str());
    return pg::nothing();
}

// private.require_admin(what text) -> void
DRIPLO_FUNCTION(driplo_require_admin) {
    require_admin(pg::required<std::string>(fcinfo, 0, "what").c_str());
    return pg::nothing();
}

// private.require_staff(what text) -> void
DRIPLO_FUNCTION(driplo_require_staff) {
    require_staff(pg::required<std::string>(fcinfo, 0, "what").c_str());
    return pg::nothing();
}

// private.require_trader() -> boolean
DRIPLO_FUNCTION(driplo_require_trader) {
    required_trader();
    return pg::to_datum(true);
}

} // namespace driplo
