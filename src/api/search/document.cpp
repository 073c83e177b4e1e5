// The document of a listing.
#include "pg/array.hpp"
#include "pg/tsvector.hpp"

#include "core/search_document.hpp"

namespace driplo {

namespace {

std::string_view text(FunctionCallInfo fcinfo, int number) {
    return pg::argument<std::string_view>(fcinfo, number).value_or(std::string_view());
}

double real(FunctionCallInfo fcinfo, int number) {
    return fcinfo->args[number].isnull ? 0 : DatumGetFloat8(fcinfo->args[number].value);
}

} // namespace

// private.search_document(listing_id uuid, title text, description text, brand text, size text,
// color text, condition text, materials text[], country text, currency text, price double
// precision, hot double precision, category_ids uuid[], category_names text[]) -> tsvector
DRIPLO_FUNCTION(driplo_search_document) {
    core::searched_listing listing;
    listing.id = pg::required<pg::uuid>(fcinfo, 0, "listing_id");
    listing.title = text(fcinfo, 1);
    listing.description = text(fcinfo, 2);
    listing.brand = text(fcinfo, 3);
    listing.size = text(fcinfo, 4);
    listing.color = text(fcinfo, 5);
    listing.condition = text(fcinfo, 6);
    if (auto materials = pg::argument<std::vector<std::string>>(fcinfo, 7))
        listing.materials = std::move(*materials);
    listing.country = text(fcinfo, 8);
    listing.currency = text(fcinfo, 9);
    listing.price = real(fcinfo, 10);
    listing.hot = real(fcinfo, 11);
    if (auto categories = pg::argument<std::vector<pg::uuid>>(fcinfo, 12))
        listing.categories = std::move(*categories);
    if (auto names = pg::argument<std::vector<std::string>>(fcinfo, 13))
        listing.category_names = std::move(*names);
    return pg::make_tsvector(core::make_document(listing));
}

// private.search_document_version() -> integer
DRIPLO_FUNCTION(driplo_search_document_version) {
    return pg::to_datum(std::int32_t{core::document_version});
}

} // namespace driplo
