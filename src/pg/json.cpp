#include "pg/json.hpp"

#include "core/format.hpp"

namespace driplo::pg {

std::string json_text_of(const std::string& value) {
    const char* source = value.c_str();
    return call([&] {
        StringInfoData text;
        initStringInfo(&text);
        escape_json(&text, source);
        return text.data;
    });
}

std::string json_text_of(const uuid& value) {
    return core::format("\"{}\"", text_of(value));
}

std::string json_text_of(core::money value) {
    const std::int64_t amount = value.minor < 0 ? -value.minor : value.minor;
    return core::format("{}{}.{:02}", value.minor < 0 ? "-" : "", amount / 100, amount % 100);
}

std::string json_text_of(std::int64_t value) {
    return core::format("{}", value);
}

std::string json_text_of(bool value) {
    return value ? "true" : "false";
}

void json_object::put(const char* name, const std::string& value) {
    text_ += core::format("{}\"{}\":{}", text_.empty() ? "" : ",", name, value);
}

Datum json_datum(const std::string& text) {
    const char* source = text.c_str();
    return call([&] { return DirectFunctionCall1(jsonb_in, CStringGetDatum(source)); });
}

namespace {

// NULL is an answer of these functions, which DirectFunctionCall() does not take.
std::optional<Datum> extract(PGFunction function, Datum json, const char* const* path, int size) {
    bool is_null = false;
    const Datum found = call([&] {
        auto* names = static_cast<Datum*>(palloc(size * sizeof(Datum)));
        for (int i = 0; i < size; ++i)
            names[i] = CStringGetTextDatum(path[i]);
        LOCAL_FCINFO(fcinfo, 2);
        InitFunctionCallInfoData(*fcinfo, nullptr, 2, InvalidOid, nullptr, nullptr);
        fcinfo->args[0].value = json;
        fcinfo->args[0].isnull = false;
        fcinfo->args[1].value =
            PointerGetDatum(construct_array(names, size, TEXTOID, -1, false, TYPALIGN_INT));
        fcinfo->args[1].isnull = false;
        const Datum value = function(fcinfo);
        is_null = fcinfo->isnull;
        return value;
    });
    return is_null ? std::nullopt : std::optional(found);
}

std::string string_of(Datum text_datum) {
    return call([&]() -> const char* { return TextDatumGetCString(text_datum); });
}

} // namespace

std::optional<std::string> json_reader::text_at(const char* const* path, int size) const {
    const auto found =
        value_ ? extract(jsonb_extract_path_text, *value_, path, size) : std::nullopt;
    return found ? std::optional(string_of(*found)) : std::nullopt;
}

std::optional<Datum> json_reader::value_at(const char* const* path, int size) const {
    return value_ ? extract(jsonb_extract_path, *value_, path, size) : std::nullopt;
}

bool json_reader::is_object() const {
    return value_ && call([&] { return JB_ROOT_IS_OBJECT(DatumGetJsonbP(*value_)); });
}

} // namespace driplo::pg
