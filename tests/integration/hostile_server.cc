#include "tests/integration/hostile_server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <zlib.h>

#include <chrono>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <utility>

namespace noonmark::testing {
namespace {

// RFC 9113.
constexpr uint8_t kData = 0, kHeaders = 1, kRstStream = 3, kSettings = 4,
                  kPing = 6, kGoAway = 7, kContinuation = 9;
constexpr uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;
constexpr size_t kFrame = 16'384;

std::string Big32(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string Frame(uint8_t type, uint8_t flags, uint32_t stream,
                  const std::string& payload) {
  std::string frame = Big32(static_cast<uint32_t>(payload.size())).substr(1);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  return frame + Big32(stream) + payload;
}

// RFC 7541, without a table: a literal that is not to be indexed.
std::string Header(const std::string& name, const std::string& value) {
  return std::string(1, '\0') + static_cast<char>(name.size()) + name +
         static_cast<char>(value.size()) + value;
}
const std::string& ResponseHeaders() {
  static const std::string headers =
      std::string(1, '\x88') + Header("content-type", "application/grpc");
  return headers;
}

// As gRPC frames a message.
std::string Message(bool compressed, uint32_t length,
                    const std::string& bytes) {
  return std::string(1, compressed ? '\1' : '\0') + Big32(length) + bytes;
}

std::string GzippedZeros(size_t size) {
  const std::string zeros(size, '\0');
  z_stream stream = {};
  // 16: with gzip's header.
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9,
                         Z_DEFAULT_STRATEGY),
            Z_OK);
  std::string packed(deflateBound(&stream, size), '\0');
  // zlib takes what it only reads as what it may write.
  stream.next_in =
      reinterpret_cast<unsigned char*>(const_cast<char*>(zeros.data()));
  stream.avail_in = static_cast<unsigned>(size);
  stream.next_out = reinterpret_cast<unsigned char*>(packed.data());
  stream.avail_out = static_cast<unsigned>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// One connection.
class Connection {
 public:
  Connection(int file, const std::atomic<bool>& over,
             const std::atomic<bool>& awake)
      : file_(file), over_(over), awake_(awake) {}
  ~Connection() { close(file_); }

  // All of it, if the other side takes it. False: it is over.
  bool Send(const std::string& bytes) {
    size_t sent = 0;
    while (sent < bytes.size()) {
      if (!Wait(POLLOUT, 100)) {
        if (Over()) return false;
        continue;
      }
      const ssize_t count =
          send(file_, bytes.data() + sent, bytes.size() - sent,
               MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count < 0 && errno != EAGAIN) return false;
      if (count > 0) sent += static_cast<size_t>(count);
      if (Over()) return false;
      Discard();
    }
    return true;
  }
  bool Drip(const std::string& bytes, std::chrono::milliseconds pause) {
    for (const char byte : bytes) {
      if (!Send(std::string(1, byte)) || !Sleep(pause)) return false;
    }
    return true;
  }
  // False: it is over.
  bool Sleep(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) {
      if (Over()) return false;
      if (Wait(POLLIN, 10) && !Discard()) return false;
    }
    return true;
  }
  // Until the client asks something.
  bool AwaitCall(uint32_t* stream) {
    while (!Over()) {
      if (ParseHeaders(stream)) return true;
      if (!Wait(POLLIN, 100)) continue;
      char buffer[4096];
      const ssize_t got = recv(file_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got == 0 || (got < 0 && errno != EAGAIN)) return false;
      if (got > 0) unread_.append(buffer, static_cast<size_t>(got));
    }
    return false;
  }
  bool Over() const { return over_ || !awake_; }

 private:
  bool Wait(short events, int milliseconds) const {
    pollfd waited = {file_, events, 0};
    return poll(&waited, 1, milliseconds) > 0;
  }
  // What the client says is of no interest. False: it has gone.
  bool Discard() {
    char buffer[4096];
    ssize_t got;
    while ((got = recv(file_, buffer, sizeof buffer, MSG_DONTWAIT)) > 0) {
    }
    return got != 0;
  }
  // Takes frames up to the first HEADERS.
  bool ParseHeaders(uint32_t* stream) {
    constexpr size_t kPreface = 24;
    if (!preface_) {
      if (unread_.size() < kPreface) return false;
      unread_.erase(0, kPreface);
      preface_ = true;
    }
    while (unread_.size() >= 9) {
      const auto byte = [this](size_t i) {
        return static_cast<uint32_t>(static_cast<uint8_t>(unread_[i]));
      };
      const size_t length = byte(0) << 16 | byte(1) << 8 | byte(2);
      if (unread_.size() < 9 + length) return false;
      const uint32_t type = byte(3);
      *stream = byte(5) << 24 | byte(6) << 16 | byte(7) << 8 | byte(8);
      unread_.erase(0, 9 + length);
      if (type == kHeaders) return true;
    }
    return false;
  }

  const int file_;
  const std::atomic<bool>& over_;
  const std::atomic<bool>& awake_;
  std::string unread_;
  bool preface_ = false;
};

// `block` again and again.
void Flood(Connection& connection, const std::string& block) {
  std::string many;
  while (many.size() < 4 * kFrame) many += block;
  while (connection.Send(many)) {
  }
}

void Behave(Malice malice, Connection& connection) {
  const std::string hello =
      Frame(kSettings, 0, 0, "") + Frame(kSettings, kAck, 0, "");
  const std::string body(kFrame, 'b');
  uint32_t call = 0;
  // Until it is asked, as every server.
  const auto greet = [&](const std::string& greeting) {
    return connection.Send(greeting) && connection.AwaitCall(&call);
  };
  const auto answer = [&](const std::string& headers) {
    return greet(hello) &&
           connection.Send(Frame(kHeaders, kEndHeaders, call, headers));
  };
  const auto stay = [&] {
    while (connection.Sleep(std::chrono::milliseconds(100))) {
    }
  };
  switch (malice) {
    case Malice::kSilent:
      if (greet(hello)) stay();
      return;
    case Malice::kDrip:
      if (answer(ResponseHeaders()) &&
          connection.Send(Frame(kData, 0, call, Message(false, 60'000, "")))) {
        while (connection.Send(Frame(kData, 0, call, "x")) &&
               connection.Sleep(std::chrono::milliseconds(5))) {
        }
      }
      return;
    case Malice::kHugeMessage:
      if (answer(ResponseHeaders()) &&
          connection.Send(Frame(kData, 0, call, Message(false, ~0u, "")))) {
        Flood(connection, Frame(kData, 0, call, body));
      }
      return;
    case Malice::kHeaderFlood:
      if (greet(hello) &&
          connection.Send(Frame(kHeaders, 0, call, ResponseHeaders()))) {
        std::string headers;
        for (int i = 0; i < 200; ++i) {
          headers += Header("x-" + std::to_string(i), std::string(60, 'v'));
        }
        Flood(connection, Frame(kContinuation, 0, call, headers));
      }
      return;
    case Malice::kEndlessVarint:
      if (greet(hello) && connection.Send(Frame(kHeaders, 0, call, "\x7f"))) {
        Flood(connection,
              Frame(kContinuation, 0, call, std::string(kFrame, '\x80')));
      }
      return;
    case Malice::kHugeHeader: {
      // The value's length: 2^30, as 127 and the rest by 7 bits.
      const std::string start("\0\1a\x7f\x81\xff\xff\xff\x03", 9);
      if (greet(hello) && connection.Send(Frame(kHeaders, 0, call, start))) {
        Flood(connection, Frame(kContinuation, 0, call, body));
      }
      return;
    }
    case Malice::kSettingsFlood:
      if (greet(hello)) {
        // INITIAL_WINDOW_SIZE, a little more each time or less.
        Flood(connection,
              Frame(kSettings, 0, 0, std::string("\0\4\0\0\xff\xff", 6)) +
                  Frame(kSettings, 0, 0, std::string("\0\4\0\0\xff\0", 6)));
      }
      return;
    case Malice::kPingFlood:
      if (greet(hello)) Flood(connection, Frame(kPing, 0, 0, "12345678"));
      return;
    case Malice::kNoise: {
      std::mt19937 random(1);
      std::string noise(kFrame, '\0');
      while (true) {
        for (char& byte : noise) byte = static_cast<char>(random());
        if (!connection.Send(noise)) return;
      }
    }
    case Malice::kGoAway:
      static_cast<void>(
          greet(hello) &&
          connection.Send(Frame(kGoAway, 0, 0, Big32(0) + Big32(0))));
      return;
    case Malice::kReset:
      if (!connection.Send(hello)) return;
      while (connection.AwaitCall(&call)) {
        constexpr uint32_t kRefused = 7;
        if (!connection.Send(Frame(kRstStream, 0, call, Big32(kRefused)))) {
          return;
        }
      }
      return;
    case Malice::kCompressedBomb: {
      static const std::string bomb = GzippedZeros(size_t{64} << 20);
      if (!answer(ResponseHeaders() + Header("grpc-encoding", "gzip"))) return;
      const std::string message =
          Message(true, static_cast<uint32_t>(bomb.size()), bomb);
      for (size_t at = 0; at < message.size(); at += kFrame) {
        if (!connection.Send(
                Frame(kData, 0, call, message.substr(at, kFrame)))) {
          return;
        }
      }
      return stay();
    }
    case Malice::kTrailersOnly:
      if (!connection.Send(hello)) return;
      while (connection.AwaitCall(&call)) {
        if (!connection.Send(
                Frame(kHeaders, kEndHeaders | kEndStream, call,
                      ResponseHeaders() + Header("grpc-status", "0")))) {
          return;
        }
      }
      return;
    case Malice::kNoWindow:
      if (greet(Frame(kSettings, 0, 0, std::string("\0\4\0\0\0\0", 6)) +
                Frame(kSettings, kAck, 0, ""))) {
        stay();
      }
      return;
    case Malice::kSlowHandshake:
      if (connection.Drip(hello, std::chrono::milliseconds(400))) stay();
      return;
  }
}

}  // namespace

const char* NameOf(Malice malice) {
  constexpr const char* kNames[kMalices] = {
      "silent",         "drip",        "huge-message",   "header-flood",
      "endless-varint", "huge-header", "settings-flood", "ping-flood",
      "noise",          "go-away",     "reset",          "compressed-bomb",
      "trailers-only",  "no-window",   "slow-handshake"};
  return kNames[static_cast<int>(malice)];
}

HostileServer::HostileServer(std::string path, Malice malice)
    : path_(std::move(path)), malice_(malice) {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  EXPECT_LT(path_.size(), sizeof name.sun_path);
  std::memcpy(name.sun_path, path_.data(), path_.size());
  EXPECT_EQ(
      bind(listener_, reinterpret_cast<const sockaddr*>(&name), sizeof name),
      0);
  EXPECT_EQ(listen(listener_, 16), 0);
  thread_ = std::thread([this] { Accept(); });
}

HostileServer::~HostileServer() {
  over_ = true;
  thread_.join();
  for (std::thread& server : servers_) server.join();
  close(listener_);
  unlink(path_.c_str());
}

void HostileServer::Accept() {
  while (!over_) {
    pollfd waited = {listener_, POLLIN, 0};
    if (poll(&waited, 1, 50) <= 0) continue;
    const int connection = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (!awake_) {
      close(connection);
      continue;
    }
    ++connections_;
    servers_.emplace_back([this, connection] { Serve(connection); });
  }
}

void HostileServer::Serve(int connection) {
  Connection one(connection, over_, awake_);
  Behave(malice_, one);
}

}  // namespace noonmark::testing
