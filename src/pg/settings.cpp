#include "pg/settings.hpp"

#include "core/amounts.hpp"
#include "core/currency.hpp"
#include "pg/prelude.hpp"

namespace driplo::pg {

namespace settings {
double platform_fee_percent = 5;
char* tax_function = nullptr;
char* coupon_currency = nullptr;
char* max_shipping_cost = nullptr;
char* max_platform_discount = nullptr;
char* minimum_payout = nullptr;
char* default_currency = nullptr;
char* base_currency = nullptr;
char* data_controller = nullptr;
int payment_window = 30;
int return_window = 14 * 24 * 60;
int dispute_response_window = 7 * 24 * 60;
int dispute_grace = 3 * 24 * 60;
int max_unpaid_orders = 20;
int max_unpaid_pieces = 50;
int max_cart_lines = 100;
int return_shipping_window = 14 * 24 * 60;
int return_decision_window = 14 * 24 * 60;
int auto_delivery = 30 * 24 * 60;
int auto_completion = 14 * 24 * 60;
int refund_request_window = 180 * 24 * 60;
int refund_decision_window = 14 * 24 * 60;
int returned_credit_window = 30 * 24 * 60;
int unpaid_address_retention = 30 * 24 * 60;
int offer_window = 48 * 60;
int offer_checkout_window = 24 * 60;
int fee_payer = paid_by_seller;
int refund_from_negative_balance = allowed_to_staff;
int cash_on_delivery = nobody_collects;
bool fee_on_shipping = true;
bool prices_include_tax = false;
bool search_sync = true;
bool require_local_claims = false;
bool rate_limits = true;
bool direct_writes = true;
bool stripe_livemode = true;
char* worker_database = nullptr;
} // namespace settings

namespace {

// Only the install script reads it (private.is_restoring()), so nothing in C++ does.
enum restoring { restoring_auto, restoring_on, restoring_off };
int restoring_value = restoring_auto;
// Likewise, by sql/install/reference.sql.
bool adopt_reference_value = false;
const config_enum_entry restoring_values[] = {
    {"auto", restoring_auto, false}, {"on", restoring_on, false},
    {"off", restoring_off, false},   {"true", restoring_on, true},
    {"false", restoring_off, true},  {"yes", restoring_on, true},
    {"no", restoring_off, true},     {"1", restoring_on, true},
    {"0", restoring_off, true},      {nullptr, 0, false}};

struct real_setting {
    const char* name;
    const char* description;
    const char* details;
    double* value;
    double default_value, least, greatest;
    GucContext context; // PGC_SUSET where it touches money or identity
};

const real_setting real_settings[] = {
    {"driplo.platform_fee_percent", "Sets the platform fee as a percentage of each sale.",
     "Used by calculate_platform_fee(); 0 to 100.", &settings::platform_fee_percent, 5, 0, 100,
     PGC_SUSET},
};

struct integer_setting {
    const char* name;
    const char* description;
    const char* details;
    int* value;
    int default_value, least, greatest;
    GucContext context;
    int unit;
};

const integer_setting integer_settings[] = {
    {"driplo.payment_window", "Sets the time within which an order must be paid.",
     "Used by expire_unpaid_orders().", &settings::payment_window, 30, 1, 60 * 24 * 365, PGC_SUSET,
     GUC_UNIT_MIN},
    {"driplo.return_window",
     "Sets the time after delivery within which a buyer can request a return.",
     "Used by open_return(). The seller's earnings are pending until it ends.",
     &settings::return_window, 14 * 24 * 60, 0, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.dispute_response_window",
     "Sets the time within which a party of a dispute must respond.",
     "Used by escalate_overdue_disputes().", &settings::dispute_response_window, 7 * 24 * 60, 1,
     60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.dispute_grace",
     "Sets the time within which one party can open a dispute after the other has withdrawn one.",
     "Used by open_dispute(). The seller's earnings are pending until the buyer's time ends.",
     &settings::dispute_grace, 3 * 24 * 60, 0, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.max_unpaid_orders", "Sets the maximum number of unpaid orders per account.",
     "Used by checkout(), including the orders it creates. 0 means no limit.",
     &settings::max_unpaid_orders, 20, 0, 1000000, PGC_SUSET, 0},
    {"driplo.max_unpaid_pieces",
     "Sets the maximum number of items in the unpaid orders of an account.",
     "Used by checkout(), including the items it orders. 0 means no limit.",
     &settings::max_unpaid_pieces, 50, 0, 1000000000, PGC_SUSET, 0},
    {"driplo.max_cart_lines", "Sets the maximum number of different items in a cart.",
     "Used by add_to_cart(), inserts into cart_items, quote_checkout() and checkout().",
     &settings::max_cart_lines, 100, 1, 10000, PGC_SUSET, 0},
    {"driplo.return_shipping_window",
     "Sets the time within which a buyer must send back an approved return.",
     "Starts at the seller's approval. Afterwards the seller can close the return with "
     "advance_return(), and expire_returns() closes it.",
     &settings::return_shipping_window, 14 * 24 * 60, 1, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.return_decision_window",
     "Sets the time within which a seller must answer a return, and decide one that was sent back.",
     "Afterwards decide_overdue_returns() approves it, or refunds it. 0 or -1 means never.",
     &settings::return_decision_window, 14 * 24 * 60, -1, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.auto_delivery", "Sets the time after which a shipped order counts as delivered.",
     "Used by deliver_overdue_orders(). Starts at shipping; disputes and refund requests stop it. "
     "0 "
     "or -1 means never.",
     &settings::auto_delivery, 30 * 24 * 60, -1, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.auto_completion", "Sets the time after which a delivered order counts as completed.",
     "Used by complete_overdue_orders(). Starts at delivery; disputes, returns and refund requests "
     "stop it. 0 or -1 means never.",
     &settings::auto_completion, 14 * 24 * 60, -1, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.refund_request_window",
     "Sets the time after delivery within which a buyer can request a refund.",
     "Used by request_refund(). 0 means no limit.", &settings::refund_request_window, 180 * 24 * 60,
     0, 60 * 24 * 3650, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.refund_decision_window",
     "Sets how long an undecided refund request keeps the seller's earnings pending.",
     "Applies to requests made before driplo.return_window ends.",
     &settings::refund_decision_window, 14 * 24 * 60, 0, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.returned_credit_window",
     "Sets how long store credit that had expired can be used after an order returned it.",
     "Applies once to each credit.", &settings::returned_credit_window, 30 * 24 * 60, 0,
     60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.unpaid_address_retention",
     "Sets how long the addresses of cancelled orders that were never paid are kept.",
     "Used by forget_unpaid_addresses().", &settings::unpaid_address_retention, 30 * 24 * 60, 0,
     60 * 24 * 3650, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.offer_window", "Sets the time within which an offer must be answered.",
     "Applies to offers made after the change.", &settings::offer_window, 48 * 60, 1, 60 * 24 * 365,
     PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.offer_checkout_window",
     "Sets the time after acceptance within which a buyer can check out at an offer's price.",
     "Applies to offers accepted after the change.", &settings::offer_checkout_window, 24 * 60, 1,
     60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
};

bool check_currency(char** value, void**, GucSource) noexcept {
    return core::is_currency(*value);
}

// Of listings, which have two digits at most.
bool check_price_currency(char** value, void**, GucSource) noexcept {
    return core::is_currency(*value) && core::minor_units(*value) < 3;
}

bool check_amounts(char** value, void**, GucSource) noexcept {
    try {
        return core::amounts_by_currency::parse(*value).has_value();
    } catch (...) {
        return false; // out of memory
    }
}

struct text_setting {
    const char* name;
    const char* description;
    const char* details;
    char** value;
    const char* default_value;
    GucContext context;
    GucStringCheckHook check;
};

const text_setting text_settings[] = {
    {"driplo.tax_function", "Sets the function that calculates the tax of an order.",
     "Schema-qualified name of a function (lines jsonb, address jsonb) that returns numeric, or "
     "(sale jsonb) that returns jsonb. Empty means the rates of the table tax_rates.",
     &settings::tax_function, "", PGC_SUSET, nullptr},
    {"driplo.coupon_currency", "Sets the currency of coupon amounts that are entered without one.",
     "ISO 4217 code in upper case.", &settings::coupon_currency, "USD", PGC_SUSET, check_currency},
    {"driplo.default_currency", "Sets the currency of listings that are written without one.",
     "ISO 4217 code in upper case, of a currency with two decimal places or none. "
     "grant_store_credit() uses it too.",
     &settings::default_currency, "USD", PGC_SUSET, check_price_currency},
    {"driplo.base_currency", "Sets the currency in which prices of listings are compared.",
     "ISO 4217 code in upper case. After a change run reindex_search().", &settings::base_currency,
     "USD", PGC_SUSET, check_currency},
    {"driplo.data_controller", "Sets who is responsible for personal data, as exports name it.",
     "Name and contact, such as \"Example Ltd, privacy@example.com\". Empty means none is named.",
     &settings::data_controller, "", PGC_SUSET, nullptr},
    {"driplo.max_shipping_cost",
     "Sets the maximum shipping cost that platform coupons waive per order.",
     "Amounts in major units per currency, such as \"100, JPY 15000\"; an amount without a "
     "currency applies to all others. Empty means no limit.",
     &settings::max_shipping_cost, "100, JPY 15000, KRW 150000", PGC_SUSET, check_amounts},
    {"driplo.max_platform_discount", "Sets the maximum discount of platform coupons per order.",
     "Same format as driplo.max_shipping_cost. Empty means no limit.",
     &settings::max_platform_discount, "", PGC_SUSET, check_amounts},
    {"driplo.minimum_payout", "Sets the minimum amount of a payout.",
     "Same format as driplo.max_shipping_cost. Used by request_payout() and request_payout_in(). "
     "Empty means no minimum.",
     &settings::minimum_payout, "", PGC_SUSET, check_amounts},
};

const config_enum_entry fee_payer_values[] = {{"seller", settings::paid_by_seller, false},
                                              {"buyer", settings::paid_by_buyer, false},
                                              {nullptr, 0, false}};

const config_enum_entry negative_balance_values[] = {
    {"staff", settings::allowed_to_staff, false},
    {"seller", settings::allowed_to_sellers, false},
    {nullptr, 0, false}};

const config_enum_entry cash_on_delivery_values[] = {{"off", settings::nobody_collects, false},
                                                     {"carrier", settings::carrier_collects, false},
                                                     {"seller", settings::seller_collects, false},
                                                     {nullptr, 0, false}};

struct enum_setting {
    const char* name;
    const char* description;
    const char* details;
    int* value;
    int default_value;
    const config_enum_entry* values;
    GucContext context;
};

const enum_setting enum_settings[] = {
    {"driplo.fee_payer", "Selects who pays the platform fee: seller or buyer.",
     "The fee is deducted from the seller's earnings or added to the total of the buyer's order.",
     &settings::fee_payer, settings::paid_by_seller, fee_payer_values, PGC_SUSET},
    {"driplo.refund_from_negative_balance",
     "Selects who can refund more than a seller's available balance: staff or seller.",
     "Applies to refunds of amounts that were paid out already. With seller, sellers can too.",
     &settings::refund_from_negative_balance, settings::allowed_to_staff, negative_balance_values,
     PGC_SUSET},
    {"driplo.cash_on_delivery",
     "Selects who collects what is paid on delivery: off, carrier, or seller.",
     "The carrier passes it on to the platform; sellers keep it and owe the fee.",
     &settings::cash_on_delivery, settings::nobody_collects, cash_on_delivery_values, PGC_SUSET},
    {"driplo.restoring",
     "Selects whether CREATE EXTENSION driplo assumes that a dump is being restored.",
     "auto detects pg_dump scripts and pg_restore.", &restoring_value, restoring_auto,
     restoring_values, PGC_USERSET},
};

struct boolean_setting {
    const char* name;
    const char* description;
    const char* details;
    bool* value;
    bool default_value;
    GucContext context;
};

const boolean_setting boolean_settings[] = {
    {"driplo.adopt_reference",
     "Lets CREATE EXTENSION driplo take over functions and tables of the reference schema.",
     "The tables become driplo's by adopt_reference().", &adopt_reference_value, false,
     PGC_USERSET},
    {"driplo.fee_on_shipping", "Applies the platform fee to shipping as well.",
     "Shipping costs are set by sellers.", &settings::fee_on_shipping, true, PGC_SUSET},
    {"driplo.prices_include_tax", "Takes prices and shipping costs as including tax.",
     "Applies to orders placed after the change. Off adds the tax to the total.",
     &settings::prices_include_tax, false, PGC_SUSET},
    {"driplo.rate_limits", "Limits how often an account sends messages, places orders and similar.",
     "The limits are those of list_rate_limits(). They do not apply to the service.",
     &settings::rate_limits, true, PGC_SUSET},
    {"driplo.require_local_claims", "Takes identity only from claims set for the transaction.",
     "Claims set without LOCAL, which behind a connection pooler outlive the client, are ignored.",
     &settings::require_local_claims, false, PGC_SUSET},
    {"driplo.search_sync", "Indexes listings for the search as they are written.",
     "Off is for the service that loads many listings and runs reindex_search() afterwards; it has "
     "no effect for other roles.",
     &settings::search_sync, true, PGC_USERSET},
    {"driplo.direct_writes", "Writes rows of checkout() without statements of their own.",
     "Off is for who audits or counts statements: pgaudit, auto_explain and pg_stat_statements see "
     "no statement for these rows.",
     &settings::direct_writes, true, PGC_SUSET},
    {"driplo.stripe_livemode", "Processes live events of Stripe; off processes test mode events.",
     "record_stripe_event() ignores events of the other mode.", &settings::stripe_livemode, true,
     PGC_SUSET},
};

template <typename Setting, std::size_t n>
void refuse_in_parallel(const Setting (&all)[n]) {
    for (const Setting& s : all)
        if (GetConfigOption(s.name, true, false))
            ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                            errmsg("cannot load the driplo library in a parallel query"),
                            errdetail("Setting \"%s\" would be lost.", s.name),
                            errhint("Call driplo_version() first in the session, or set "
                                    "session_preload_libraries = '$libdir/driplo'.")));
}

} // namespace

void define_settings() {
    // In parallel mode the server would drop a configured value and go on with the default.
    if (IsInParallelMode()) {
        refuse_in_parallel(real_settings);
        refuse_in_parallel(integer_settings);
        refuse_in_parallel(text_settings);
        refuse_in_parallel(enum_settings);
        refuse_in_parallel(boolean_settings);
    }
    for (const real_setting& s : real_settings)
        DefineCustomRealVariable(s.name, s.description, s.details, s.value, s.default_value,
                                 s.least, s.greatest, s.context, 0, nullptr, nullptr, nullptr);
    for (const integer_setting& s : integer_settings)
        DefineCustomIntVariable(s.name, s.description, s.details, s.value, s.default_value, s.least,
                                s.greatest, s.context, s.unit, nullptr, nullptr, nullptr);
    for (const text_setting& s : text_settings)
        DefineCustomStringVariable(s.name, s.description, s.details, s.value, s.default_value,
                                   s.context, 0, s.check, nullptr, nullptr);
    for (const enum_setting& s : enum_settings)
        DefineCustomEnumVariable(s.name, s.description, s.details, s.value, s.default_value,
                                 s.values, s.context, 0, nullptr, nullptr, nullptr);
    for (const boolean_setting& s : boolean_settings)
        DefineCustomBoolVariable(s.name, s.description, s.details, s.value, s.default_value,
                                 s.context, 0, nullptr, nullptr, nullptr);
    // The worker is started with the server, or not at all.
    DefineCustomStringVariable(
        "driplo.worker_database", "Sets the database whose jobs the background worker runs.",
        "Takes effect if the server preloads driplo. Empty means no worker.",
        &settings::worker_database, "",
        process_shared_preload_libraries_in_progress ? PGC_POSTMASTER : PGC_SIGHUP, 0, nullptr,
        nullptr, nullptr);
    MarkGUCPrefixReserved("driplo");
}

} // namespace driplo::pg
