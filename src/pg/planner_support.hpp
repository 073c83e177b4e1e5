// What the planner may know of functions that answer yes or no about a uuid: by which comparison an
// index finds the rows for which they say yes. As a filter such a function is one call; what an
// index is compared with, which is another function's result, is made only where an index is asked.
#pragma once

#include "pg/value.hpp"

#include <cstddef>

namespace driplo::pg {

enum class comparison {
    equal,    // column = value()
    at_least, // column >= value(the other arguments)
    any_of    // column = ANY (value())
};

// Of the function of that name; the value is the result of another one in the same schema.
struct indexable_function {
    const char* name;
    const char* value;
    comparison how;
};

// A copy of an array that stays for the statement, for an index that is asked again and again.
Datum kept_array(FunctionCallInfo fcinfo, Datum array);

// The answer to the planner's request, for a support function; NULL where there is none to give, as
// where the query says itself which value of the column it wants.
Datum answer_planner(Datum request, const indexable_function* functions, std::size_t count);

} // namespace driplo::pg
