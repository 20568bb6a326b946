#ifndef NOONMARK_TESTS_SIMULATION_FLEET_H_
#define NOONMARK_TESTS_SIMULATION_FLEET_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/correct/order.h"
#include "common/time/clock.h"
#include "host/guests/guest_link.h"
#include "host/monitor/monitor.h"
#include "host/monitor/snapshot_board.h"
#include "tests/simulation/deed.h"
#include "tests/simulation/machine.h"
#include "tests/simulation/random.h"
#include "tests/simulation/traits.h"

namespace noonmark::simulation {

using GuestId = int;

// The truth of one exchange. Moments are true time.
struct Asked {
  absl::Duration t1, t3, t4;
  MonotonicTime host_t1, host_t4;  // as read
  // Guest REALTIME minus host REALTIME: as the guest read it for T3; as the
  // answer was there.
  testing::ExactTime offset_t3, offset_t4;
  // Guest RAW minus host RAW as the guest read it for T3.
  testing::ExactTime raw_offset_t3;
  // The counter broke, or was misread, between T2 and T3: no bound is owed.
  bool broken = false;
  bool made_up = false;  // nor for a lie
};

struct FleetOptions {
  MonitorOptions monitor;
  ClockTraits host;
  // What the host's kernel claims; absent: it claims nothing.
  std::optional<absl::Duration> max_error = absl::Microseconds(20'003);
  // UTC at true time 0: 2025-01-01.
  absl::Duration utc = absl::Seconds(1'735'689'600);
  // After a step of the host its kernel is unsynchronised for so long.
  absl::Duration resync = absl::Seconds(64);
};

class Moment;

// One host and its guests in virtual time, around the Monitor that runs in
// dom0. Nothing waits, and the seed decides everything: the same calls give the
// same world, to the nanosecond.
class Fleet final : private GuestDialer, private Clock {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    // An answer is about to reach the monitor.
    virtual void OnAnswer(GuestId guest, const Asked& asked,
                          const Exchange& exchange) = 0;
    virtual void OnPublished(const HostSnapshot& snapshot) = 0;
    virtual void OnDeed(GuestId guest, const Deed& deed) = 0;
  };
  static constexpr GuestId kHost = -1;

  Fleet(uint64_t seed, FleetOptions options);
  ~Fleet() override;
  void Observe(Observer* observer) { observers_.push_back(observer); }

  // Sees each input of the core before it takes effect.
  void OnInput(std::function<void(const CoreInput&)> record) {
    monitor_->OnInput(std::move(record));
  }

  // Before Run(). Its clock starts `ahead` of UTC.
  GuestId AddGuest(const std::string& name, const GuestTraits& traits = {},
                   absl::Duration ahead = absl::ZeroDuration());
  int guests() const { return static_cast<int>(guests_.size()); }

  // What happens at a moment; see Moment.
  Moment At(absl::Duration when);
  void At(absl::Duration when, std::function<void()> happen);

  // What is done by an order that reaches the guest, and told of it. Without,
  // nobody there may correct its clock.
  using Corrector =
      std::function<absl::StatusOr<OperationStatus>(const Order& order)>;
  void SetCorrector(GuestId guest, Corrector corrector);

  void Run(absl::Duration lasting);
  absl::Duration now() const { return absl::Nanoseconds(now_); }

  // As published last; null: nothing yet.
  std::shared_ptr<const HostSnapshot> snapshot() const {
    return board_.Latest();
  }
  std::shared_ptr<const GuestRow> row(GuestId guest) const;
  const MonitorOptions& monitor_options() const { return options_.monitor; }
  uint64_t exchanges() const { return exchanges_; }

  // What was asked lately, the newest last; null: it was too long ago.
  const Asked* FindAsked(GuestId guest, MonotonicTime measured) const;
  const std::vector<Deed>& deeds(GuestId guest) const;
  Machine& machine(GuestId guest);
  MonotonicTime HostNow() { return Now(); }

  // --- what is done to it, now; on a guest that is frozen, when it thaws ---

  // Somebody sets REALTIME; `told`: the kernel tells the agent of it.
  void Set(GuestId guest, absl::Duration by, bool told = true);
  // Announced now: at the next UTC midnight of its own clock a second is
  // inserted (1) or deleted (-1). The host may, too.
  void LeapSecond(GuestId guest, int seconds);
  void Leap(GuestId guest, absl::Duration by);
  void LeapTimekeeping(GuestId guest, absl::Duration by);
  // The group that is read after so many others is off, whole or in part.
  void Glitch(GuestId guest, absl::Duration by, int groups = 0,
              unsigned readings = testing::kWholeGroup);
  // The guest's processors stop. As under KVM all its clocks stop with them;
  // as under Xen they go on; as over save and restore RAW and MONOTONIC stop.
  // `tell`: libvirt tells of the pause and of its end.
  void StandStill(GuestId guest, absl::Duration lasting, bool tell);
  void Freeze(GuestId guest, absl::Duration lasting, bool tell);
  void SaveAndRestore(GuestId guest, absl::Duration lasting, bool tell);
  // To a machine whose counter is off by `rate`; stands still meanwhile, and
  // libvirt tells of it.
  void Migrate(GuestId guest, absl::Duration downtime, PartsPerBillion rate);
  void Reboot(GuestId guest, absl::Duration lasting);
  void SetRate(GuestId guest, PartsPerBillion beyond_drift);
  void Slew(GuestId guest, PartsPerBillion slew);
  void SetDiscipline(GuestId guest, Discipline discipline);
  void SetNetwork(GuestId guest, const NetworkTraits& network);
  void SetSteal(GuestId guest, const StealTraits& steal);
  // Messages of either way arrive when it is over.
  void Partition(GuestId guest, absl::Duration lasting);
  void BreakStream(GuestId guest);
  // Says what a row of other deeds is, as a whole.
  void Call(GuestId guest, DeedKind kind, absl::Duration size) {
    WriteDown(guest, kind, size);
  }
  // Its answers are random values, or no valid answers at all.
  void Lie(GuestId guest, absl::Duration lasting);
  // They are no valid answers at all, as what reads them off the wire finds.
  void Babble(GuestId guest, absl::Duration lasting);
  // `told`: the kernel tells the daemon at once.
  void StepHost(absl::Duration by, bool told);
  // Its counter leaps ahead, and all its clocks with it.
  void LeapHost(absl::Duration by);
  void SlewHost(PartsPerBillion slew);
  void SetHostRate(PartsPerBillion beyond_drift);

 private:
  // <linux/timex.h>: STA_UNSYNC.
  static constexpr uint32_t kUnsynchronised = 0x0040;

  class Link;
  struct PendingGlitch {
    absl::Duration by;
    int groups;
    unsigned readings;
  };
  struct Guest {
    Guest(Machine m, GuestTraits t) : machine(std::move(m)), traits(t) {}
    Machine machine;
    GuestTraits traits;
    Domain domain;
    Link* link = nullptr;
    GuestLink::Observer* observer = nullptr;  // the link's
    uint32_t link_id = 0;
    absl::Duration partition_until;
    absl::Duration last_delivery;  // a stream keeps its order
    absl::Duration stolen;
    bool down = false;
    bool lying = false;
    bool babbling = false;
    std::vector<PendingGlitch> glitches;
    std::vector<Deed> deeds;
    int leaps = 0;
    // The exchange on its way.
    Exchange exchange;
    Asked asked;
    int leaps_at_t2 = 0;
    absl::Duration read_for;  // the last group of readings took so long
    std::array<Asked, 64> ring;
    uint32_t asked_count = 0;
    Corrector corrector;
    uint64_t orders = 0;            // given
    uint64_t order_on_its_way = 0;  // its number; 0: none
  };
  enum class Kind : uint8_t {
    kOpen,
    kRefuse,
    kReceive,  // T2
    kSend,     // T3
    kAnswer,   // T4
    kNonsense,
    kBreak,
    kEvent,
    kDescription,
    kHostUpkeep,
    kAction,
  };
  struct Event {
    int64_t at;
    uint64_t order;
    Kind kind;
    int32_t subject;  // a guest, or an action
    uint32_t link;
    bool operator<(const Event& o) const {  // the queue's top is the greatest
      return at != o.at ? at > o.at : order > o.order;
    }
  };

  std::unique_ptr<GuestLink> Dial(const std::string& address,
                                  const std::string& /*uuid*/,
                                  GuestLink::Observer* observer) override;
  ClockReading Read() override;
  MonotonicTime Now() override;

  void Push(absl::Duration at, Kind kind, int32_t subject, uint32_t link = 0);
  void Happen(const Event& event);
  void Ask(GuestId id);
  void Receive(GuestId id, uint32_t link);
  void Send(GuestId id, uint32_t link);
  void Answer(GuestId id);
  void GiveOrder(GuestId id, const Order& order);
  void Obey(GuestId id, uint32_t link, uint64_t number, const Order& order);
  void EndOrder(GuestId id, uint32_t link, uint64_t number,
                const absl::StatusOr<OperationStatus>& told);
  ClockReading ReadGuest(GuestId id, absl::Duration at, bool received);
  void FillWithLies(GuestReading& reading);
  absl::Duration Way(Guest& guest, bool out);
  absl::Duration Stall(Guest& guest);
  absl::Duration Delivery(Guest& guest, bool out);
  void Tick();
  int64_t TickAt();
  void ListDomains();
  void Tell(GuestId id, LifecycleEvent event, const std::string& detail,
            LifecycleCause cause);
  void Pause(GuestId id, absl::Duration lasting, bool tell,
             bool migrates = false);
  void AwaitLeapSecond(GuestId id, int seconds);
  // True: the guest is frozen, and `happen` comes when it thaws.
  bool Later(GuestId id, std::function<void()> happen);
  void WriteDown(GuestId id, DeedKind kind, absl::Duration size);
  void CatchUp(GuestId id);
  void NotifyOfSet(GuestId id);
  void ComeUp(GuestId id);
  Guest& at(GuestId id) { return *guests_[static_cast<size_t>(id)]; }

  FleetOptions options_;
  Random random_;
  Machine host_;
  std::vector<Deed> host_deeds_;
  KernelDiscipline discipline_;
  absl::Duration synchronised_at_;
  std::vector<std::unique_ptr<Guest>> guests_;
  std::vector<std::function<void()>> actions_;
  std::priority_queue<Event> events_;
  uint64_t order_ = 0;
  int64_t now_ = 0;
  int64_t now_read_at_ = -1;
  MonotonicTime now_read_;
  MonotonicTime due_;
  std::optional<int64_t> tick_at_;
  bool listed_ = false;
  uint64_t exchanges_ = 0;
  std::vector<Observer*> observers_;
  const HostSnapshot* shown_ = nullptr;
  SnapshotBoard board_;
  std::unique_ptr<Monitor> monitor_;
};

// Says in one line what happens at a moment:
//   fleet.At(absl::Seconds(30)).Set(mail, -absl::Seconds(6));
class Moment {
 public:
  Moment(Fleet& fleet, absl::Duration when) : fleet_(fleet), when_(when) {}

  Moment& Set(GuestId guest, absl::Duration by, bool told = true) {
    return Then([=](Fleet& f) { f.Set(guest, by, told); });
  }
  Moment& LeapSecond(GuestId guest, int seconds) {
    return Then([=](Fleet& f) { f.LeapSecond(guest, seconds); });
  }
  Moment& Leap(GuestId guest, absl::Duration by) {
    return Then([=](Fleet& f) { f.Leap(guest, by); });
  }
  Moment& Glitch(GuestId guest, absl::Duration by, int groups = 0,
                 unsigned readings = testing::kWholeGroup) {
    return Then([=](Fleet& f) { f.Glitch(guest, by, groups, readings); });
  }
  Moment& StandStill(GuestId guest, absl::Duration lasting, bool tell = true) {
    return Then([=](Fleet& f) { f.StandStill(guest, lasting, tell); });
  }
  Moment& Freeze(GuestId guest, absl::Duration lasting, bool tell = true) {
    return Then([=](Fleet& f) { f.Freeze(guest, lasting, tell); });
  }
  Moment& SaveAndRestore(GuestId guest, absl::Duration lasting,
                         bool tell = true) {
    return Then([=](Fleet& f) { f.SaveAndRestore(guest, lasting, tell); });
  }
  Moment& Migrate(GuestId guest, absl::Duration downtime,
                  PartsPerBillion rate) {
    return Then([=](Fleet& f) { f.Migrate(guest, downtime, rate); });
  }
  Moment& Reboot(GuestId guest, absl::Duration lasting) {
    return Then([=](Fleet& f) { f.Reboot(guest, lasting); });
  }
  Moment& SetRate(GuestId guest, PartsPerBillion beyond_drift) {
    return Then([=](Fleet& f) { f.SetRate(guest, beyond_drift); });
  }
  Moment& Slew(GuestId guest, PartsPerBillion slew) {
    return Then([=](Fleet& f) { f.Slew(guest, slew); });
  }
  Moment& Partition(GuestId guest, absl::Duration lasting) {
    return Then([=](Fleet& f) { f.Partition(guest, lasting); });
  }
  Moment& BreakStream(GuestId guest) {
    return Then([=](Fleet& f) { f.BreakStream(guest); });
  }
  Moment& Over(GuestId guest, const NetworkTraits& network) {
    return Then([=](Fleet& f) { f.SetNetwork(guest, network); });
  }
  Moment& Steal(GuestId guest, const StealTraits& steal) {
    return Then([=](Fleet& f) { f.SetSteal(guest, steal); });
  }
  Moment& Lie(GuestId guest, absl::Duration lasting) {
    return Then([=](Fleet& f) { f.Lie(guest, lasting); });
  }
  Moment& Babble(GuestId guest, absl::Duration lasting) {
    return Then([=](Fleet& f) { f.Babble(guest, lasting); });
  }
  Moment& StepHost(absl::Duration by, bool told = true) {
    return Then([=](Fleet& f) { f.StepHost(by, told); });
  }
  Moment& LeapHost(absl::Duration by) {
    return Then([=](Fleet& f) { f.LeapHost(by); });
  }
  Moment& SlewHost(PartsPerBillion slew) {
    return Then([=](Fleet& f) { f.SlewHost(slew); });
  }
  Moment& SetHostRate(PartsPerBillion beyond_drift) {
    return Then([=](Fleet& f) { f.SetHostRate(beyond_drift); });
  }
  Moment& Then(std::function<void(Fleet&)> happen) {
    fleet_.At(when_, [&f = fleet_, happen = std::move(happen)] { happen(f); });
    return *this;
  }

 private:
  Fleet& fleet_;
  absl::Duration when_;
};

inline Moment Fleet::At(absl::Duration when) { return Moment(*this, when); }

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_FLEET_H_
