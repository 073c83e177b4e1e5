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
int payment_window = 30;
int return_window = 14 * 24 * 60;
int dispute_response_window = 7 * 24 * 60;
int dispute_grace = 3 * 24 * 60;
int max_unpaid_orders = 20;
int max_unpaid_pieces = 50;
int max_cart_lines = 100;
int return_shipping_window = 14 * 24 * 60;
int refund_request_window = 180 * 24 * 60;
int refund_decision_window = 14 * 24 * 60;
int returned_credit_window = 30 * 24 * 60;
int fee_payer = paid_by_seller;
bool seller_may_owe = false;
bool fee_on_shipping = true;
bool stripe_livemode = true;
} // namespace settings

namespace {

// Only the install script reads it (private.is_restoring()), so nothing in C++ does.
enum restoring { restoring_auto, restoring_on, restoring_off };
int restoring_value = restoring_auto;
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
    {"driplo.platform_fee_percent", "Percent of a sale that the platform keeps.",
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
    {"driplo.payment_window", "How long an order may stay unpaid.",
     "Used by expire_unpaid_orders().", &settings::payment_window, 30, 1, 60 * 24 * 365, PGC_SUSET,
     GUC_UNIT_MIN},
    {"driplo.return_window", "How long after the delivery a buyer may send something back.",
     "Used by open_return(); the seller's takings are pending until it is over.",
     &settings::return_window, 14 * 24 * 60, 0, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.dispute_response_window", "How long a party of a dispute has for an answer.",
     "Used by escalate_overdue_disputes().", &settings::dispute_response_window, 7 * 24 * 60, 1,
     60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.dispute_grace",
     "How long one party may still open a dispute after the other has taken one back.",
     "Used by open_dispute(); the seller's takings are pending until the buyer's is over.",
     &settings::dispute_grace, 3 * 24 * 60, 0, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.max_unpaid_orders", "How many unpaid orders one account may have.",
     "Used by checkout(), those that it makes included; 0 for no limit.",
     &settings::max_unpaid_orders, 20, 0, 1000000, PGC_SUSET, 0},
    {"driplo.max_unpaid_pieces", "How many pieces the unpaid orders of one account may hold.",
     "Used by checkout(), those that it takes included; 0 for no limit.",
     &settings::max_unpaid_pieces, 50, 0, 1000000000, PGC_SUSET, 0},
    {"driplo.max_cart_lines", "How many lines a cart may have.",
     "Used by add_to_cart(), inserts into cart_items, quote_checkout() and checkout().",
     &settings::max_cart_lines, 100, 1, 10000, PGC_SUSET, 0},
    {"driplo.return_shipping_window", "How long a buyer has to send back what may be returned.",
     "Counted from the seller's approval; then advance_return() lets the seller close it, and "
     "expire_returns() does.",
     &settings::return_shipping_window, 14 * 24 * 60, 1, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.refund_request_window", "How long after the delivery a buyer may ask for a refund.",
     "Used by request_refund(); 0 for as long as they like.", &settings::refund_request_window,
     180 * 24 * 60, 0, 60 * 24 * 3650, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.refund_decision_window",
     "How long a refund request that waits for its decision keeps "
     "the seller's takings pending.",
     "Of requests made until the end of driplo.return_window.", &settings::refund_decision_window,
     14 * 24 * 60, 0, 60 * 24 * 365, PGC_SUSET, GUC_UNIT_MIN},
    {"driplo.returned_credit_window",
     "How long store credit can be spent that had expired when an order gave it back.",
     "Once for each credit.", &settings::returned_credit_window, 30 * 24 * 60, 0, 60 * 24 * 365,
     PGC_SUSET, GUC_UNIT_MIN},
};

bool check_currency(char** value, void**, GucSource) noexcept {
    return core::is_currency(*value);
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
    {"driplo.tax_function", "The shop's own function for the tax of an order.",
     "Its name with its schema; it takes (lines jsonb, address jsonb) and returns numeric. Empty: "
     "no tax.",
     &settings::tax_function, "", PGC_SUSET, nullptr},
    {"driplo.coupon_currency", "Currency of the amounts of coupons that are written without one.",
     "A code of ISO 4217 in upper case.", &settings::coupon_currency, "USD", PGC_SUSET,
     check_currency},
    {"driplo.max_shipping_cost",
     "The most that coupons of the platform waive of an order's shipping.",
     "Major units for each currency, \"100, JPY 15000\": the one without a currency is for all "
     "others. Empty: without limit.",
     &settings::max_shipping_cost, "100, JPY 15000, KRW 150000", PGC_SUSET, check_amounts},
    {"driplo.max_platform_discount", "The most that coupons of the platform take off an order.",
     "As driplo.max_shipping_cost. Empty: what the coupons say.", &settings::max_platform_discount,
     "", PGC_SUSET, check_amounts},
    {"driplo.minimum_payout", "The least that a seller may be paid out at once.",
     "As driplo.max_shipping_cost, used by request_payout() and request_payout_in(). Empty: any "
     "amount.",
     &settings::minimum_payout, "", PGC_SUSET, check_amounts},
};

const config_enum_entry fee_payer_values[] = {{"seller", settings::paid_by_seller, false},
                                              {"buyer", settings::paid_by_buyer, false},
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
    {"driplo.fee_payer", "Who pays the platform's fee: seller or buyer.",
     "The seller's is taken from the takings, the buyer's is added to the total of an order.",
     &settings::fee_payer, settings::paid_by_seller, fee_payer_values, PGC_SUSET},
    {"driplo.restoring", "Tells CREATE EXTENSION driplo whether a dump is being restored.",
     "auto recognises pg_dump scripts and pg_restore by themselves.", &restoring_value,
     restoring_auto, restoring_values, PGC_USERSET},
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
    {"driplo.fee_on_shipping", "Whether the platform's fee is of shipping too.",
     "Sellers write what shipping costs.", &settings::fee_on_shipping, true, PGC_SUSET},
    {"driplo.stripe_livemode", "Whether Stripe's live events count, or those of its test mode.",
     "record_stripe_event() ignores the events of the other mode.", &settings::stripe_livemode,
     true, PGC_SUSET},
    {"driplo.seller_may_owe", "Whether sellers may approve refunds of what they were paid out.",
     "Off: without that much available only the staff approves.", &settings::seller_may_owe, false,
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
    MarkGUCPrefixReserved("driplo");
}

} // namespace driplo::pg
