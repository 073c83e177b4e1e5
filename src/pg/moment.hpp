// A point in a transaction's work.
#pragma once

#include "pg/prelude.hpp"

#include <cstdint>

namespace driplo::pg {

// Between two equal moments this transaction has written nothing.
struct moment {
    std::uint64_t transaction = 0;
    std::uint32_t subtransaction = 0, command = 0;

    // Gives the transaction an id when it has none yet.
    static moment now();

    friend bool operator==(const moment& a, const moment& b) {
        return a.transaction == b.transaction && a.subtransaction == b.subtransaction &&
               a.command == b.command;
    }
};

} // namespace driplo::pg
