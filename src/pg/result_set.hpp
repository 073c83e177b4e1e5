// The result of a function that RETURNS TABLE, row by row, where not all of it comes from one
// statement.
#pragma once

#include "pg/value.hpp"

#include <optional>
#include <vector>

namespace driplo::pg {

class result_set {
public:
    // Errors: 0A000 where no set can be returned.
    explicit result_set(FunctionCallInfo fcinfo);

    // The values are copied; they are of the types that the function declares.
    void add(const std::vector<std::optional<Datum>>& values);

private:
    ReturnSetInfo* result_;
};

} // namespace driplo::pg
