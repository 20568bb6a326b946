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

struct AgentLinkOptions {
  std::string name;
  // The path of noonmark-agent, and where it shall listen.
  std::string program;
  std::string listen;
  // Not empty: a server of gRPC's callback API listens there meanwhile, as the
  // fleet API of a process that does both.
  std::string beside = {};
};

// An agent of its own, asked as noonmarkd asks.
std::unique_ptr<Transport> StartAgentLink(LoopThread& thread,
                                          const AgentLinkOptions& options);

}  // namespace noonmark::benchmarks

#endif  // NOONMARK_TESTS_BENCHMARK_AGENT_LINK_H_
