#ifndef NOONMARK_TESTS_HOST_CLI_FAKE_DAEMON_H_
#define NOONMARK_TESTS_HOST_CLI_FAKE_DAEMON_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "noonmark/v1/fleet.grpc.pb.h"

namespace noonmark::testing {

// A noonmarkd that says what a test wants, on a unix socket.
//
// Its functions run on gRPC's threads and must not block. They are set before
// Listen().
class FakeDaemon {
 public:
  FakeDaemon();
  ~FakeDaemon();
  FakeDaemon(const FakeDaemon&) = delete;
  FakeDaemon& operator=(const FakeDaemon&) = delete;

  std::function<grpc::Status(v1::HostReport*)> report;
  std::function<grpc::Status(const std::string& selector,
                             v1::GetGuestResponse*)>
      guest;
  std::function<grpc::Status(const std::string& selector,
                             v1::PlanGuestResponse*)>
      plan;
  std::function<grpc::Status(v1::GetHealthResponse*)> health;
  // What it says to each order: "correct mail-1", "quiesce mail-1 90 s",
  // "hold mail-1: why", "hold: why", "release".
  std::function<grpc::Status(const std::string& order)> order;
  // What a watcher of an operation is told, one after another; then `ended`.
  std::vector<v1::Operation> operations;
  grpc::Status ended;
  // Gets the answer to each GetReport instead of the caller: running it sends
  // it.
  std::function<void(std::function<void()> answer)> hold;
  // Takes calls and never answers them.
  bool silent = false;

  // `credentials` null: none, as any server. Returns the address.
  std::string Listen(
      const std::string& path,
      std::shared_ptr<grpc::ServerCredentials> credentials = nullptr);
  // A report to everyone who watches, now and later.
  void Publish(const v1::HostReport& newest);
  // Waits until that many watch.
  void WaitForWatchers(int count);
  // As if it were killed: connections break, nobody listens any more.
  void Die();

 private:
  class Service;
  std::unique_ptr<Service> service_;
  std::unique_ptr<grpc::Server> server_;
};

// A report by a proven host of that name with one guest.
v1::HostReport ReportWith(const std::string& host, const std::string& guest,
                          v1::Verdict verdict);

// A socket that accepts connections, since the kernel does, and reads nothing.
class DeafSocket {
 public:
  explicit DeafSocket(const std::string& path);
  ~DeafSocket();
  DeafSocket(const DeafSocket&) = delete;
  DeafSocket& operator=(const DeafSocket&) = delete;
  // Takes one connection, when it comes. The caller closes it.
  int Accept() const;
  // Takes one connection and ends it at once, and the socket with it.
  void HangUp();

 private:
  const std::string path_;
  int fd_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_HOST_CLI_FAKE_DAEMON_H_
