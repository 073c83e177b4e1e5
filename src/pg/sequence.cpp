#include "pg/sequence.hpp"

#include "pg/boundary.hpp"

namespace driplo::pg {

std::int64_t next_value(Oid schema, const char* sequence) {
    return call([&] {
        const Oid relation = get_relname_relid(sequence, schema);
        if (!OidIsValid(relation))
            ereport(ERROR, (errcode(ERRCODE_UNDEFINED_TABLE),
                            errmsg("sequence \"%s\" does not exist", sequence)));
        return static_cast<std::int64_t>(nextval_internal(relation, false));
    });
}

} // namespace driplo::pg
