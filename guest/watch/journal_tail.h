#ifndef NOONMARK_GUEST_WATCH_JOURNAL_TAIL_H_
#define NOONMARK_GUEST_WATCH_JOURNAL_TAIL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "guest/watch/log_tail.h"

struct sd_journal;

namespace noonmark {

// The system's journal, from now on: what mail services, time daemons and the
// kernel write into it. Reading it needs the group systemd-journal or adm.
class JournalTail final : public LogTail {
 public:
  // Not empty: the journal files of this folder instead, from their beginning.
  //
  // Errors:
  //   kFailedPrecondition  it cannot be opened, or none of it can be read: the
  //                        message says why and what to do.
  static absl::StatusOr<std::unique_ptr<JournalTail>> Open(
      const std::string& folder = "");
  ~JournalTail() override;
  JournalTail(const JournalTail&) = delete;
  JournalTail& operator=(const JournalTail&) = delete;

  int descriptor() const override;
  void Read(const std::function<void(const LogEntry&)>& each) override;

 private:
  explicit JournalTail(sd_journal* journal) : journal_(journal) {}

  sd_journal* const journal_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_WATCH_JOURNAL_TAIL_H_
