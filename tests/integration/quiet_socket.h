#ifndef NOONMARK_TESTS_INTEGRATION_QUIET_SOCKET_H_
#define NOONMARK_TESTS_INTEGRATION_QUIET_SOCKET_H_

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace noonmark::testing {

// A unix socket whose connections are treated by a test: by default accepted,
// kept open, and neither read nor answered.
class QuietSocket {
 public:
  // Given each connection; true keeps it until the end. Called on a thread of
  // the socket's own, one at a time.
  using Treatment = std::function<bool(int connection)>;
  explicit QuietSocket(
      const std::string& path, Treatment treat = [](int) { return true; });
  ~QuietSocket();
  QuietSocket(const QuietSocket&) = delete;
  QuietSocket& operator=(const QuietSocket&) = delete;

 private:
  void Accept();

  const std::string path_;
  const Treatment treat_;
  int listener_;
  std::vector<int> kept_;
  std::thread thread_;
};

// A connection to a unix socket; negative: there is none.
int ConnectTo(const std::string& path);

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_INTEGRATION_QUIET_SOCKET_H_
