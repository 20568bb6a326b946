#include "tests/system/mail_connection.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace noonmark::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

// How soon a request to stop is noticed.
constexpr int kGlanceMs = 50;

// A socket that is connected; -1: nobody listens there.
int ConnectTo(const std::string& address) {
  absl::string_view rest = address;
  sockaddr_storage where = {};
  socklen_t size = 0;
  if (absl::ConsumePrefix(&rest, "unix:")) {
    auto& path = reinterpret_cast<sockaddr_un&>(where);
    path.sun_family = AF_UNIX;
    std::memcpy(path.sun_path, rest.data(),
                std::min(rest.size(), sizeof path.sun_path - 1));
    size = sizeof path;
  } else if (absl::ConsumePrefix(&rest, "127.0.0.1:")) {
    auto& port = reinterpret_cast<sockaddr_in&>(where);
    port.sin_family = AF_INET;
    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int number = 0;
    if (!absl::SimpleAtoi(rest, &number)) return -1;
    port.sin_port = htons(static_cast<uint16_t>(number));
    size = sizeof port;
  }
  const int socket = ::socket(where.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(socket, reinterpret_cast<const sockaddr*>(&where), size) == 0) {
    return socket;
  }
  close(socket);
  return -1;
}

}  // namespace

MailConnection::MailConnection(int socket, std::stop_token stop)
    : socket_(socket), stop_(std::move(stop)) {}

MailConnection::~MailConnection() { close(socket_); }

absl::StatusOr<std::unique_ptr<MailConnection>> MailConnection::Open(
    const std::string& address, absl::Duration patience, std::stop_token stop) {
  const int socket = ConnectTo(address);
  if (socket < 0) {
    return absl::UnavailableError(absl::StrCat("nobody listens at ", address));
  }
  std::unique_ptr<MailConnection> connection(
      new MailConnection(socket, std::move(stop)));
  const auto greeting = connection->ReadLine(patience);
  if (absl::IsAborted(greeting.status())) {
    return absl::UnavailableError("ended without a greeting");
  }
  if (!greeting.ok()) return greeting.status();
  return connection;
}

absl::Status MailConnection::Send(const std::string& line) {
  const std::string sent = absl::StrCat(line, "\r\n");
  if (send(socket_, sent.data(), sent.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(sent.size())) {
    return absl::AbortedError(std::strerror(errno));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> MailConnection::ReadLine(absl::Duration patience) {
  const auto end = SteadyClock::now() + absl::ToChronoNanoseconds(patience);
  while (true) {
    const size_t line_end = received_.find("\r\n");
    if (line_end != received_.npos) {
      std::string line = received_.substr(0, line_end);
      received_.erase(0, line_end + 2);
      return line;
    }
    if (stop_.stop_requested()) return absl::CancelledError("stopped");
    if (SteadyClock::now() >= end) {
      return absl::DeadlineExceededError(
          absl::StrCat("no answer for ", absl::FormatDuration(patience)));
    }
    pollfd ready = {.fd = socket_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, kGlanceMs) <= 0) continue;
    char text[4096];
    const ssize_t size = read(socket_, text, sizeof text);
    if (size == 0) return absl::AbortedError("the server ended it");
    if (size < 0) return absl::AbortedError(std::strerror(errno));
    received_.append(text, static_cast<size_t>(size));
  }
}

absl::StatusOr<std::string> MailConnection::Imap(const std::string& command,
                                                 absl::Duration patience) {
  if (const auto sent = Send(absl::StrCat("n ", command)); !sent.ok()) {
    return sent;
  }
  while (true) {
    auto line = ReadLine(patience);
    if (!line.ok() || absl::StartsWith(*line, "n OK")) return line;
    if (absl::StartsWith(*line, "n ")) {
      return absl::FailedPreconditionError(*line);
    }
  }
}

absl::StatusOr<std::string> MailConnection::Smtp(const std::string& command,
                                                 absl::Duration patience) {
  if (const auto sent = Send(command); !sent.ok()) return sent;
  while (true) {
    auto line = ReadLine(patience);
    if (!line.ok()) return line;
    if (line->size() > 3 && (*line)[3] == '-') continue;
    if (absl::StartsWith(*line, "2") || absl::StartsWith(*line, "3")) {
      return line;
    }
    return absl::FailedPreconditionError(*line);
  }
}

absl::StatusOr<std::unique_ptr<MailConnection>> LogIn(
    const std::string& address, const std::string& user,
    absl::Duration patience, std::stop_token stop) {
  auto connection = MailConnection::Open(address, patience, std::move(stop));
  if (!connection.ok()) return connection;
  const auto answer =
      (*connection)->Imap(absl::StrCat("LOGIN ", user, " noon"), patience);
  if (!answer.ok()) return answer.status();
  return connection;
}

Delivery Deliver(const std::string& address, const std::string& greeting,
                 const std::string& recipient, const std::string& id,
                 absl::Duration patience, std::stop_token stop) {
  const auto opened = MailConnection::Open(address, patience, std::move(stop));
  if (!opened.ok()) return Delivery::kNotTaken;
  MailConnection& connection = **opened;
  for (const std::string& command :
       {absl::StrCat(greeting, " bed"),
        std::string("MAIL FROM:<bed@example.org>"),
        absl::StrCat("RCPT TO:<", recipient, ">"), std::string("DATA")}) {
    if (!connection.Smtp(command, patience).ok()) return Delivery::kNotTaken;
  }
  const auto answer = connection.Smtp(
      absl::StrCat("From: bed@example.org\r\nX-Bed-Id: ", id,
                   "\r\nMessage-ID: <", id, "@bed.example.org>\r\n\r\nmessage ",
                   id, "\r\n."),
      patience);
  if (answer.ok()) return Delivery::kAcknowledged;
  // 421 is no word about the message: the server ends the connection, be it
  // that it had just taken it (RFC 5321, 3.8).
  return absl::IsFailedPrecondition(answer.status()) &&
                 !absl::StartsWith(answer.status().message(), "421")
             ? Delivery::kNotTaken
             : Delivery::kUnanswered;
}

}  // namespace noonmark::testing
