#ifndef NOONMARK_HOST_MONITOR_MONITOR_H_
#define NOONMARK_HOST_MONITOR_MONITOR_H_

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/detect/fleet_assessor.h"
#include "common/time/clock.h"
#include "host/guests/guest_link.h"
#include "host/inventory/hypervisor.h"
#include "host/monitor/guest_corrector.h"
#include "host/monitor/guest_policies.h"
#include "host/monitor/guest_session.h"
#include "host/monitor/snapshot_board.h"

namespace noonmark {

struct MonitorOptions {
  std::string host_name;
  std::string libvirt_uri;
  HostOptions host;
  AssessorOptions assessor;
  GuestPolicies policies;
  SessionOptions session;
  // How many connect at a time: a thousand handshakes at once all time out.
  int connecting_at_once = 16;
  // Between looks at the host's own clock.
  absl::Duration host_watch = absl::Milliseconds(100);
  absl::Duration discipline_watch = absl::Seconds(1);
  // Between publications: at rest, and when there is news.
  absl::Duration publish_every = absl::Milliseconds(100);
  absl::Duration publish_news = absl::Milliseconds(10);
};

// Watches one host's guests: keeps a session for each domain, looks at the
// host's own clock, publishes what it sees.
//
// All on one thread and without a clock or a wait of its own: the owner calls
// Tick() when the time that it returned has come, and passes on what others
// notice. The simulator drives it as the daemon does.
class Monitor final : private GuestSession::Owner, private GuestHands {
 public:
  // What the kernel says of the host's discipline.
  using ReadDiscipline = std::function<std::optional<KernelDiscipline>()>;

  // All must outlive the monitor.
  Monitor(MonitorOptions options, Clock& clock, ReadDiscipline discipline,
          GuestDialer& dialer, SnapshotBoard& board);
  ~Monitor() override;

  // Does what is due. Returns when it wants to be called next.
  MonotonicTime Tick();

  // Sees every input of the core, in order, before it takes effect.
  void OnInput(std::function<void(const CoreInput&)> record) {
    core_.OnInput(std::move(record));
  }

  // Before the first Tick(); must outlive the monitor. Without, nobody
  // corrects.
  void SetCorrector(GuestCorrector* corrector) {
    corrector_ = corrector;
    corrector_->Begin(*this);
  }

  const FleetAssessor& core() const { return core_; }

  // Ends all sessions; nothing else may be called afterwards.
  void Stop();

  // The time for Tick() has moved, since the last return, by an answer or an
  // event: called on the monitor's thread.
  void OnEarlier(std::function<void(MonotonicTime)> earlier) {
    earlier_ = std::move(earlier);
  }

  // From the hypervisor, on the monitor's thread.
  void OnDomains(std::vector<Domain> domains);
  void OnLifecycle(const Lifecycle& event);
  void OnConnection(const absl::Status& status);

  // chronyd answered, or did not.
  void OnChrony(ChronyReport report);

  // The kernel says that the host's REALTIME was set.
  void OnHostClockSet();

 private:
  struct Entry {
    std::string_view uuid;  // the key in guests_
    std::unique_ptr<GuestSession> session;
    MonotonicTime due;  // fixed while it is in schedule_
    bool scheduled = false;
    std::shared_ptr<const GuestRow> row;  // null: changed since
  };
  struct Sooner {
    bool operator()(const Entry* a, const Entry* b) const {
      return a->due != b->due ? a->due < b->due : a->uuid < b->uuid;
    }
  };

  GuestDialer& dialer() override { return dialer_; }
  MonotonicTime Now() override { return clock_.Now(); }
  FleetAssessor::Effect Tell(const CoreInput& input) override;
  const GuestAssessor& Thoughts(const std::string& uuid) override {
    return core_.guest(uuid);
  }
  bool TakeNews(const std::string& uuid) override {
    return core_.TakeNews(uuid);
  }
  bool EnterConnecting(GuestSession& session) override;
  void LeaveConnecting(GuestSession& session) override;
  void OnChanged(GuestSession& session, bool news) override;
  void OnBurst(const BurstReport& burst, MonotonicTime now) override;
  void OnStatus(const std::string& uuid,
                const OperationStatus& status) override;

  bool GiveOrder(const std::string& guest, const Order& order) override;
  void MeasureNow(const std::string& guest) override;
  std::shared_ptr<const GuestRow> RowOf(const std::string& guest) override;
  HostView HostNow() override { return core_.host().View(clock_.Now()); }
  void TickAt(MonotonicTime when) override;
  void PublishSoon() override { WantPublication(/*news=*/true); }
  void PublishNow() override;

  void TellLife(const std::string& guest, DomainLife life, MonotonicTime now);
  void OnRunsAgain(const std::string& uuid, LifeEvent how, MonotonicTime now);
  void OnStopped(const Lifecycle& event, MonotonicTime now);
  void ForgetSaved(MonotonicTime now);
  void AskOthers(const std::string& but);
  void ReadHostDiscipline(MonotonicTime now);
  void Reschedule(Entry& entry);
  void Unschedule(Entry& entry);
  MonotonicTime Next() const;
  void WantPublication(bool news);
  void PublishIfDue(MonotonicTime now);

  MonitorOptions options_;
  Clock& clock_;
  ReadDiscipline read_discipline_;
  GuestDialer& dialer_;
  SnapshotBoard& board_;
  std::function<void(MonotonicTime)> earlier_;
  GuestCorrector* corrector_ = nullptr;
  std::optional<MonotonicTime> corrector_at_;
  // When guests were asked last whose leap another's was.
  std::optional<MonotonicTime> asked_others_;

  FleetAssessor core_;
  std::string libvirt_error_;
  std::map<std::string, Entry> guests_;  // by UUID
  std::set<Entry*, Sooner> schedule_;
  int connecting_ = 0;
  std::deque<std::string> queue_;
  MonotonicTime host_at_;
  MonotonicTime discipline_at_;
  // Saved to a file, and since when: remembered, since they go on from there.
  std::map<std::string, MonotonicTime> saved_;
  // What was told of guests that are not listed yet.
  std::map<std::string, LifecycleInput> unlisted_;
  MonotonicTime published_;
  std::optional<MonotonicTime> publish_at_;
  MonotonicTime promised_;  // what Tick() returned, or OnEarlier() was told
  bool ticking_ = false;
  // It listed domains, or said why it cannot.
  bool heard_of_libvirt_ = false;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_MONITOR_H_
