#include "pg/random.hpp"

#include "pg/boundary.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace driplo::pg {

namespace {

// Most of a call goes into beginning it. What was handed out is overwritten: nobody who reads this
// memory later learns it.
class supply {
public:
    // False when the system has none to give.
    bool take(void* into, std::size_t count) noexcept {
        if (count > left_) {
            if (!pg_strong_random(bytes_, sizeof bytes_))
                return false;
            left_ = sizeof bytes_;
        }
        left_ -= count;
        std::memcpy(into, bytes_ + left_, count);
        std::memset(bytes_ + left_, 0, count);
        return true;
    }

private:
    unsigned char bytes_[512] = {};
    std::size_t left_ = 0;
};
supply random_bytes;

constexpr const char* none_left = "could not generate random numbers";

core::error no_random_numbers() {
    return core::error{core::errors::internal_error, none_left};
}

bool take_uuid(unsigned char* into) noexcept {
    if (!random_bytes.take(into, UUID_LEN))
        return false;
    into[6] = static_cast<unsigned char>((into[6] & 0x0f) | 0x40);
    into[8] = static_cast<unsigned char>((into[8] & 0x3f) | 0x80);
    return true;
}

// Now, in steps that ids tell apart, also when the clock is set back.
std::uint64_t next_time() noexcept {
    static std::uint64_t last = 0;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto count = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    last = std::max(static_cast<std::uint64_t>(count), last + core::uuid_step);
    return last;
}

} // namespace

std::uint64_t random_uint64() {
    std::uint64_t value = 0;
    if (!random_bytes.take(&value, sizeof value))
        throw no_random_numbers();
    return value;
}

core::uuid random_uuid() {
    core::uuid id;
    if (!take_uuid(id.bytes.data()))
        throw no_random_numbers();
    return id;
}

core::uuid time_ordered_uuid() {
    return core::time_ordered_uuid(next_time(), random_uuid());
}

std::vector<core::uuid> time_ordered_uuids(std::size_t count) {
    std::vector<core::uuid> ids;
    ids.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
        ids.push_back(time_ordered_uuid());
    return ids;
}

void fill_random_uuid(unsigned char* into) {
    if (!take_uuid(into))
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("%s", none_left)));
}

void fill_time_ordered_uuid(unsigned char* into) {
    core::uuid random;
    fill_random_uuid(random.bytes.data());
    const core::uuid id = core::time_ordered_uuid(next_time(), random);
    std::memcpy(into, id.bytes.data(), UUID_LEN);
}

} // namespace driplo::pg
