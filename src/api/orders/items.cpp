#include "api/orders/items.hpp"

#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan are_items{R"(
    SELECT CASE pg_catalog.jsonb_typeof($1::pg_catalog.jsonb)
        WHEN 'array'
            THEN (
                SELECT
                    count(*) BETWEEN 1 AND 1000
                    AND count(DISTINCT pg_catalog.lower(item ->> 'order_item_id')) = count(*)
                    AND bool_and(
                        CASE pg_catalog.jsonb_typeof(item)
                            WHEN 'object'
                                THEN item - ARRAY['order_item_id', 'quantity'] = '{}'
                                     AND item ->> 'order_item_id' ~* $2
                                     AND COALESCE(pg_catalog.jsonb_typeof(item -> 'quantity'), 'null')
                                         IN ('number', 'null')
                                     AND COALESCE(item ->> 'quantity', '1') ~ '^[1-9][0-9]*$'
                                     AND pg_catalog.length(COALESCE(item ->> 'quantity', '1')) < 10
                            ELSE false
                        END
                    )
                FROM pg_catalog.jsonb_array_elements($1::pg_catalog.jsonb) AS given (item)
            )
        ELSE false
    END)"};
constexpr const char* uuid_pattern =
    "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
const pg::plan read_items{R"(
    SELECT (item ->> 'order_item_id')::uuid AS line, (item ->> 'quantity')::bigint
    FROM pg_catalog.jsonb_array_elements($1::pg_catalog.jsonb) AS given (item)
    ORDER BY line)"};

} // namespace

std::vector<line_pieces> required_items(pg::spi, FunctionCallInfo fcinfo, int number) {
    const auto items = pg::json_argument(fcinfo, number);
    if (!items)
        throw core::error{core::errors::null_value_not_allowed, "items must not be NULL"};
    if (!are_items.run(*items, std::string_view(uuid_pattern)).value<bool>().value_or(false))
        throw core::error{
            core::errors::invalid_parameter_value, "items must be an array of order items",
            "Each element must be an object with order_item_id and, optionally, a quantity of at "
            "least 1, and no order item may be named twice."};
    const pg::rows found = read_items.run(*items);
    std::vector<line_pieces> pieces;
    for (std::uint64_t i = 0; i < found.count(); ++i)
        pieces.push_back({*found.value<pg::uuid>(1, i), found.value<std::int64_t>(2, i)});
    return pieces;
}

} // namespace driplo
