// Sessions: connections to the server's SPI, in which statements are run (spi.hpp).
#pragma once

namespace driplo::pg {

class spi;

class session {
public:
    session();
    ~session();
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    operator spi() const;

private:
    int exceptions_;
};

// That a session is open. Only a session gives it away: what takes one cannot be called without
// one. It is empty, so that nothing is passed when the program runs.
class spi {
    friend class session;
    spi() {}
};

inline session::operator spi() const {
    return {};
}

} // namespace driplo::pg
