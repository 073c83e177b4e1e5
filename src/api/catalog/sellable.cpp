#include "api/catalog/sellable.hpp"

#include "core/error.hpp"
#include "core/format.hpp"

namespace driplo {

void require_stock(std::int64_t wanted, std::int64_t there) {
    if (wanted > there)
        throw core::error{core::errors::not_enough_stock, "not enough stock",
                          core::format("Requested {}, but only {} available.", wanted, there),
                          "Reduce the quantity."};
}

} // namespace driplo
