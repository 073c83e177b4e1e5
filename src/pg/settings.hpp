// The settings driplo.*, defined in one table (settings.cpp).
#pragma once

namespace driplo::pg {

namespace settings {
// Percent of a sale that the platform keeps, 0 to 100.
extern double platform_fee_percent;
// The shop's own tax function, with its schema; empty for none.
extern char* tax_function;
// Minutes that an order may stay unpaid.
extern int payment_window;
} // namespace settings

// Called once, from _PG_init.
void define_settings();

} // namespace driplo::pg
