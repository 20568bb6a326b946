#ifndef NOONMARK_GUEST_CORRECTOR_CLIENT_H_
#define NOONMARK_GUEST_CORRECTOR_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/correct/order.h"
#include "common/sync/mutex.h"
#include "common/time/clock.h"
#include "guest/corrector/message.h"

namespace noonmark {

// The agent's way to noonmark-corrector. A thread of its own speaks to it, one
// question after the other, so that nobody who asks ever waits.
//
// Every answer comes once, on that thread: it must not wait either, may Ask()
// again, and may not end the client. Whoever lives on another thread (the
// agent's completion loop) hands it over there.
class CorrectorClient {
 public:
  // Longer than the corrector ever takes: it answers before it acts.
  static constexpr absl::Duration kLimit = absl::Seconds(2);
  // More unanswered questions than that are refused.
  static constexpr size_t kMostQuestions = 16;

  // `limit`: how long a question may take in all, by `clock`'s MONOTONIC.
  explicit CorrectorClient(Clock* clock, std::string path = kCorrectorSocket,
                           absl::Duration limit = kLimit);
  // Questions without an answer get kCancelled before this returns.
  ~CorrectorClient();
  CorrectorClient(const CorrectorClient&) = delete;
  CorrectorClient& operator=(const CorrectorClient&) = delete;

  // Any thread. An order that was refused is an answer, not an error: see its
  // `refusal`.
  //
  // Errors:
  //   kNotFound           nobody listens there, so nobody heard it.
  //   kUnavailable        it went away before it answered: whether it heard the
  //                       order is not known, and asking again does no harm.
  //   kDeadlineExceeded   no answer within the limit; as above.
  //   kResourceExhausted  too many questions wait.
  //   kInternal           what came is no answer.
  //   kCancelled          the client ends.
  void Ask(const Order& order,
           std::function<void(absl::StatusOr<OperationStatus>)> answer);

  // Asks that a profile's services be reloaded after a step of the clock that
  // nobody announced. OK: it was begun.
  //
  // Errors: as above, and
  //   kFailedPrecondition  it was not: no such profile, or a correction is
  //   open.
  void Reload(const std::string& profile,
              std::function<void(absl::Status)> answer);

 private:
  struct Question {
    CorrectorRequest request;
    MonotonicTime until;
    bool one_too_many;
    std::function<void(absl::StatusOr<CorrectorAnswer>)> answer;
  };

  void Put(CorrectorRequest request,
           std::function<void(absl::StatusOr<CorrectorAnswer>)> answer);

  // Of the thread alone.
  void Run();
  void WaitForWork() const;
  bool Ending();
  absl::StatusOr<CorrectorAnswer> Exchange(const Question& question);
  absl::StatusOr<CorrectorAnswer> Try(const CorrectorRequest& request,
                                      MonotonicTime until);
  absl::Status Connect();
  // Until the socket is ready for `events`.
  absl::Status Wait(short events, MonotonicTime until);
  void Disconnect();

  Clock* const clock_;
  const std::string path_;
  const absl::Duration limit_;
  const int wake_;  // an eventfd: a question, or the end
  Mutex mutex_;
  std::deque<Question> questions_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t number_ = 0;  // of the thread alone, as is the socket
  int socket_ = -1;
  std::thread thread_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_CLIENT_H_
