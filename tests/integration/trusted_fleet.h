#ifndef NOONMARK_TESTS_INTEGRATION_TRUSTED_FLEET_H_
#define NOONMARK_TESTS_INTEGRATION_TRUSTED_FLEET_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::testing {

std::string ReadText(const std::string& path);

// How a client with these PEM texts dials that takes any server of its
// authority; no own one: it shows none.
std::shared_ptr<grpc::ChannelCredentials> DialsWith(const std::string& own,
                                                    const std::string& trusted);

// One Describe, on a connection of its own.
grpc::Status AskAgent(
    const std::string& address,
    const std::shared_ptr<grpc::ChannelCredentials>& credentials,
    std::chrono::seconds limit = std::chrono::seconds(20));

// The keys of a fleet, made by the program for them, and who uses them.
class TrustedFleet {
 public:
  explicit TrustedFleet(std::string fleet = "example.net");

  // noonmark pki WORDS: fails the test unless it ends well.
  void Pki(std::vector<std::string> words) const;
  // Of who was issued keys: "host/dom0-a".
  std::string Folder(const std::string& holder) const {
    return directory_.Path("ca/" + holder);
  }
  // As this holder dials.
  std::shared_ptr<grpc::ChannelCredentials> As(const std::string& holder) const;
  const TemporaryDirectory& directory() const { return directory_; }

 private:
  TemporaryDirectory directory_;
};

// noonmark-agent on a port of loopback that the kernel chose.
class NetworkAgent {
 public:
  // Its identity is in `folder`; more lines for its file's table [agent].
  // `within`: the words of the program that runs it, if any.
  NetworkAgent(const std::string& folder, const std::string& lines = "",
               std::vector<std::string> within = {});

  const std::string& address() const { return address_; }
  ChildProcess& process() { return *process_; }

 private:
  TemporaryDirectory directory_;
  std::unique_ptr<ChildProcess> process_;
  std::string address_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_INTEGRATION_TRUSTED_FLEET_H_
