// What a listing's shipping_info says beside a cost, a limit for free shipping and countries.
#pragma once

#include "core/shipping.hpp"
#include "pg/value.hpp"

namespace driplo {

// The keys that most listings have none of, in SQL: only a listing with one of them is read here.
// sql/functions/shipping.sql has the rules by which they are written; what is older and against
// them counts as not given.
//     further, tiers, grams, days, rates, pickup

// Adds them to the rule, amounts rounded to the unit.
void read_shipping(pg::jsonb shipping_info, core::money unit, core::shipping_rule& rule);

} // namespace driplo
