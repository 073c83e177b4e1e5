// The settings driplo.*, defined in one table (settings.cpp).
#pragma once

namespace driplo::pg {

namespace settings {
// Percent of a sale that the platform keeps, 0 to 100.
extern double platform_fee_percent;
// Whether shipping carries the fee too.
extern bool fee_on_shipping;
// Whether prices are with tax.
extern bool prices_include_tax;
// The shop's own tax function, with its schema; empty for none.
extern char* tax_function;
// The currency of a coupon's amounts that is written without one.
extern char* coupon_currency;
// The most that the platform's coupons waive of an order's shipping, and take off an order
// altogether: amounts by currency, core::amounts_by_currency.
extern char* max_shipping_cost;
extern char* max_platform_discount;
// The least that a seller is paid out at once: core::amounts_by_currency.
extern char* minimum_payout;
// Minutes that an order may stay unpaid.
extern int payment_window;
// Minutes after the delivery in which the buyer may send something back; until then the seller's
// takings are pending.
extern int return_window;
// Minutes that a party of a dispute has for an answer.
extern int dispute_response_window;
// Minutes after one party has taken a dispute back in which the other may open their own.
extern int dispute_grace;
// How many orders one account may have unpaid, and how many pieces in them; 0 for no limit.
extern int max_unpaid_orders;
extern int max_unpaid_pieces;
// How many lines a cart may have.
extern int max_cart_lines;
// Minutes after the approval of a return in which the buyer sends it.
extern int return_shipping_window;
extern int return_decision_window;
extern int auto_delivery;
extern int auto_completion;
// Minutes after the delivery in which a buyer may ask for a refund; 0 without limit.
extern int refund_request_window;
// Minutes that a refund request keeps the takings pending while nobody decides it.
extern int refund_decision_window;
// Minutes that store credit has which had expired when it came back.
extern int returned_credit_window;
extern int unpaid_address_retention; // minutes; read by forget_unpaid_addresses()
// Minutes that an offer can be answered, and that one that was accepted can be bought.
extern int offer_window;
extern int offer_checkout_window;
// Whether sellers may approve refunds of money that they do not have any more.
enum negative_balances { allowed_to_staff, allowed_to_sellers };
extern int refund_from_negative_balance;
// Who collects what is paid at the door.
enum collectors { nobody_collects, carrier_collects, seller_collects };
extern int cash_on_delivery;
// Who pays the platform's fee: taken from the seller's takings, or added to the buyer's total.
enum fee_payers { paid_by_seller, paid_by_buyer };
extern int fee_payer;
// Whether listings are indexed as they are written; off is heeded for the service only.
extern bool search_sync;
// Whether claims count only when they were set for this transaction.
extern bool require_local_claims;
// Whether accounts are limited in how often they do something.
extern bool rate_limits;
// Whether rows are written by the executor's functions where that applies (insertion.hpp).
extern bool direct_writes;
// The currency of listings and of store credit that name none; listings get it by a default of
// their column, which SQL reads.
extern char* default_currency;
// The currency in which prices of listings are compared.
extern char* base_currency;
// Who is responsible for personal data, for exports; only SQL reads it.
extern char* data_controller;
// Whether the installation is for Stripe's live mode.
extern bool stripe_livemode;
// The database whose jobs the background worker runs; empty for none.
extern char* worker_database;
} // namespace settings

// Called once, from _PG_init.
void define_settings();

} // namespace driplo::pg
