#include "pg/planner_prelude.hpp"

#include "pg/rights.hpp"

#include <cstring>

namespace driplo::pg {

namespace {

constexpr const char* pinned_path = "pg_catalog, pg_temp";

} // namespace

rights_scope::rights_scope(Oid role, int restrictions) {
    GetUserIdAndSecContext(&user_, &context_);
    const int wanted = context_ | SECURITY_LOCAL_USERID_CHANGE | restrictions;
    if (user_ == role && context_ == wanted && namespace_search_path &&
        std::strcmp(namespace_search_path, pinned_path) == 0)
        return;
    level_ = call([] {
        const int level = NewGUCNestLevel();
        set_config_option("search_path", pinned_path, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
                          true, 0, false);
        return level;
    });
    SetUserIdAndSecContext(role, wanted);
}

rights_scope::~rights_scope() {
    if (level_ == 0)
        return;
    SetUserIdAndSecContext(user_, context_);
    AtEOXact_GUC(true, level_);
}

owner_scope::owner_scope()
    : rights_scope(call([] { return get_role_oid("driplo_owner", false); }), 0) {}

} // namespace driplo::pg
