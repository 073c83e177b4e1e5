// Cart: every user has one, and an expired one is replaced.
#include "pg/identity.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

// A cart without a date never expires.
const pg::plan live_cart{"SELECT id FROM {s}.shopping_carts "
                         "WHERE user_id = $1 AND (expires_at IS NULL OR expires_at > now())"};
const pg::plan drop_expired_cart{
    "DELETE FROM {s}.shopping_carts WHERE user_id = $1 AND expires_at <= now()"};
const pg::plan create_cart{"INSERT INTO {s}.shopping_carts (user_id) "
                           "SELECT id FROM {s}.profiles WHERE id = $1 AND deleted_at IS NULL "
                           "ON CONFLICT (user_id) DO NOTHING RETURNING id"};
const pg::plan user_exists{"SELECT FROM {s}.profiles WHERE id = $1 AND deleted_at IS NULL"};

pg::uuid get_or_create_cart(const pg::uuid& user) {
    constexpr unsigned most_attempts = 20;
    pg::session spi;
    for (unsigned attempt = 0; attempt < most_attempts; ++attempt) {
        if (const auto id = live_cart.run(user).value<pg::uuid>())
            return *id;
        drop_expired_cart.run(user);
        if (const auto id = create_cart.run(user).value<pg::uuid>())
            return *id;
        // Another session was first; its cart is visible to the next look. Or there is no such
        // user.
        if (user_exists.run(user).empty())
            throw core::error{core::errors::no_data_found,
                              "there is no such user",
                              {},
                              "A profile is created by the signup, the insert into auth.users."};
    }
    throw core::error{core::errors::object_not_in_prerequisite_state,
                      "could not create or replace the cart",
                      "Other sessions or a trigger of your own undid it again and again."};
}

} // namespace

// get_or_create_cart(user_uuid uuid) -> uuid
DRIPLO_FUNCTION(driplo_get_or_create_cart) {
    const auto user = pg::required<pg::uuid>(fcinfo, 0, "user_uuid");
    if (!pg::is_service() && pg::caller() != user)
        throw core::error{core::errors::insufficient_privilege,
                          "a cart belongs to its owner alone",
                          {},
                          "Call get_or_create_cart(auth.uid())."};
    return pg::result(get_or_create_cart(user));
}

} // namespace driplo
