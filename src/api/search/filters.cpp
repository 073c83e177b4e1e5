#include "api/search/filters.hpp"

#include "api/search/currency.hpp"
#include "core/error.hpp"
#include "core/fold.hpp"
#include "core/format.hpp"
#include "core/search_terms.hpp"
#include "core/text.hpp"
#include "pg/json.hpp"
#include "pg/spi.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace driplo {

namespace {

constexpr std::size_t most_values = 50;
constexpr std::size_t most_value_bytes = 400;

const pg::plan entries{R"(
    SELECT key, pg_catalog.jsonb_typeof(value), value #>> '{}', value
    FROM pg_catalog.jsonb_each($1)
    ORDER BY key)",
                       pg::access::read_only};
const pg::plan elements{R"(
    SELECT element #>> '{}', pg_catalog.jsonb_typeof(element)
    FROM pg_catalog.jsonb_array_elements($1) AS given (element))",
                        pg::access::read_only};

constexpr std::array<std::string_view, 12> known_keys{
    "category",  "brands",   "sizes",   "colors", "conditions",   "price_min",
    "price_max", "currency", "country", "seller", "exclude_sold", "since"};

core::error wrong_value(const std::string& key, const char* expected) {
    return core::error{core::errors::invalid_parameter_value,
                       core::format("filter \"{}\" must be {}", key, expected)};
}

struct entry {
    std::string key, type, text;
    Datum json;
};

std::vector<std::string> texts(const entry& each) {
    if (each.type != "array")
        throw wrong_value(each.key, "an array of strings");
    const pg::rows found = elements.run(pg::jsonb{each.json});
    if (found.count() > most_values)
        throw wrong_value(each.key, "an array of at most 50 strings");
    std::vector<std::string> values;
    for (std::uint64_t row = 0; row < found.count(); ++row) {
        if (found.value<std::string>(2, row) != "string")
            throw wrong_value(each.key, "an array of strings");
        values.push_back(*found.value<std::string>(1, row));
        if (values.back().size() > most_value_bytes)
            throw wrong_value(each.key, "an array of strings of at most 100 characters");
    }
    return values;
}

const std::string& text(const entry& each) {
    if (each.type != "string" || each.text.size() > most_value_bytes)
        throw wrong_value(each.key, "a string of at most 100 characters");
    return each.text;
}

std::optional<pg::uuid> uuid_of(const std::string& text) {
    pg::uuid id;
    std::size_t digits = 0;
    if (text.size() != 36)
        return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (is_dash != (c == '-'))
            return std::nullopt;
        if (is_dash)
            continue;
        const int value = c >= '0' && c <= '9'   ? c - '0'
                          : c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                 : -1;
        if (value < 0)
            return std::nullopt;
        unsigned char& byte = id.bytes[digits / 2];
        byte = static_cast<unsigned char>(digits % 2 ? byte | value : value << 4);
        ++digits;
    }
    return id;
}

std::string letters(const entry& each, std::size_t size, const char* expected) {
    std::string code;
    for (const char c : text(each))
        code += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    if (code.size() != size ||
        std::any_of(code.begin(), code.end(), [](char c) { return c < 'A' || c > 'Z'; }))
        throw wrong_value(each.key, expected);
    return code;
}

// What no clock shows would raise an error of the server's with another code.
pg::timestamp point_in_time(const entry& each) {
    constexpr const char* expected = "a date or time such as \"2026-01-31T12:00:00Z\"";
    const std::string& given = text(each);
    const auto digits = [&](std::size_t at, std::size_t count) -> int {
        int value = 0;
        for (std::size_t i = at; i < at + count; ++i) {
            if (i >= given.size() || given[i] < '0' || given[i] > '9')
                throw wrong_value(each.key, expected);
            value = value * 10 + (given[i] - '0');
        }
        return value;
    };
    const auto sign = [&](std::size_t at, std::string_view signs) {
        if (at >= given.size() || signs.find(given[at]) == signs.npos)
            throw wrong_value(each.key, expected);
    };
    const auto range = [&](int value, int least, int most) {
        if (value < least || value > most)
            throw wrong_value(each.key, expected);
    };
    const int year = digits(0, 4), month = digits(5, 2), day = digits(8, 2);
    sign(4, "-"), sign(7, "-"), range(year, 1, 9999), range(month, 1, 12);
    const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    constexpr int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    range(day, 1, days[month - 1] + (month == 2 && is_leap));
    std::size_t at = 10;
    if (at < given.size()) {
        sign(10, "T "), sign(13, ":");
        range(digits(11, 2), 0, 23), range(digits(14, 2), 0, 59);
        at = 16;
        if (at < given.size() && given[at] == ':') {
            range(digits(17, 2), 0, 59);
            at = 19;
            if (at < given.size() && given[at] == '.')
                for (digits(++at, 1);
                     at < given.size() && at < 26 && given[at] >= '0' && given[at] <= '9';)
                    ++at;
        }
        if (at < given.size() && given[at] == 'Z') {
            ++at;
        } else if (at < given.size()) {
            sign(at, "+-"), range(digits(at + 1, 2), 0, 14);
            at += 3;
            if (at < given.size() && given[at] == ':')
                ++at;
            if (at < given.size())
                range(digits(at, 2), 0, 59), at += 2;
        }
        if (at != given.size())
            throw wrong_value(each.key, expected);
    }
    const char* source = given.c_str();
    return {pg::call([&] {
        return DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(source),
                                                       ObjectIdGetDatum(InvalidOid),
                                                       Int32GetDatum(-1)));
    })};
}

pg::amount price(const entry& each) {
    if (each.type != "number" || each.text.front() == '-')
        throw wrong_value(each.key, "a number that is not negative");
    // beyond what a column holds; and more decimals than make a difference
    constexpr double enough = 1e11;
    constexpr std::size_t most_digits = 30;
    const double value = std::strtod(each.text.c_str(), nullptr);
    if (value > enough)
        return {"100000000000"};
    return {each.text.size() > most_digits ? core::format("{:.6f}", value) : each.text};
}

const pg::plan subtree{R"(
    WITH RECURSIVE below AS (
        SELECT id, false AS has_moved
        FROM (
            SELECT id, '' AS locale
            FROM {s}.categories
            WHERE id = $1 OR slug::text = $2
            UNION ALL
            SELECT category_id, locale::text
            FROM {s}.category_slugs
            WHERE slug::text = $2
            ORDER BY locale
            LIMIT 1
        ) named
        UNION
        SELECT c.id, c.moved_at IS NOT NULL
        FROM {s}.categories c
        JOIN below ON c.parent_id = below.id
    )
    SELECT id, has_moved FROM below)",
                       pg::access::read_only};

namespace terms = core::terms;

// Below a category that has moved, documents do not have the terms of what is above it now until
// the job has made them again; but they have its own.
void add_category(search_filters& filters, const entry& each) {
    const std::string& name = text(each);
    const auto id = uuid_of(name);
    const pg::rows found = subtree.run(id, id ? std::optional<std::string>() : name);
    if (found.empty())
        throw core::error{core::errors::invalid_parameter_value,
                          core::format("category \"{}\" does not exist", core::excerpt(name)),
                          {},
                          "Pass the slug or ID of a category."};
    filters.rows.categories = found.values<pg::uuid>();
    term_group group{facet::category, {terms::category(filters.rows.categories->front())}};
    for (std::uint64_t row = 0; row < found.count(); ++row)
        if (*found.value<bool>(2, row))
            group.terms.push_back(terms::category((*filters.rows.categories)[row]));
    filters.terms.push_back(std::move(group));
}

using term_maker = std::string (*)(std::string_view);

void add_any_of(search_filters& filters, facet of, const entry& each, term_maker make) {
    term_group group{of, {}};
    const std::vector<std::string> values = texts(each);
    for (const std::string& value : values)
        if (const std::string term = make(core::folded_key(value)); !term.empty())
            group.terms.push_back(term);
    // what holds no word is nobody's brand: nothing is found, rather than everything
    if (group.terms.empty())
        group.terms.push_back(terms::of_nothing());
    if (!values.empty())
        filters.terms.push_back(std::move(group));
}

core::error unknown_keys(const std::vector<std::string>& keys) {
    return core::error{
        core::errors::invalid_parameter_value,
        core::format("unrecognized filters: {}", core::excerpt(core::listed(keys), 200)),
        core::format("Filters are: {}.", core::listed(known_keys))};
}

std::vector<entry> read_entries(pg::jsonb given) {
    if (!pg::json_reader(given).is_object())
        throw core::error{core::errors::invalid_parameter_value, "filters must be a JSON object"};
    const pg::rows found = entries.run(given);
    std::vector<entry> all;
    std::vector<std::string> unknown;
    for (std::uint64_t row = 0; row < found.count(); ++row) {
        entry each{*found.value<std::string>(1, row), *found.value<std::string>(2, row),
                   found.value<std::string>(3, row).value_or(""), *found.datum(4, row, JSONBOID)};
        if (std::find(known_keys.begin(), known_keys.end(), each.key) == known_keys.end())
            unknown.push_back(each.key);
        else if (each.type != "null")
            all.push_back(std::move(each));
    }
    if (!unknown.empty())
        throw unknown_keys(unknown);
    return all;
}

} // namespace

// The bounds in the currency of price_norm and, for listings that have none, in their own; as terms
// the octaves that either may be in.
void add_prices(pg::spi spi, search_filters& filters, const std::optional<pg::amount>& least,
                const std::optional<pg::amount>& most) {
    const pg::amount nothing{"0"}, without_end{"Infinity"};
    row_conditions& rows = filters.rows;
    rows.price_currency = filters.currency;
    rows.least_own = least.value_or(nothing);
    rows.most_own = most.value_or(without_end);
    const auto least_in_base = in_base(spi, rows.least_own.value(), filters.currency);
    if (least_in_base) {
        rows.least = least_in_base;
        rows.most = most ? in_base(spi, *most, filters.currency) : without_end;
    }
    constexpr int top = 40;
    const auto octave = [](const std::optional<pg::amount>& amount, int otherwise) {
        return amount && amount->text != "Infinity"
                   ? terms::price_octave(std::strtod(amount->text.c_str(), nullptr))
                   : otherwise;
    };
    int from = octave(rows.least_own, 0), to = octave(rows.most_own, top);
    if (rows.least) {
        from = std::min(from, octave(rows.least, 0));
        to = std::max(to, octave(rows.most, top));
    }
    if (from > to) {
        filters.terms.push_back({facet::price, {terms::of_nothing()}});
    } else if (to - from < 4) { // more would take longer to look up than they leave out
        term_group group{facet::price, {}};
        for (int number = from; number <= to; ++number)
            group.terms.push_back(terms::octave(number));
        filters.terms.push_back(std::move(group));
    }
}

search_filters read_filters(pg::spi spi, std::optional<pg::jsonb> given) {
    search_filters filters;
    filters.currency = base_currency();
    std::optional<pg::amount> least, most;
    for (const entry& each : given ? read_entries(*given) : std::vector<entry>()) {
        if (each.key == "category") {
            add_category(filters, each);
        } else if (each.key == "brands") {
            add_any_of(filters, facet::brand, each, terms::brand);
        } else if (each.key == "sizes") {
            add_any_of(filters, facet::size, each, terms::size);
        } else if (each.key == "colors") {
            add_any_of(filters, facet::color, each, terms::color);
        } else if (each.key == "conditions") {
            add_any_of(filters, facet::condition, each, terms::condition);
        } else if (each.key == "price_min") {
            least = price(each);
        } else if (each.key == "price_max") {
            most = price(each);
        } else if (each.key == "currency") {
            filters.currency = letters(each, 3, "a code of three letters such as \"EUR\"");
        } else if (each.key == "country") {
            const std::string code = letters(each, 2, "a code of two letters such as \"BG\"");
            filters.terms.push_back({facet::none, {terms::country(code)}});
        } else if (each.key == "seller") {
            filters.rows.seller = uuid_of(text(each));
            if (!filters.rows.seller)
                throw wrong_value(each.key, "the ID of a user");
        } else if (each.key == "since") {
            filters.rows.since = point_in_time(each);
        } else if (each.type != "boolean") {
            throw wrong_value(each.key, "true");
        } else if (each.text != "true") {
            throw core::error{core::errors::feature_not_supported,
                              "filter \"exclude_sold\" must be true",
                              "Only listings that are for sale can be searched."};
        }
    }
    if (least || most)
        add_prices(spi, filters, least, most);
    return filters;
}

search_filters search_filters::without(facet of) const {
    search_filters others = *this;
    others.terms.erase(std::remove_if(others.terms.begin(), others.terms.end(),
                                      [&](const term_group& each) { return each.of == of; }),
                       others.terms.end());
    if (of == facet::category)
        others.rows.categories.reset();
    if (of == facet::price)
        others.rows.price_currency.reset();
    return others;
}

} // namespace driplo
