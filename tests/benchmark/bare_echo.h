#ifndef NOONMARK_TESTS_BENCHMARK_BARE_ECHO_H_
#define NOONMARK_TESTS_BENCHMARK_BARE_ECHO_H_

#include <memory>

#include "tests/benchmark/transport.h"

namespace noonmark::benchmarks {

enum class EchoKind { kTcp, kUdp, kUnixStream };

// The least that a clock can be asked with: 32 bytes there and back over a
// socket, four stamps by the programs, nothing checked. Forks a server:
// before there are threads.
std::unique_ptr<Transport> StartBareEcho(EchoKind kind);

}  // namespace noonmark::benchmarks

#endif  // NOONMARK_TESTS_BENCHMARK_BARE_ECHO_H_
