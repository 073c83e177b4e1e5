// What a listing's shipping_info says.
#pragma once

#include "core/shipping.hpp"
#include "pg/value.hpp"

namespace driplo {

// It is the seller's text, and may be older than the rules by which it is written
// (sql/functions/shipping.sql): what is none of them counts as not given. Amounts are rounded to
// the unit.
core::shipping_rule shipping_rule_of(pg::jsonb shipping_info, core::money unit);

} // namespace driplo
