#include "pg/array.hpp"

#include <memory>

namespace driplo::pg {

Datum make_array(const element_layout& layout, const std::vector<Datum>& values,
                 const std::vector<char>& nulls) {
    const std::unique_ptr<bool[]> is_null(new bool[nulls.size() + 1]);
    for (std::size_t i = 0; i < nulls.size(); ++i)
        is_null[i] = nulls[i] != 0;
    return call([&] {
        int size = static_cast<int>(values.size()), lower_bound = 1;
        if (size == 0)
            return PointerGetDatum(construct_empty_array(layout.type));
        return PointerGetDatum(construct_md_array(
            const_cast<Datum*>(values.data()), is_null.get(), 1, &size, &lower_bound, layout.type,
            layout.length, layout.by_value, layout.alignment));
    });
}

bool has_null_elements(Datum array) {
    return call([&] { return array_contains_nulls(DatumGetArrayTypeP(array)); });
}

std::vector<Datum> array_elements(const element_layout& layout, Datum array) {
    Datum* values = nullptr;
    bool* nulls = nullptr;
    int size = 0;
    call([&] {
        deconstruct_array(DatumGetArrayTypeP(array), layout.type, layout.length, layout.by_value,
                          layout.alignment, &values, &nulls, &size);
    });
    std::vector<Datum> elements;
    for (int i = 0; i < size; ++i)
        if (!nulls[i])
            elements.push_back(values[i]);
    return elements;
}

template <>
std::vector<uuid> from_datum<std::vector<uuid>>(Datum datum) {
    std::vector<uuid> values;
    for (const Datum each : array_elements(element<uuid>::layout, datum))
        values.push_back(from_datum<uuid>(each));
    return values;
}

template <>
std::vector<std::string> from_datum<std::vector<std::string>>(Datum datum) {
    std::vector<std::string> values;
    for (const Datum each : array_elements(element<std::string>::layout, datum))
        values.push_back(from_datum<std::string>(each));
    return values;
}

void gathered_uuids::add(Datum id) {
    state_ = accumArrayResult(state_, id, false, UUIDOID, CurrentMemoryContext);
}

Datum gathered_uuids::array() const {
    return call([&] {
        return state_ ? makeArrayResult(state_, CurrentMemoryContext)
                      : PointerGetDatum(construct_empty_array(UUIDOID));
    });
}

} // namespace driplo::pg
