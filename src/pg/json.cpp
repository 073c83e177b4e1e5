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
    const char* text =
        call([&] { return DatumGetCString(DirectFunctionCall1(uuid_out, to_datum(value))); });
    return core::format("\"{}\"", text);
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

} // namespace driplo::pg
