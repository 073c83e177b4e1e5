#include "pg/value.hpp"

#include <algorithm>
#include <cstring>

namespace driplo::pg {

Datum to_datum(std::string_view value) {
    return to_datum_with_insertion(value, value.size(), {});
}

Datum to_datum_with_insertion(std::string_view value, std::size_t position,
                              std::string_view inserted) {
    const std::size_t size = value.size() + inserted.size();
    if (size > MaxAllocSize - VARHDRSZ)
        throw core::error{core::errors::program_limit_exceeded, "text is too long",
                          "A value of type text holds at most 1 GB."};
    auto* result = call([&] { return static_cast<text*>(palloc(size + VARHDRSZ)); });
    SET_VARSIZE(result, size + VARHDRSZ);
    char* at = VARDATA(result);
    const std::string_view head = value.substr(0, position), tail = value.substr(position);
    for (const std::string_view part : {head, inserted, tail})
        at = std::copy(part.begin(), part.end(),
                       at); // memcpy() may not be given an empty part's null pointer
    return PointerGetDatum(result);
}

Datum result(const uuid& value) {
    auto* copy = call([] { return static_cast<pg_uuid_t*>(palloc(sizeof(pg_uuid_t))); });
    std::memcpy(copy->data, value.bytes.data(), value.bytes.size());
    return UUIDPGetDatum(copy);
}

uuid md5_uuid(std::string_view from) {
    const Datum given = to_datum(from);
    return from_datum<uuid>(call([&] {
        const Datum hash = DirectFunctionCall1(md5_text, given);
        return DirectFunctionCall1(uuid_in, CStringGetDatum(TextDatumGetCString(hash)));
    }));
}

std::string text_of(const uuid& value) {
    return call([&] { return DatumGetCString(DirectFunctionCall1(uuid_out, to_datum(value))); });
}

const char* jsonb_field(Datum json, const char* name) {
    LOCAL_FCINFO(fcinfo, 2);
    InitFunctionCallInfoData(*fcinfo, nullptr, 2, InvalidOid, nullptr, nullptr);
    fcinfo->args[0].value = json;
    fcinfo->args[0].isnull = false;
    fcinfo->args[1].value = PointerGetDatum(cstring_to_text(name));
    fcinfo->args[1].isnull = false;
    const Datum value = jsonb_object_field_text(fcinfo);
    return fcinfo->isnull ? nullptr : TextDatumGetCString(value);
}

std::optional<std::string> json_argument(FunctionCallInfo fcinfo, int number) {
    if (fcinfo->nargs <= number || fcinfo->args[number].isnull)
        return std::nullopt;
    return call([&] {
        return DatumGetCString(DirectFunctionCall1(jsonb_out, fcinfo->args[number].value));
    });
}

std::optional<std::string> json_text(std::optional<Datum> json, const char* name) {
    if (!json)
        return std::nullopt;
    const char* value = call([&]() -> const char* {
        Jsonb* object = DatumGetJsonbP(*json);
        JsonbValue field;
        if (!JB_ROOT_IS_OBJECT(object) ||
            !getKeyJsonValueFromContainer(&object->root, name, static_cast<int>(std::strlen(name)),
                                          &field) ||
            field.type != jbvString)
            return nullptr;
        return pnstrdup(field.val.string.val, field.val.string.len);
    });
    return value ? std::optional<std::string>(value) : std::nullopt;
}

Datum to_datum(const amount& value) {
    const char* text = value.text.c_str();
    return call([&] {
        return DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid),
                                   Int32GetDatum(-1));
    });
}

text_query read_query(const std::string& text) {
    const char* source = text.c_str();
    return {call([&] { return DirectFunctionCall1(tsqueryin, CStringGetDatum(source)); })};
}

template <>
amount from_datum<amount>(Datum datum) {
    return {call([&] { return DatumGetCString(DirectFunctionCall1(numeric_out, datum)); })};
}

template <>
uuid from_datum<uuid>(Datum datum) {
    uuid value;
    std::memcpy(value.bytes.data(), DatumGetUUIDP(datum)->data, value.bytes.size());
    return value;
}

template <>
bool from_datum<bool>(Datum datum) {
    return DatumGetBool(datum);
}

template <>
std::int32_t from_datum<std::int32_t>(Datum datum) {
    return DatumGetInt32(datum);
}

template <>
std::int64_t from_datum<std::int64_t>(Datum datum) {
    return DatumGetInt64(datum);
}

template <>
std::string_view from_datum<std::string_view>(Datum datum) {
    auto* value = call([&] {
        return pg_detoast_datum_packed(reinterpret_cast<varlena*>(DatumGetPointer(datum)));
    });
    return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

template <>
std::string from_datum<std::string>(Datum datum) {
    return std::string(from_datum<std::string_view>(datum));
}

} // namespace driplo::pg
