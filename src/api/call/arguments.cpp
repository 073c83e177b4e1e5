#include "api/call/arguments.hpp"

#include "core/format.hpp"
#include "core/text.hpp"
#include "pg/spi.hpp"

namespace driplo {

namespace {

const pg::plan are_links{R"(
    SELECT CASE pg_catalog.jsonb_typeof($1::pg_catalog.jsonb)
        WHEN 'array'
            THEN (
                SELECT count(*) <= 10 AND COALESCE(
                    bool_and(
                        pg_catalog.jsonb_typeof(link) = 'string'
                        AND pg_catalog.length(link #>> '{}') BETWEEN 1 AND 2048
                    ),
                    true
                )
                FROM pg_catalog.jsonb_array_elements($1::pg_catalog.jsonb) AS given (link)
            )
        ELSE false
    END)"};

void require_length(const std::string& words, const char* name, std::size_t most) {
    if (core::count_code_points(words).value_or(most + 1) > most || core::trim(words).empty())
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("{} must have 1 to {} characters", name, most)};
}

} // namespace

core::error does_not_exist(const char* what, const pg::uuid& id, std::string hint) {
    return core::error{core::errors::no_data_found,
                       core::format("{} \"{}\" does not exist", what, pg::text_of(id)),
                       {},
                       std::move(hint)};
}

std::string required_words(FunctionCallInfo fcinfo, int number, const char* name,
                           std::size_t most) {
    auto words = pg::required<std::string>(fcinfo, number, name);
    require_length(words, name, most);
    return words;
}

std::optional<std::string> given_words(FunctionCallInfo fcinfo, int number, const char* name) {
    auto words = pg::argument<std::string>(fcinfo, number);
    if (!words || core::trim(*words).empty())
        return std::nullopt;
    require_length(*words, name, max_words);
    return words;
}

std::string required_reason(FunctionCallInfo fcinfo, int number, const char* what) {
    auto reason = pg::required<std::string>(fcinfo, number, "reason");
    if (core::trim(reason).empty())
        throw core::error{core::errors::invalid_parameter_value,
                          "reason must not be empty",
                          {},
                          core::format("The reason is stored with the {}.", what)};
    require_length(reason, "reason", max_words);
    return reason;
}

std::optional<std::string> given_metadata(FunctionCallInfo fcinfo, int number, const char* name) {
    auto text = pg::json_argument(fcinfo, number);
    if (text && text->size() > max_metadata_bytes)
        throw core::error{
            core::errors::invalid_parameter_value,
            core::format("{} must not be longer than {} bytes", name, max_metadata_bytes),
            {},
            "Keep large data in a file store and save its URL here."};
    return text;
}

std::string given_links(pg::spi, FunctionCallInfo fcinfo, int number, const char* name) {
    const auto links = pg::json_argument(fcinfo, number);
    if (!links)
        return "[]";
    if (!are_links.run(*links).value<bool>().value_or(false))
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("{} must be an array of at most 10 URLs or paths", name),
                          "Each element must be a string of 1 to 2048 characters."};
    return *links;
}

} // namespace driplo
