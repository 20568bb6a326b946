#ifndef NOONMARK_TESTS_INTEGRATION_HOSTILE_SERVER_H_
#define NOONMARK_TESTS_INTEGRATION_HOSTILE_SERVER_H_

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace noonmark::testing {

// What a guest's root may have answer in place of its agent: HTTP/2 that no
// library sends.
enum class Malice {
  kSilent,          // takes the connection and the question, says nothing
  kDrip,            // a message, a byte at a time
  kHugeMessage,     // one of 4 GiB
  kHeaderFlood,     // headers without an end
  kEndlessVarint,   // a number of HPACK without an end
  kHugeHeader,      // one header of 1 GiB
  kSettingsFlood,   // SETTINGS after SETTINGS
  kPingFlood,       // PING after PING
  kNoise,           // random bytes
  kGoAway,          // GOAWAY at once, and the end
  kReset,           // every stream is refused, to be tried again
  kCompressedBomb,  // 64 MiB of zeros, in a few KiB
  kTrailersOnly,    // every call ends well, at once, with nothing
  kNoWindow,        // no room for the client's question
  kSlowHandshake,   // its SETTINGS, a byte at a time
};
inline constexpr int kMalices = 15;
const char* NameOf(Malice malice);

// Answers so on a unix socket, as long as it lives and is awake.
class HostileServer {
 public:
  HostileServer(std::string path, Malice malice);
  ~HostileServer();
  HostileServer(const HostileServer&) = delete;
  HostileServer& operator=(const HostileServer&) = delete;

  // Asleep it is as good as not there: who connects is sent away.
  void SetAwake(bool awake) { awake_ = awake; }
  int connections() const { return connections_; }

 private:
  void Accept();
  void Serve(int connection);

  const std::string path_;
  const Malice malice_;
  std::atomic<bool> awake_ = true;
  std::atomic<bool> over_ = false;
  std::atomic<int> connections_ = 0;
  int listener_ = -1;
  std::vector<std::thread> servers_;  // of the accepting thread
  std::thread thread_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_INTEGRATION_HOSTILE_SERVER_H_
