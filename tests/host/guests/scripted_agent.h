#ifndef NOONMARK_TESTS_HOST_GUESTS_SCRIPTED_AGENT_H_
#define NOONMARK_TESTS_HOST_GUESTS_SCRIPTED_AGENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "noonmark/v1/agent.grpc.pb.h"

namespace noonmark::testing {

// What an agent sends: serialised messages, not all of them of the protocol,
// and then perhaps the end of the stream.
struct Lines {
  std::vector<std::string> messages;
  std::optional<grpc::Status> end;
};

struct Script {
  // Unasked, when a stream is open.
  Lines opening;
  // And this again and again, as fast as it goes; empty: nothing.
  std::string flood = "";
  // To the request of this sequence number.
  std::function<Lines(uint64_t sequence)> answer = [](uint64_t) {
    return Lines();
  };
  // The description; absent: it never comes.
  std::function<std::optional<grpc::Status>(v1::DescribeResponse*)> describe =
      [](v1::DescribeResponse*) { return std::nullopt; };
  // The answer to any order, which is named; absent: it never comes. Not set:
  // an agent that knows of no orders.
  std::function<std::optional<grpc::Status>(const std::string& order,
                                            v1::OperationStatus*)>
      obey = nullptr;
};

// An agent on a unix socket that says what it is told to say.
class ScriptedAgent {
 public:
  ScriptedAgent(const std::string& path, Script script);
  ~ScriptedAgent();

 private:
  class Service;
  class Stream;
  const std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

// A reading that is valid, serialised as a response; `change` may spoil it.
std::string Reading(
    uint64_t sequence,
    const std::function<void(v1::ClockExchange*)>& change = nullptr);
std::string Event(uint64_t discontinuities);

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_HOST_GUESTS_SCRIPTED_AGENT_H_
