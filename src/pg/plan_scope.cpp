#include "pg/plan_scope.hpp"

namespace driplo::pg {

plan_scope::plan_scope()
    : level_(call([] {
          static constexpr struct {
              const char *name, *value;
          } choices[] = {{"enable_seqscan", "off"},
                         {"enable_indexscan", "on"},
                         {"enable_bitmapscan", "on"},
                         {"enable_sort", "on"},
                         {"enable_nestloop", "on"},
                         {"jit", "off"},
                         {"max_parallel_workers_per_gather", "0"},
                         {"gin_fuzzy_search_limit", "0"},
                         {"plan_cache_mode", "auto"}};
          const int level = NewGUCNestLevel();
          for (const auto& each : choices)
              set_config_option(each.name, each.value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
                                true, 0, false);
          return level;
      })) {}

plan_scope::~plan_scope() {
    AtEOXact_GUC(true, level_);
}

} // namespace driplo::pg
