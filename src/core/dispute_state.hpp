#pragma once
// The life of a dispute: which state may follow which, and who may bring it about. One table, the
// only place that knows.
//
// Who opened the dispute may take it back; who is asked answers; everything else is the staff's,
// which are the service and the admins who are no party.

#include "core/state_machine.hpp"

namespace driplo::core {

enum class dispute_state {
    open,
    awaiting_seller_response,
    awaiting_buyer_response,
    under_review,
    escalated,
    resolved,
    closed,
    cancelled
};

/// The labels of the enum dispute_status, by the value of dispute_state.
inline constexpr state_names<8> dispute_state_names{"open",
                                                    "awaiting_seller_response",
                                                    "awaiting_buyer_response",
                                                    "under_review",
                                                    "escalated",
                                                    "resolved",
                                                    "closed",
                                                    "cancelled"};

constexpr std::string_view dispute_state_name(dispute_state state) noexcept {
    return dispute_state_names[static_cast<std::size_t>(state)];
}

std::optional<dispute_state> find_dispute_state(std::string_view name) noexcept;

/// What a party is in a dispute beside being the buyer or the seller: added to the step_actors.
enum dispute_actor : unsigned { as_initiator = 8, as_respondent = 16 };

/// Whether the dispute is still to be decided.
bool is_open(dispute_state state) noexcept;

extern const transition_table<dispute_state, 22> dispute_transitions;

bool may_transition(dispute_state from, dispute_state to, unsigned actors) noexcept;
std::string next_dispute_states(dispute_state from, unsigned actors);

/// What of the order's payment goes back to the buyer with a decision.
enum class refund_rule { nothing, given_amount, everything, everything_or_given_amount };

struct resolution {
    std::string_view name; ///< a label of the enum resolution_type
    refund_rule refund;
};

inline constexpr std::array<resolution, 8> resolutions{{
    {"full_refund", refund_rule::everything},
    {"partial_refund", refund_rule::given_amount},
    {"replacement", refund_rule::nothing},
    {"return_and_refund", refund_rule::everything_or_given_amount},
    {"keep_item_partial_refund", refund_rule::given_amount},
    {"no_action", refund_rule::nothing},
    {"cancelled_by_buyer", refund_rule::nothing},
    {"cancelled_by_seller", refund_rule::nothing},
}};

/// Null for a name that is none.
const resolution* find_resolution(std::string_view name) noexcept;

} // namespace driplo::core
