#include "pg/result_set.hpp"

#include "core/format.hpp"

#include <memory>

namespace driplo::pg {

result_set::result_set(FunctionCallInfo fcinfo)
    : result_(reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo)) {
    call([&] { InitMaterializedSRF(fcinfo, 0); });
}

void result_set::add(const std::vector<std::optional<Datum>>& values) {
    const std::size_t columns = values.size();
    if (columns != static_cast<std::size_t>(result_->setDesc->natts))
        throw core::error{core::errors::internal_error,
                          core::format("a row of {} columns for a result of {}", columns,
                                       result_->setDesc->natts)};
    std::vector<Datum> plain;
    const std::unique_ptr<bool[]> nulls(new bool[columns + 1]);
    for (std::size_t i = 0; i < columns; ++i) {
        plain.push_back(values[i].value_or(Datum{0}));
        nulls[i] = !values[i];
    }
    call([&] {
        tuplestore_putvalues(result_->setResult, result_->setDesc, plain.data(), nulls.get());
    });
}

} // namespace driplo::pg
