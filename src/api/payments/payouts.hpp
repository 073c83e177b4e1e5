// What sellers have: takings that become available, and their way to the seller.
#pragma once

#include "core/money.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <optional>
#include <string>

namespace driplo {

// For an order that has just been delivered or completed: its takings become available at once when
// there is no window in which it could be sent back.
void release_when_due(pg::spi spi, const pg::uuid& order);

// What became of a payout: processing, paid, failed or cancelled. News that is older than what is
// known changes nothing when `is_event`, and is refused with MK013 otherwise, as is any news of a
// payout that was cancelled. The status then.
// Errors: P0002.
std::string settle_payout(pg::spi spi, const pg::uuid& payout, const std::string& outcome,
                          const std::optional<std::string>& transfer_id,
                          const std::optional<std::string>& failure, bool is_event);

// So much of a payout's transfer was taken back so far; all of it means that it failed.
void take_back_payout(pg::spi spi, const pg::uuid& payout, core::money reversed_so_far);

} // namespace driplo
