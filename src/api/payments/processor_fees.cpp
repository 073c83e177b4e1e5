#include "api/payments/processor_fees.hpp"

#include "api/call/arguments.hpp"
#include "api/call/roles.hpp"
#include "core/currency.hpp"
#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/entry_point.hpp"
#include "pg/numeric.hpp"
#include "pg/spi.hpp"

#include <algorithm>

namespace driplo {

namespace {

struct processor_fee {
    std::string reference; // the processor's transaction
    std::string currency;
    core::money amount; // negative when it was given back
};

// The sum in processor_fees, also of parts.
const pg::plan booked_fee{R"(
    SELECT
        pg_catalog.count(*),
        COALESCE((-sum(amount) * 100)::bigint, 0),
        COALESCE(pg_catalog.bool_and(currency::text = $2), true)
    FROM {s}.ledger_entries
    WHERE journal_id = ANY (ARRAY(SELECT pg_catalog.md5('processor_fee:' || r)::uuid FROM unnest($1) r))
      AND account::text = 'processor_fees')"};

void book_part(pg::spi spi, const processor_fee& fee, const std::string& reference,
               const std::optional<pg::uuid>& order, core::money part) {
    book(spi, {"processor_fee",
               reference,
               order,
               fee.currency,
               {{"processor_clearing", std::nullopt, part},
                {"processor_fees", std::nullopt, core::money{} - part}}});
}

// Of each order of the payment, and last the one of the whole.
std::vector<std::string> references_of(const payment& paid, const processor_fee& fee) {
    std::vector<std::string> references;
    for (const payment_row& row : paid.rows)
        references.push_back(core::format("{}:{}", fee.reference, text_of(row.id)));
    references.push_back(fee.reference);
    return references;
}

// False when it was booked before.
bool book_fee(pg::spi spi, const payment& paid, const processor_fee& fee) {
    const std::vector<std::string> references = references_of(paid, fee);
    std::vector<core::money> amounts;
    for (const payment_row& row : paid.rows)
        amounts.push_back(row.amount);
    const pg::rows found = booked_fee.run(references, fee.currency);
    if (*found.value<std::int64_t>(1) > 0) {
        const core::money booked{*found.value<std::int64_t>(2)};
        if (booked != fee.amount || !found.value<bool>(3).value_or(false))
            throw core::error{core::errors::illegal_money_state,
                              "processor fee was already recorded with another amount",
                              core::format("{} was recorded for \"{}\".",
                                           money_text(booked, fee.currency),
                                           core::excerpt(fee.reference)),
                              "Record a correction with a reference of its own."};
        return false;
    }
    if (fee.currency != paid.currency) {
        // in which the processor settles; the orders have no amounts in it
        book_part(spi, fee, fee.reference, std::nullopt, fee.amount);
        return true;
    }
    const bool is_returned = fee.amount < core::money{};
    const core::money whole = is_returned ? core::money{} - fee.amount : fee.amount;
    const std::vector<core::money> parts =
        core::spread(whole, amounts, core::smallest_unit(fee.currency));
    for (std::size_t i = 0; i < parts.size(); ++i)
        book_part(spi, fee, references[i], paid.rows[i].order,
                  is_returned ? core::money{} - parts[i] : parts[i]);
    return true;
}

const pg::plan dispute_fees{R"(
    SELECT t ->> 'id', pg_catalog.upper(t ->> 'currency'), (t ->> 'fee')::bigint
    FROM pg_catalog.jsonb_array_elements(
        CASE pg_catalog.jsonb_typeof($1 #> '{data,object,balance_transactions}')
            WHEN 'array' THEN $1 #> '{data,object,balance_transactions}'
            ELSE '[]'
        END
    ) AS t
    WHERE pg_catalog.jsonb_typeof(t) = 'object'
      AND t ->> 'fee' ~ '^-?[1-9][0-9]{0,8}$'
      AND pg_catalog.length(t ->> 'id') BETWEEN 1 AND 255
      AND t ->> 'currency' ~* '^[a-z]{3}$')"};

core::money rounded_from_processor(std::int64_t amount, std::string_view currency) {
    if (core::processor_digits(currency) == 3)
        return {(amount + (amount < 0 ? -5 : 5)) / 10};
    return core::from_processor_amount(amount, currency);
}

std::string required_text(FunctionCallInfo fcinfo, int number, const char* name) {
    std::string text = pg::required<std::string>(fcinfo, number, name);
    if (text.empty() || text.size() > 255)
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("{} must have 1 to 255 bytes", name)};
    return text;
}

} // namespace

void book_dispute_fees(pg::spi spi, const payment& disputed, pg::jsonb event) {
    const pg::rows told = dispute_fees.run(event);
    for (std::uint64_t i = 0; i < told.count(); ++i) {
        processor_fee fee;
        fee.reference = *told.value<std::string>(1, i);
        fee.currency = *told.value<std::string>(2, i);
        fee.amount = rounded_from_processor(*told.value<std::int64_t>(3, i), fee.currency);
        const pg::rows booked = booked_fee.run(references_of(disputed, fee), fee.currency);
        if (core::is_currency(fee.currency) && *booked.value<std::int64_t>(1) == 0)
            book_fee(spi, disputed, fee);
    }
}

// record_processor_fee(processor text, processor_payment_id text, reference text, amount numeric,
// currency text, is_returned boolean) -> boolean
DRIPLO_FUNCTION(driplo_record_processor_fee) {
    require_service("record a processor fee");
    const std::string processor = required_text(fcinfo, 0, "processor");
    const std::string processor_id = required_text(fcinfo, 1, "processor_payment_id");
    processor_fee fee;
    fee.reference = required_text(fcinfo, 2, "reference");
    fee.amount = pg::required_amount(fcinfo, 3, "amount");
    fee.currency = pg::required<std::string>(fcinfo, 4, "currency");
    std::transform(fee.currency.begin(), fee.currency.end(), fee.currency.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    if (!core::is_currency(fee.currency))
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("invalid currency code: \"{}\"", core::excerpt(fee.currency)),
            "Use an ISO 4217 currency code in upper case."};
    core::require_payable(fee.amount, fee.currency, "amount");
    if (pg::required<bool>(fcinfo, 5, "is_returned"))
        fee.amount = core::money{} - fee.amount;
    pg::session spi;
    const payment paid = lock_payment(spi, processor, processor_id);
    if (paid.rows.empty())
        throw core::error{core::errors::no_data_found,
                          core::format("payment \"{}\" not found", core::excerpt(processor_id)),
                          {},
                          "Use the ID with which the payment was started."};
    return pg::to_datum(book_fee(spi, paid, fee));
}

} // namespace driplo
