#ifndef NOONMARK_TESTS_SYSTEM_MAIL_CONNECTION_H_
#define NOONMARK_TESTS_SYSTEM_MAIL_CONNECTION_H_

#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace noonmark::testing {

// A conversation with a mail server, as a client has it.
//
// Errors of all that is here:
//   kUnavailable         no service: nobody listens, or the connection ended
//                        before a greeting
//   kAborted             the connection ended later
//   kDeadlineExceeded    no answer within `patience`
//   kFailedPrecondition  the server says no, in its own words
//   kCancelled           `stop` was requested
class MailConnection {
 public:
  // `address`: "unix:PATH", or "127.0.0.1:PORT". Returns with the greeting.
  static absl::StatusOr<std::unique_ptr<MailConnection>> Open(
      const std::string& address, absl::Duration patience,
      std::stop_token stop);
  ~MailConnection();
  MailConnection(const MailConnection&) = delete;
  MailConnection& operator=(const MailConnection&) = delete;

  absl::Status Send(const std::string& line);
  // Without its end.
  absl::StatusOr<std::string> ReadLine(absl::Duration patience);
  // Commands of IMAP, and of SMTP or LMTP: sends it, and returns the last line
  // of an answer that is a yes.
  absl::StatusOr<std::string> Imap(const std::string& command,
                                   absl::Duration patience);
  absl::StatusOr<std::string> Smtp(const std::string& command,
                                   absl::Duration patience);

 private:
  explicit MailConnection(int socket, std::stop_token stop);

  const int socket_;
  const std::stop_token stop_;
  std::string received_;
};

// A session of IMAP, logged in, with the bed's password.
absl::StatusOr<std::unique_ptr<MailConnection>> LogIn(
    const std::string& address, const std::string& user,
    absl::Duration patience, std::stop_token stop = {});

// What a sender knows of its message.
enum class Delivery {
  kAcknowledged,  // the final dot was answered with a yes
  kNotTaken,      // the server has not taken it; it is to be sent again
  // The final dot was sent and not answered, or by the end of the service
  // alone: it may have been taken. A sender has to send it again, and it is
  // then stored twice for good reason.
  kUnanswered,
};

// Sends one message whose header has "X-Bed-Id: ID" and a Message-ID of
// <ID@bed.example.org>. `greeting`: "LHLO" to
// LMTP, "EHLO" to SMTP.
Delivery Deliver(const std::string& address, const std::string& greeting,
                 const std::string& recipient, const std::string& id,
                 absl::Duration patience, std::stop_token stop = {});

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SYSTEM_MAIL_CONNECTION_H_
