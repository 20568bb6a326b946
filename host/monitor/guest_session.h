#ifndef NOONMARK_HOST_MONITOR_GUEST_SESSION_H_
#define NOONMARK_HOST_MONITOR_GUEST_SESSION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/detect/core_input.h"
#include "common/detect/fleet_assessor.h"
#include "common/time/monotonic_time.h"
#include "host/guests/guest_link.h"
#include "host/inventory/hypervisor.h"
#include "host/monitor/guest_corrector.h"
#include "host/monitor/guest_orders.h"
#include "host/monitor/retry.h"
#include "host/monitor/snapshot.h"
#include "host/policy/agreement.h"

namespace noonmark {

struct SessionOptions {
  // Between polls when nothing is suspected.
  absl::Duration interval = absl::Seconds(5);
  // Exchanges of a poll.
  int burst = 8;
  // Polls without an answer until nothing is known.
  int stale_after = 3;
  // Between the exchanges of a burst that follows a suspicion: 8 over 1 s.
  absl::Duration suspicion_spacing = absl::Milliseconds(125);
  // Least time between two polls that the guest's events ask for.
  absl::Duration event_spacing = absl::Milliseconds(100);
  // So many of them at once, then one per `event_refill`: no clock is set
  // oftener, and an agent that says so shall not cost the others' time.
  int most_event_polls = 100;
  absl::Duration event_refill = absl::Seconds(1);
  absl::Duration connect_limit = absl::Seconds(5);
  // Until it is dialled again: growing, until a connection holds for as long as
  // the longest.
  absl::Duration retry_first = absl::Milliseconds(500);
  absl::Duration retry_longest = absl::Seconds(30);
  // The same after answers that make no sense.
  absl::Duration distrust_first = absl::Seconds(10);
  absl::Duration distrust_longest = absl::Minutes(10);
  absl::Duration describe_every = absl::Minutes(5);
  // Between questions for its services and its last operation.
  absl::Duration status_every = absl::Minutes(1);
};

// One guest: its connection and its polls. What it hears it tells the core, by
// way of its owner. All on one thread; no clock is read and nothing waits: the
// owner calls Tick() when the time is due.
class GuestSession final : private GuestLink::Observer {
 public:
  // What a session needs of whoever keeps it.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual GuestDialer& dialer() = 0;
    virtual MonotonicTime Now() = 0;
    // Tells the core.
    virtual FleetAssessor::Effect Tell(const CoreInput& input) = 0;
    // What the core thinks of a guest.
    virtual const GuestAssessor& Thoughts(const std::string& uuid) = 0;
    virtual bool TakeNews(const std::string& uuid) = 0;
    // Few connect at a time. False: wait for OnRoomToConnect().
    virtual bool EnterConnecting(GuestSession& session) = 0;
    virtual void LeaveConnecting(GuestSession& session) = 0;
    // Due() may have changed, and the row; `news`: show it soon.
    virtual void OnChanged(GuestSession& session, bool news) = 0;
    // For whoever corrects: a burst is over; an order that was given is
    // answered.
    virtual void OnBurst(const BurstReport& burst, MonotonicTime now) = 0;
    virtual void OnStatus(const std::string& uuid,
                          const OperationStatus& status) = 0;
  };

  GuestSession(const SessionOptions& options, Domain domain, Owner& owner);
  ~GuestSession() override;
  GuestSession(const GuestSession&) = delete;
  GuestSession& operator=(const GuestSession&) = delete;

  // When Tick() is wanted; InfiniteFuture-like far away when it is not.
  MonotonicTime Due() const;
  void Tick(MonotonicTime now);

  void OnRoomToConnect(MonotonicTime now) {
    if (phase_ == Phase::kQueued) Connect(now);
  }

  // libvirt lists the domain again.
  void OnDomain(Domain domain, MonotonicTime now);
  // libvirt told that it does not run, or that it runs again.
  void OnPaused(LifeEvent how, MonotonicTime now);
  void OnRunsAgain(LifeEvent how, MonotonicTime now);

  // False: nobody is connected, and nothing was sent.
  bool GiveOrder(const Order& order) { return orders_.Give(order); }
  // A burst as soon as may be; after one under way, another. False: there can
  // be none now, or its answers do not come.
  bool MeasureNow(MonotonicTime now);

  const Domain& domain() const { return domain_; }
  std::shared_ptr<const GuestRow> MakeRow() const;

 private:
  enum class Phase {
    kNoAddress,
    kWaiting,  // to connect again
    kQueued,   // until few enough connect
    kConnecting,
    kIdle,  // until the next poll
    kBurst,
  };

  void OnOpen() override;
  void OnExchange(Exchange exchange) override;
  void OnEvent(uint64_t discontinuities) override;
  void OnDescription(GuestFacts facts) override;
  void OnStatus(OperationStatus status) override;
  void OnOrderFailed(const absl::Status& why) override;
  void OnClosed(const absl::Status& status) override;

  void Begin(MonotonicTime now);
  void Connect(MonotonicTime now);
  void Lose(const absl::Status& why, MonotonicTime now);
  void DropLink();
  // Something happened that asks for a look.
  void PollSoon(MonotonicTime now);
  void StartBurst(MonotonicTime now);
  void Ask(MonotonicTime now);
  void FinishBurst(MonotonicTime now);
  // Because of an event: soon, and as its allowance has it.
  void PollForEvent(MonotonicTime earliest);
  void CountMissedPolls(MonotonicTime now);
  void CheckStale(MonotonicTime now);
  // The next moment of this guest's own phase.
  MonotonicTime NextPoll(MonotonicTime now) const;
  absl::Duration StaleAfter() const {
    return options_.interval * options_.stale_after;
  }
  void TellSilence(SilenceInput::Kind kind, const std::string& note,
                   MonotonicTime now);
  void TellPaused(MonotonicTime now);
  void Changed();

  const SessionOptions& options_;
  Domain domain_;
  Owner& owner_;
  Retry retry_;
  Retry distrust_;
  uint64_t phase_hash_;

  Phase phase_ = Phase::kNoAddress;
  std::unique_ptr<GuestLink> link_;
  // The link said that it is over; it is destroyed outside of its own call.
  std::unique_ptr<GuestLink> dead_link_;
  uint64_t stream_ = 0;
  MonotonicTime action_at_;  // of the phase: connect, limit, ask
  MonotonicTime poll_at_;    // next poll
  MonotonicTime last_burst_;
  MonotonicTime describe_at_;
  MonotonicTime status_at_;
  bool opened_ = false;  // the link's stream
  MonotonicTime opened_at_;
  bool outstanding_ = false;
  bool spaced_ = false;       // a suspicion's burst
  bool event_waits_ = false;  // for the burst's end
  bool event_poll_ = false;   // the next poll is for an event
  bool measure_ = false;      // another burst is wanted, at once
  Allowance event_polls_;
  int burst_left_ = 0;
  int turns_ = 0;  // of this burst, between quick and slow
  int missed_ = 0;
  // Of the last answer; absent: never, or already told as silent.
  std::optional<MonotonicTime> answered_;
  std::string last_error_;
  std::shared_ptr<const GuestFacts> facts_;
  uint64_t exchanges_ = 0;
  GuestReading last_reading_;
  Agreement agreement_;
  GuestOrders orders_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_GUEST_SESSION_H_
