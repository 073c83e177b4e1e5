#include "pg/rights.hpp"

namespace driplo::pg {

rights_scope::rights_scope(Oid role, int restrictions) {
    GetUserIdAndSecContext(&user_, &context_);
    level_ = call([] {
        const int level = NewGUCNestLevel();
        set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
                          GUC_ACTION_SAVE, true, 0, false);
        return level;
    });
    SetUserIdAndSecContext(role, context_ | SECURITY_LOCAL_USERID_CHANGE | restrictions);
}

rights_scope::~rights_scope() {
    SetUserIdAndSecContext(user_, context_);
    AtEOXact_GUC(true, level_);
}

owner_scope::owner_scope()
    : rights_scope(call([] { return get_role_oid("driplo_owner", false); }), 0) {}

} // namespace driplo::pg
