#ifndef NOONMARK_HOST_PROBE_PROBE_DIALER_H_
#define NOONMARK_HOST_PROBE_PROBE_DIALER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/time/time.h"
#include "common/time/clock.h"
#include "common/time/monotonic_time.h"
#include "host/guests/guest_link.h"
#include "host/probe/probe_message.h"
#include "host/probe/probe_worker.h"

namespace noonmark {

// Agents by way of workers: what guests send is read in other processes, which
// can be ended when it is too much for them.
//
// There are two. All guests begin in the first. One whose connection ended
// badly - soon, or without the answer that was due, or with one that makes no
// sense - is a suspect: its next are made by the second, where a guest that
// wastes time or memory has none but other suspects to waste it for. It goes
// back when it has answered there for `probation`.
//
// When a worker has to be ended, so do its connections. Those guests that it
// waited for, for an answer or a connection, may have been the cause: they are
// told to be, by kAborted. All that by the clock's MONOTONIC.
class ProbeDialer final : public GuestDialer {
 public:
  struct Options {
    // A connection that ends sooner ended badly.
    absl::Duration settled = absl::Minutes(1);
    // An answer that is due for longer is why a worker was ended, or may be.
    absl::Duration due = absl::Milliseconds(500);
    absl::Duration probation = absl::Minutes(10);
    // Guests that are no longer seen are forgotten beyond so many.
    size_t most_suspects = 10'000;
  };

  // `post` runs a function on the dialer's thread, later. `clock` and the
  // workers outlive the dialer and its links.
  ProbeDialer(Options options, Clock& clock,
              std::function<void(std::function<void()>)> post,
              ProbeWorker& common, ProbeWorker& suspects);
  ~ProbeDialer() override;

  std::unique_ptr<GuestLink> Dial(const std::string& address,
                                  const std::string& uuid,
                                  GuestLink::Observer* observer) override;

  // By that worker's own word of itself or of a guest.
  void OnNews(const ProbeWorker& worker, const ProbeNews& news);
  // It ended, or was ended. `overtaxed`: since it took too much.
  void OnGone(const ProbeWorker& worker, const absl::Status& why,
              bool overtaxed);

  bool IsSuspect(const std::string& uuid) const {
    return suspects_.count(uuid) != 0;
  }

 private:
  class Link;
  struct Entry {
    ProbeWorker* worker;
    GuestLink::Observer* observer;
    std::string uuid;
    MonotonicTime dialled;
    // Of the question, or of the connection, that has no answer yet.
    std::optional<MonotonicTime> waits_since;
    bool open = false;
  };

  MonotonicTime Now() const { return clock_.Now(); }
  // Sends it to the link's worker, if it is still there.
  void Send(LinkId id, ProbeOrder order);
  void Ask(LinkId id);
  void Close(LinkId id);
  // Takes the entry away and tells its observer.
  void End(LinkId id, const absl::Status& why);
  // Its next connections are made by the second worker.
  void Suspect(const std::string& uuid);

  const Options options_;
  Clock& clock_;
  const std::function<void(std::function<void()>)> post_;
  ProbeWorker& common_;
  ProbeWorker& suspected_;
  // False when the dialer is gone; what was posted holds it.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  LinkId last_ = 0;
  std::map<LinkId, Entry> links_;
  std::set<std::string> suspects_;  // their UUIDs
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_PROBE_PROBE_DIALER_H_
