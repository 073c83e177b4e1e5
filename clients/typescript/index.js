// Made by `make docs`; do not edit.

/** SQLSTATEs by their names: compare them with error.code. */
export const errors = {
  order_numbers_exhausted: "MK001",
  version_mismatch: "MK002",
  not_enough_stock: "MK003",
  coupon_exhausted: "MK004",
  illegal_order_state: "MK005",
  cart_not_ready: "MK006",
  idempotency_key_reused: "MK007",
  coupon_not_applicable: "MK008",
  refund_exceeds_payment: "MK009",
  illegal_return_state: "MK010",
  illegal_dispute_state: "MK011",
  balance_too_low: "MK012",
  illegal_money_state: "MK013",
  other_total: "MK014",
  limit_reached: "MK015",
  blocked: "MK016",
  illegal_offer_state: "MK018",
}

/** The labels of each enum, in their sequence. */
export const enums = {
  achievement_type: ["first_sale", "power_seller", "top_rated", "verified_seller", "social_butterfly", "quick_shipper", "loyal_customer", "trendsetter"],
  discount_type: ["percentage", "fixed_amount", "free_shipping", "buy_x_get_y"],
  dispute_status: ["open", "awaiting_seller_response", "awaiting_buyer_response", "under_review", "escalated", "resolved", "closed", "cancelled"],
  dispute_type: ["item_not_received", "item_not_as_described", "damaged_item", "counterfeit_item", "unauthorized_transaction", "seller_not_responding", "buyer_not_responding", "payment_issue", "other"],
  ledger_account: ["processor_clearing", "seller_pending", "seller_available", "payouts_in_transit", "seller_paid_out", "platform_fees", "store_credit", "promotions", "taxes", "refunds", "disputes", "gift_cards", "breakage", "processor_fees", "cash_on_delivery", "part_payments"],
  notification_channel: ["in_app", "email", "push"],
  notification_type: ["order_placed", "order_paid", "order_shipped", "order_delivered", "order_cancelled", "new_message", "new_rating", "new_follower", "listing_favorited", "listing_sold", "price_drop", "return_requested", "payment_received", "achievement_earned", "promotion_alert", "offer_received", "offer_answered", "saved_search_match", "dispute_updated", "report_decided", "brand_decided", "payout_sent", "webhook_disabled", "data_export_ready"],
  order_status: ["pending_payment", "payment_processing", "payment_failed", "paid", "preparing", "shipped", "in_transit", "delivered", "completed", "cancelled", "refunded"],
  payment_method_type: ["card", "bank", "paypal", "stripe_link", "apple_pay", "google_pay"],
  payment_status: ["pending", "processing", "requires_action", "succeeded", "failed", "cancelled", "refunded", "partially_refunded"],
  promotion_target: ["all_items", "category", "seller", "specific_items"],
  rating_type: ["seller", "buyer"],
  resolution_type: ["full_refund", "partial_refund", "replacement", "return_and_refund", "keep_item_partial_refund", "no_action", "cancelled_by_buyer", "cancelled_by_seller"],
  return_reason: ["defective", "not_as_described", "wrong_item", "doesnt_fit", "changed_mind", "damaged_in_shipping", "missing_parts", "quality_issue", "other"],
  return_status: ["requested", "approved", "rejected", "shipped_back", "received", "inspecting", "refunded", "replaced", "closed"],
  shipping_carrier: ["ups", "fedex", "usps", "dhl", "local", "other"],
  tracking_status: ["label_created", "picked_up", "in_transit", "out_for_delivery", "delivered", "delivery_failed", "returned_to_sender"],
  user_role: ["user", "admin", "moderator"],
}

/** Which steps exist from each status, and who may take them. */
export const steps = {
  order_status: {
    pending_payment: [{ to: "payment_processing", by: ["buyer", "system"] }, { to: "paid", by: ["system"] }, { to: "payment_failed", by: ["system"] }, { to: "cancelled", by: ["buyer", "seller", "system"] }],
    payment_processing: [{ to: "paid", by: ["system"] }, { to: "payment_failed", by: ["system"] }, { to: "cancelled", by: ["buyer", "system"] }],
    payment_failed: [{ to: "payment_processing", by: ["buyer", "system"] }, { to: "cancelled", by: ["buyer", "seller", "system"] }],
    paid: [{ to: "preparing", by: ["seller", "system"] }, { to: "shipped", by: ["seller", "system"] }, { to: "cancelled", by: ["seller", "system"] }, { to: "refunded", by: ["system"] }],
    preparing: [{ to: "shipped", by: ["seller", "system"] }, { to: "cancelled", by: ["seller", "system"] }, { to: "refunded", by: ["system"] }],
    shipped: [{ to: "in_transit", by: ["seller", "system"] }, { to: "delivered", by: ["buyer", "system"] }, { to: "refunded", by: ["system"] }],
    in_transit: [{ to: "delivered", by: ["buyer", "system"] }, { to: "refunded", by: ["system"] }],
    delivered: [{ to: "completed", by: ["buyer", "system"] }, { to: "refunded", by: ["system"] }],
    completed: [{ to: "refunded", by: ["system"] }],
  },
  return_status: {
    requested: [{ to: "approved", by: ["seller", "system"] }, { to: "rejected", by: ["seller", "system"] }, { to: "closed", by: ["buyer", "system"] }],
    approved: [{ to: "shipped_back", by: ["buyer", "system"] }, { to: "closed", by: ["buyer", "seller", "system"] }],
    rejected: [{ to: "closed", by: ["buyer", "seller", "system"] }],
    shipped_back: [{ to: "received", by: ["seller", "system"] }, { to: "rejected", by: ["system"] }],
    received: [{ to: "inspecting", by: ["seller", "system"] }, { to: "refunded", by: ["seller", "system"] }, { to: "replaced", by: ["seller", "system"] }, { to: "rejected", by: ["seller", "system"] }],
    inspecting: [{ to: "refunded", by: ["seller", "system"] }, { to: "replaced", by: ["seller", "system"] }, { to: "rejected", by: ["seller", "system"] }],
    refunded: [{ to: "closed", by: ["buyer", "seller", "system"] }],
    replaced: [{ to: "closed", by: ["buyer", "seller", "system"] }],
  },
  dispute_status: {
    open: [{ to: "awaiting_seller_response", by: ["system"] }, { to: "awaiting_buyer_response", by: ["system"] }, { to: "under_review", by: ["other_party", "system"] }, { to: "resolved", by: ["system"] }, { to: "cancelled", by: ["opener", "system"] }],
    awaiting_seller_response: [{ to: "under_review", by: ["seller", "system"] }, { to: "escalated", by: ["system"] }, { to: "resolved", by: ["system"] }, { to: "cancelled", by: ["opener", "system"] }],
    awaiting_buyer_response: [{ to: "under_review", by: ["buyer", "system"] }, { to: "escalated", by: ["system"] }, { to: "resolved", by: ["system"] }, { to: "cancelled", by: ["opener", "system"] }],
    under_review: [{ to: "awaiting_seller_response", by: ["system"] }, { to: "awaiting_buyer_response", by: ["system"] }, { to: "resolved", by: ["system"] }, { to: "cancelled", by: ["opener", "system"] }],
    escalated: [{ to: "under_review", by: ["system"] }, { to: "resolved", by: ["system"] }, { to: "cancelled", by: ["opener", "system"] }],
    resolved: [{ to: "closed", by: ["system"] }],
    cancelled: [{ to: "closed", by: ["system"] }],
  },
}
