#ifndef NOONMARK_TESTS_BENCHMARK_AGENT_LINK_H_
#define NOONMARK_TESTS_BENCHMARK_AGENT_LINK_H_

#include <memory>
#include <string>
#include <thread>

#include <grpcpp/completion_queue.h>

#include "common/rpc/completion_loop.h"
#include "tests/benchmark/transport.h"

namespace noonmark::benchmarks {

// The one loop of a process and its thread, as noonmarkd has it. A second
// would disturb the first: gRPC lets any poller of a process take any event.
class LoopThread {
 public:
  LoopThread() : thread_([this] { loop_.Run(); }) {}
  ~LoopThread() {
    loop_.Stop();
    thread_.join();
  }
  CompletionLoop& loop() { return loop_; }

 private:
  CompletionLoop loop_{std::make_unique<grpc::CompletionQueue>()};
  std::thread thread_;
};

// A noonmark-agent of its own, asked as noonmarkd asks. `program` is its path;
// `listen` where it shall listen.
std::unique_ptr<Transport> StartAgentLink(LoopThread& thread,
                                          const std::string& name,
                                          const std::string& program,
                                          const std::string& listen);

}  // namespace noonmark::benchmarks

#endif  // NOONMARK_TESTS_BENCHMARK_AGENT_LINK_H_
