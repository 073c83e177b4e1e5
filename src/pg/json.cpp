#include "pg/json.hpp"

#include "core/format.hpp"

#include <cstring>

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

bool json_reader::is_string() const {
    return value_ && call([&] {
               JsonbValue scalar;
               return JsonbExtractScalar(&DatumGetJsonbP(*value_)->root, &scalar) &&
                      scalar.type == jbvString;
           });
}

std::optional<std::string> json_reader::number() const {
    if (!value_)
        return std::nullopt;
    const char* text = call([&]() -> const char* {
        JsonbValue scalar;
        if (!JsonbExtractScalar(&DatumGetJsonbP(*value_)->root, &scalar) ||
            scalar.type != jbvNumeric)
            return nullptr;
        return DatumGetCString(
            DirectFunctionCall1(numeric_out, NumericGetDatum(scalar.val.numeric)));
    });
    return text ? std::optional<std::string>(text) : std::nullopt;
}

bool json_reader::has_any(std::initializer_list<const char*> keys) const {
    return is_object() && call([&] {
               const Jsonb* object = DatumGetJsonbP(*value_);
               for (const char* key : keys) {
                   JsonbValue found;
                   if (getKeyJsonValueFromContainer(const_cast<JsonbContainer*>(&object->root), key,
                                                    static_cast<int>(std::strlen(key)), &found))
                       return true;
               }
               return false;
           });
}

int json_reader::array_length() const {
    return value_ ? call([&] {
        const Jsonb* array = DatumGetJsonbP(*value_);
        return JB_ROOT_IS_ARRAY(array) && !JB_ROOT_IS_SCALAR(array)
                   ? static_cast<int>(JB_ROOT_COUNT(array))
                   : 0;
    })
                  : 0;
}

bool json_reader::is_object() const {
    return value_ && call([&] { return JB_ROOT_IS_OBJECT(DatumGetJsonbP(*value_)); });
}

namespace {

JsonbValue text_value(std::string_view text) {
    JsonbValue value{};
    value.type = jbvString;
    value.val.string.val = const_cast<char*>(text.data());
    value.val.string.len = static_cast<int>(text.size());
    return value;
}

} // namespace

Datum json_datum(std::initializer_list<text_field> fields) {
    return call([&] {
        JsonbParseState* state = nullptr;
        pushJsonbValue(&state, WJB_BEGIN_OBJECT, nullptr);
        for (const auto& [name, text] : fields) {
            JsonbValue key = text_value(name), value = text_value(text.value_or(""));
            if (!text)
                value.type = jbvNull;
            pushJsonbValue(&state, WJB_KEY, &key);
            pushJsonbValue(&state, WJB_VALUE, &value);
        }
        return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, nullptr)));
    });
}

} // namespace driplo::pg
