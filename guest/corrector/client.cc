#include "guest/corrector/client.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

absl::Status Unavailable(const std::string& path, int error) {
  return absl::UnavailableError(
      absl::StrCat("noonmark-corrector at ", path, ": ", strerror(error)));
}

int WakeUp() {
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  // Out of descriptors before anything was begun: nothing can be served.
  if (event < 0) std::abort();
  return event;
}

}  // namespace

CorrectorClient::CorrectorClient(Clock* clock, std::string path,
                                 absl::Duration limit)
    : clock_(clock),
      path_(std::move(path)),
      limit_(limit),
      wake_(WakeUp()),
      thread_([this] { Run(); }) {}

CorrectorClient::~CorrectorClient() {
  {
    MutexLock lock(mutex_);
    ending_ = true;
  }
  eventfd_write(wake_, 1);
  thread_.join();
  Disconnect();
  close(wake_);
}

void CorrectorClient::Ask(
    const Order& order,
    std::function<void(absl::StatusOr<OperationStatus>)> answer) {
  Put({.number = 0, .what = order},
      [answer = std::move(answer)](absl::StatusOr<CorrectorAnswer> came) {
        if (!came.ok()) return answer(came.status());
        auto* status = std::get_if<OperationStatus>(&came->what);
        if (status == nullptr) {
          return answer(absl::InternalError("an answer to another question"));
        }
        answer(std::move(*status));
      });
}

void CorrectorClient::Reload(const std::string& profile,
                             std::function<void(absl::Status)> answer) {
  Put({.number = 0, .what = ReloadRequest{.profile = profile}},
      [answer = std::move(answer)](absl::StatusOr<CorrectorAnswer> came) {
        if (!came.ok()) return answer(came.status());
        const auto* begun = std::get_if<absl::Status>(&came->what);
        answer(begun != nullptr
                   ? *begun
                   : absl::InternalError("an answer to another question"));
      });
}

void CorrectorClient::Put(
    CorrectorRequest request,
    std::function<void(absl::StatusOr<CorrectorAnswer>)> answer) {
  const MonotonicTime until = clock_->Now() + limit_;
  {
    MutexLock lock(mutex_);
    const bool one_too_many = questions_.size() >= kMostQuestions;
    questions_.push_back(
        {std::move(request), until, one_too_many, std::move(answer)});
  }
  eventfd_write(wake_, 1);
}

void CorrectorClient::Run() {
  while (true) {
    std::deque<Question> now;
    bool ending;
    {
      MutexLock lock(mutex_);
      ending = ending_;
      if (ending) {
        now.swap(questions_);
      } else if (!questions_.empty()) {
        now.push_back(std::move(questions_.front()));
        questions_.pop_front();
      }
    }
    for (const Question& question : now) {
      question.answer(
          ending ? absl::CancelledError("noonmark-agent is about to end")
          : question.one_too_many
              ? absl::ResourceExhaustedError(
                    "too many questions wait for noonmark-corrector")
              : Exchange(question));
    }
    if (ending) return;
    if (now.empty()) WaitForWork();
  }
}

void CorrectorClient::WaitForWork() const {
  pollfd work = {.fd = wake_, .events = POLLIN, .revents = 0};
  poll(&work, 1, -1);
  eventfd_t ignored;
  eventfd_read(wake_, &ignored);
}

bool CorrectorClient::Ending() {
  MutexLock lock(mutex_);
  return ending_;
}

absl::StatusOr<CorrectorAnswer> CorrectorClient::Exchange(
    const Question& question) {
  CorrectorRequest request = question.request;
  request.number = ++number_;
  // A connection of long ago may belong to a corrector that is gone by now.
  const bool is_old = socket_ >= 0;
  absl::StatusOr<CorrectorAnswer> answer = Try(request, question.until);
  if (is_old && absl::IsUnavailable(answer.status())) {
    Disconnect();
    absl::StatusOr<CorrectorAnswer> again = Try(request, question.until);
    // The first may have heard it, though now nobody is there.
    if (!absl::IsNotFound(again.status())) answer = std::move(again);
  }
  // An answer that comes late must not be taken for the next one.
  if (!answer.ok()) Disconnect();
  return answer;
}

absl::StatusOr<CorrectorAnswer> CorrectorClient::Try(
    const CorrectorRequest& request, MonotonicTime until) {
  if (absl::Status status = Connect(); !status.ok()) return status;
  const std::string packet = EncodeRequest(request);
  if (absl::Status status = Wait(POLLOUT, until); !status.ok()) return status;
  if (send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL) < 0) {
    return Unavailable(path_, errno);
  }
  if (absl::Status status = Wait(POLLIN, until); !status.ok()) return status;
  std::array<char, kAnswerBytes + 1> buffer;
  const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
  if (size < 0) return Unavailable(path_, errno);
  if (size == 0) return Unavailable(path_, ECONNRESET);
  absl::StatusOr<CorrectorAnswer> answer =
      DecodeAnswer({buffer.data(), static_cast<size_t>(size)});
  if (!answer.ok()) {
    return absl::InternalError(absl::StrCat("noonmark-corrector answers with ",
                                            answer.status().message()));
  }
  if (answer->number != request.number) {
    return absl::InternalError("an answer to another question");
  }
  return answer;
}

absl::Status CorrectorClient::Connect() {
  if (socket_ >= 0) return absl::OkStatus();
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) {
    return Unavailable(path_, ENAMETOOLONG);
  }
  std::memcpy(address.sun_path, path_.data(), path_.size());
  socket_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) return Unavailable(path_, errno);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address),
              sizeof address) != 0) {
    const int error = errno;
    // Unless its queue is full, which passes.
    if (error == EAGAIN) return Unavailable(path_, error);
    return absl::NotFoundError(Unavailable(path_, error).message());
  }
  return absl::OkStatus();
}

absl::Status CorrectorClient::Wait(short events, MonotonicTime until) {
  while (true) {
    const absl::Duration left = until - clock_->Now();
    if (left <= absl::ZeroDuration()) {
      return absl::DeadlineExceededError(
          absl::StrCat("noonmark-corrector at ", path_, " does not answer"));
    }
    pollfd fds[] = {{.fd = socket_, .events = events, .revents = 0},
                    {.fd = wake_, .events = POLLIN, .revents = 0}};
    // One more than is left, so that it never turns in place.
    poll(fds, 2, static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    if (fds[0].revents != 0) return absl::OkStatus();
    if (fds[1].revents != 0) {
      eventfd_t ignored;
      eventfd_read(wake_, &ignored);
      if (Ending()) {
        return absl::CancelledError("noonmark-agent is about to end");
      }
    }
  }
}

void CorrectorClient::Disconnect() {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

}  // namespace noonmark
