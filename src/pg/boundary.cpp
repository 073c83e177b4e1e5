#include "pg/boundary.hpp"

#include <cstring>

namespace driplo::pg {

// Freed by the (sub)transaction abort in which every error ends, so caught errors do not pile up.
static MemoryContext report_context() noexcept {
    return CurTransactionContext ? CurTransactionContext : TopMemoryContext;
}

void throw_raised() {
    ErrorData* volatile edata = nullptr;
    {
        exception_stack_scope scope;
        sigjmp_buf jump;
        if (sigsetjmp(jump, 0) == 0) {
            PG_exception_stack = &jump;
            MemoryContextSwitchTo(report_context());
            edata = CopyErrorData();
            FlushErrorState();
        }
    }
    if (!edata)
        FlushErrorState();
    throw raised{edata};
}

const char* copy_for_report(std::string_view text) noexcept {
    // Longer texts would only hide the message in the log.
    constexpr std::size_t limit = 8192;
    if (text.size() > limit) {
        const int cut = pg_mbcliplen(text.data(), static_cast<int>(limit), static_cast<int>(limit));
        text = text.substr(0, static_cast<std::size_t>(cut));
    }
    auto* copy = static_cast<char*>(
        MemoryContextAllocExtended(report_context(), text.size() + 1, MCXT_ALLOC_NO_OOM));
    if (!copy)
        return "out of memory while reporting an error";
    std::memcpy(copy, text.data(), text.size());
    copy[text.size()] = '\0';
    return copy;
}

flat_error flatten(const core::error& e) noexcept {
    flat_error flat;
    flat.sqlstate =
        MAKE_SQLSTATE(e.sqlstate[0], e.sqlstate[1], e.sqlstate[2], e.sqlstate[3], e.sqlstate[4]);
    flat.message = copy_for_report(e.message);
    flat.detail = e.detail.empty() ? nullptr : copy_for_report(e.detail);
    flat.hint = e.hint.empty() ? nullptr : copy_for_report(e.hint);
    return flat;
}

void raise(const flat_error& e) {
    ereport(ERROR, (errcode(e.sqlstate), errmsg_internal("%s", e.message),
                    e.detail ? errdetail_internal("%s", e.detail) : 0,
                    e.hint ? errhint("%s", e.hint) : 0));
    pg_unreachable();
}

} // namespace driplo::pg
