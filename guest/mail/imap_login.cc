#include "guest/mail/imap_login.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/runtime/config_file.h"
#include "common/runtime/config_value.h"

namespace noonmark {
namespace {

constexpr size_t kLongestLine = 8192;

// RFC 3501, "quoted": no control characters and nothing beyond ASCII.
bool CanBeQuoted(std::string_view text) {
  return !text.empty() && absl::c_all_of(text, [](char c) {
    return static_cast<unsigned char>(c) >= 0x20 &&
           static_cast<unsigned char>(c) < 0x7f;
  });
}

std::string Quoted(const std::string& text) {
  return absl::StrCat(
      "\"", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}}), "\"");
}

// A connection on which nothing waits beyond one moment.
class Connection {
 public:
  Connection(Clock& clock, MonotonicTime until)
      : clock_(clock), until_(until) {}
  ~Connection() {
    if (socket_ >= 0) close(socket_);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  absl::Status Connect(const Address& address) {
    sockaddr_storage to = {};
    socklen_t length = 0;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&to);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&to);
    if (inet_pton(AF_INET, address.host.c_str(), &v4->sin_addr) == 1) {
      v4->sin_family = AF_INET;
      v4->sin_port = htons(address.port);
      length = sizeof *v4;
    } else if (inet_pton(AF_INET6, address.host.c_str(), &v6->sin6_addr) == 1) {
      v6->sin6_family = AF_INET6;
      v6->sin6_port = htons(address.port);
      length = sizeof *v6;
    } else {
      return absl::InternalError(
          absl::StrCat(address.ToString(), " is no number of this machine"));
    }
    socket_ =
        socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (socket_ < 0) return Broken(errno);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&to), length) == 0) {
      return absl::OkStatus();
    }
    if (errno != EINPROGRESS) return Broken(errno);
    if (absl::Status status = Wait(POLLOUT); !status.ok()) return status;
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    return error == 0 ? absl::OkStatus() : Broken(error);
  }

  absl::Status Send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent =
          send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        text.remove_prefix(static_cast<size_t>(sent));
      } else if (errno == EAGAIN) {
        if (absl::Status status = Wait(POLLOUT); !status.ok()) return status;
      } else if (errno != EINTR) {
        return Broken(errno);
      }
    }
    return absl::OkStatus();
  }

  // Without its end.
  absl::StatusOr<std::string> ReadLine() {
    for (;;) {
      if (const size_t end = buffer_.find('\n'); end != std::string::npos) {
        std::string line = buffer_.substr(0, end);
        buffer_.erase(0, end + 1);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        return line;
      }
      if (buffer_.size() > kLongestLine) {
        return absl::InternalError("a line without an end came");
      }
      char bytes[1024];
      const ssize_t got = recv(socket_, bytes, sizeof bytes, 0);
      if (got > 0) {
        buffer_.append(bytes, static_cast<size_t>(got));
      } else if (got == 0) {
        return absl::UnavailableError("the server closed the connection");
      } else if (errno == EAGAIN) {
        if (absl::Status status = Wait(POLLIN); !status.ok()) return status;
      } else if (errno != EINTR) {
        return Broken(errno);
      }
    }
  }

 private:
  static absl::Status Broken(int error) {
    return absl::UnavailableError(std::strerror(error));
  }

  absl::Status Wait(short events) {
    for (;;) {
      const absl::Duration left = until_ - clock_.Now();
      if (left <= absl::ZeroDuration()) break;
      pollfd wait = {socket_, events, 0};
      const int64_t ms =
          std::min<int64_t>(absl::ToInt64Milliseconds(left) + 1, 60'000);
      const int ready = poll(&wait, 1, static_cast<int>(ms));
      if (ready > 0) return absl::OkStatus();
      if (ready < 0 && errno != EINTR) return Broken(errno);
    }
    return absl::DeadlineExceededError("no answer in time");
  }

  Clock& clock_;
  const MonotonicTime until_;
  int socket_ = -1;
  std::string buffer_;
};

// The same error, and how far it came.
absl::Status At(std::string_view step, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(std::string(step), ": ", status.message()));
}

}  // namespace

absl::StatusOr<ProbeAccount> LoadProbeAccount(const std::string& path) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Load(path);
  if (!file.ok()) return file.status();
  ProbeAccount account;
  ConfigTable imap = file->root().Table("imap");
  const absl::StatusOr<Address> address =
      Address::Parse(imap.String("address", account.address.ToString()));
  if (!address.ok()) {
    imap.Fault("address", std::string(address.status().message()));
  } else if (address->IsUnix() || !address->IsLoopback()) {
    imap.Fault(
        "address",
        "must be a number of loopback: the password goes there as it is");
  } else {
    account.address = *address;
  }
  account.user = imap.RequiredString("user");
  account.password = imap.RequiredString("password");
  for (const auto& [key, text] : {std::pair("user", account.user),
                                  std::pair("password", account.password)}) {
    if (!text.empty() && !CanBeQuoted(text)) {
      imap.Fault(key, "must be printable ASCII");
    }
  }
  if (absl::Status status = file->Check(); !status.ok()) return status;
  return account;
}

absl::Status LogIn(const ProbeAccount& account, Clock& clock,
                   absl::Duration limit) {
  Connection connection(clock, clock.Now() + limit);
  if (absl::Status status = connection.Connect(account.address); !status.ok()) {
    return At("connecting", status);
  }
  absl::StatusOr<std::string> line = connection.ReadLine();
  if (!line.ok()) return At("greeting", line.status());
  if (!absl::StartsWithIgnoreCase(*line, "* OK")) {
    return absl::InternalError(
        absl::StrCat("greeting: not IMAP's: \"", ForMessage(*line), "\""));
  }
  absl::Status status = connection.Send(absl::StrCat(
      "a LOGIN ", Quoted(account.user), " ", Quoted(account.password), "\r\n"));
  while (status.ok()) {
    line = connection.ReadLine();
    if (!line.ok()) {
      status = line.status();
    } else if (absl::StartsWithIgnoreCase(*line, "a OK")) {
      // Said out of politeness: the login is what was asked.
      (void)connection.Send("b LOGOUT\r\n");
      return absl::OkStatus();
    } else if (absl::StartsWithIgnoreCase(*line, "* BYE")) {
      status = absl::UnavailableError(
          absl::StrCat("the server says \"", ForMessage(*line), "\""));
    } else if (!absl::StartsWith(*line, "*")) {
      // A server that is not ready yet says so in a NO, too.
      const bool temporary = absl::StrContains(*line, "[UNAVAILABLE]");
      status = absl::Status(
          temporary ? absl::StatusCode::kUnavailable
                    : absl::StatusCode::kPermissionDenied,
          absl::StrCat("the server says \"", ForMessage(*line), "\""));
    }
  }
  return At("login", status);
}

}  // namespace noonmark
