// Whose rights and whose search_path statements run with.
#pragma once

#include "pg/boundary.hpp"

namespace driplo::pg {

// For as long as it lives the current user is another one, and names are found in pg_catalog or
// nowhere: what SECURITY DEFINER with a pinned search_path does for a whole function, for the part
// of a function that needs it. An error takes it back, as it does there.
class rights_scope {
public:
    // `restrictions` are flags of the security context beside the one for the user.
    rights_scope(Oid role, int restrictions);
    ~rights_scope();
    rights_scope(const rights_scope&) = delete;
    rights_scope& operator=(const rights_scope&) = delete;

private:
    int level_ = 0; // of settings; 0 where all was so already
    Oid user_ = InvalidOid;
    int context_ = 0;
};

// Statements of driplo in a function that its caller's rights do: they run as driplo_owner, who
// owns the tables. Errors: 42704 when there is no such role.
class owner_scope : rights_scope {
public:
    owner_scope();
};

} // namespace driplo::pg
