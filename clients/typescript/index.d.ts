// Made by `make docs`; do not edit.
import type { Enum } from "./database.types.js"
export * from "./database.types.js"

/** SQLSTATEs by their names: compare them with error.code. */
export declare const errors: {
  /** The order number sequence is exhausted. */
  readonly order_numbers_exhausted: "MK001"
  /** The library and the objects in the database are of different versions. */
  readonly version_mismatch: "MK002"
  /** Fewer items are in stock than were requested. */
  readonly not_enough_stock: "MK003"
  /** The usage limit of the coupon has been reached. */
  readonly coupon_exhausted: "MK004"
  /** The order's state does not allow this change to the caller. */
  readonly illegal_order_state: "MK005"
  /** The cart is empty or contains items that cannot be bought. */
  readonly cart_not_ready: "MK006"
  /** The idempotency key was used for another request. */
  readonly idempotency_key_reused: "MK007"
  /** The coupon does not apply to this user or this cart. */
  readonly coupon_not_applicable: "MK008"
  /** The refund exceeds what was paid. */
  readonly refund_exceeds_payment: "MK009"
  /** The return's state does not allow this change to the caller. */
  readonly illegal_return_state: "MK010"
  /** The dispute's state does not allow this change to the caller. */
  readonly illegal_dispute_state: "MK011"
  /** The payout or refund exceeds the available balance. */
  readonly balance_too_low: "MK012"
  /** The state of the payment, refund or payout does not allow this. */
  readonly illegal_money_state: "MK013"
  /** The total of the checkout is not the expected one. */
  readonly other_total: "MK014"
  /** One account has reached a limit. */
  readonly limit_reached: "MK015"
  /** The caller has blocked the other user. */
  readonly blocked: "MK016"
  /** The state of the offer does not allow this by this user. */
  readonly illegal_offer_state: "MK018"
}

/** The labels of each enum, in their sequence. */
export declare const enums: {
  readonly achievement_type: readonly ["first_sale", "power_seller", "top_rated", "verified_seller", "social_butterfly", "quick_shipper", "loyal_customer", "trendsetter"]
  readonly discount_type: readonly ["percentage", "fixed_amount", "free_shipping", "buy_x_get_y"]
  readonly dispute_status: readonly ["open", "awaiting_seller_response", "awaiting_buyer_response", "under_review", "escalated", "resolved", "closed", "cancelled"]
  readonly dispute_type: readonly ["item_not_received", "item_not_as_described", "damaged_item", "counterfeit_item", "unauthorized_transaction", "seller_not_responding", "buyer_not_responding", "payment_issue", "other"]
  readonly ledger_account: readonly ["processor_clearing", "seller_pending", "seller_available", "payouts_in_transit", "seller_paid_out", "platform_fees", "store_credit", "promotions", "taxes", "refunds", "disputes", "gift_cards", "breakage", "processor_fees", "cash_on_delivery", "part_payments"]
  readonly notification_channel: readonly ["in_app", "email", "push"]
  readonly notification_type: readonly ["order_placed", "order_paid", "order_shipped", "order_delivered", "order_cancelled", "new_message", "new_rating", "new_follower", "listing_favorited", "listing_sold", "price_drop", "return_requested", "payment_received", "achievement_earned", "promotion_alert", "offer_received", "offer_answered", "saved_search_match", "dispute_updated", "report_decided", "brand_decided", "payout_sent", "webhook_disabled", "data_export_ready"]
  readonly order_status: readonly ["pending_payment", "payment_processing", "payment_failed", "paid", "preparing", "shipped", "in_transit", "delivered", "completed", "cancelled", "refunded"]
  readonly payment_method_type: readonly ["card", "bank", "paypal", "stripe_link", "apple_pay", "google_pay"]
  readonly payment_status: readonly ["pending", "processing", "requires_action", "succeeded", "failed", "cancelled", "refunded", "partially_refunded"]
  readonly promotion_target: readonly ["all_items", "category", "seller", "specific_items"]
  readonly rating_type: readonly ["seller", "buyer"]
  readonly resolution_type: readonly ["full_refund", "partial_refund", "replacement", "return_and_refund", "keep_item_partial_refund", "no_action", "cancelled_by_buyer", "cancelled_by_seller"]
  readonly return_reason: readonly ["defective", "not_as_described", "wrong_item", "doesnt_fit", "changed_mind", "damaged_in_shipping", "missing_parts", "quality_issue", "other"]
  readonly return_status: readonly ["requested", "approved", "rejected", "shipped_back", "received", "inspecting", "refunded", "replaced", "closed"]
  readonly shipping_carrier: readonly ["ups", "fedex", "usps", "dhl", "local", "other"]
  readonly tracking_status: readonly ["label_created", "picked_up", "in_transit", "out_for_delivery", "delivered", "delivery_failed", "returned_to_sender"]
  readonly user_role: readonly ["user", "admin", "moderator"]
}

/** system: the application's back end and the staff */
export type Actor = "buyer" | "opener" | "other_party" | "seller" | "system"
export interface Step<Name extends "order_status" | "return_status" | "dispute_status"> {
  readonly to: Enum<Name>
  readonly by: readonly Actor[]
}
/** Which steps exist from each status, and who may take them. */
export declare const steps: {
  readonly order_status: { readonly [from in Enum<"order_status">]?: readonly Step<"order_status">[] }
  readonly return_status: { readonly [from in Enum<"return_status">]?: readonly Step<"return_status">[] }
  readonly dispute_status: { readonly [from in Enum<"dispute_status">]?: readonly Step<"dispute_status">[] }
}
