#include "tests/simulation/fleet.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace noonmark::simulation {
namespace {

using testing::VirtualMachine;

// What lies between the daemon's timer and its work.
constexpr int64_t kWakeUp = 50'000;
constexpr int64_t kHour = 3'600'000'000'000;

int64_t Ns(absl::Duration d) { return absl::ToInt64Nanoseconds(d); }

VirtualMachine::Start StartOf(Random& random, absl::Duration realtime) {
  VirtualMachine::Start start;
  start.monotonic = random.Between(absl::Seconds(100), absl::Hours(3000));
  start.raw =
      start.monotonic + random.Between(-absl::Seconds(10), absl::Seconds(10));
  start.boottime = start.monotonic;
  start.realtime = realtime;
  return start;
}

}  // namespace

// A connection. What is on its way when it ends is lost: events bear its
// number.
class Fleet::Link final : public GuestLink {
 public:
  Link(Fleet& fleet, GuestId guest, GuestLink::Observer* observer)
      : fleet_(fleet), guest_(guest) {
    Guest& g = fleet.at(guest);
    g.link = this;
    g.observer = observer;
    g.order_on_its_way = 0;
    ++g.link_id;
    const absl::Duration there = fleet.Delivery(g, /*out=*/true);
    fleet.Push(there + absl::Microseconds(200),
               g.down ? Kind::kRefuse : Kind::kOpen, guest, g.link_id);
  }
  ~Link() override { Close(); }

  void Ask() override { fleet_.Ask(guest_); }
  void Describe() override {
    Guest& g = fleet_.at(guest_);
    fleet_.Push(fleet_.Delivery(g, true) + absl::Milliseconds(1),
                Kind::kDescription, guest_, g.link_id);
  }
  void GiveOrder(const Order& order) override {
    fleet_.GiveOrder(guest_, order);
  }
  void Close() override {
    Guest& g = fleet_.at(guest_);
    if (g.link == this) g.link = nullptr;
  }

 private:
  Fleet& fleet_;
  GuestId guest_;
};

Fleet::Fleet(uint64_t seed, FleetOptions options)
    : options_(std::move(options)),
      random_(seed),
      host_(StartOf(random_, options_.utc), options_.host, random_.Fork(),
            options_.utc) {
  if (options_.monitor.host_name.empty()) options_.monitor.host_name = "dom0";
  if (options_.max_error.has_value()) {
    discipline_.max_error = *options_.max_error;
    discipline_.estimated_error = absl::Microseconds(10);
  }
  monitor_ = std::make_unique<Monitor>(
      options_.monitor, static_cast<Clock&>(*this),
      [this]() -> std::optional<KernelDiscipline> {
        if (!options_.max_error.has_value()) return std::nullopt;
        KernelDiscipline kernel = host_.Kernel();
        kernel.status &= ~kUnsynchronised;
        kernel.status |= discipline_.status;
        kernel.max_error = discipline_.max_error;
        kernel.estimated_error = discipline_.estimated_error;
        return kernel;
      },
      static_cast<GuestDialer&>(*this), board_);
  monitor_->OnEarlier([this](MonotonicTime when) {
    due_ = std::min(due_, when);
    tick_at_.reset();
  });
  due_ = Now();
  Push(host_.upkeep_at(), Kind::kHostUpkeep, 0);
}

Fleet::~Fleet() { monitor_->Stop(); }

GuestId Fleet::AddGuest(const std::string& name, const GuestTraits& traits,
                        absl::Duration ahead) {
  const GuestId id = guests();
  Random random = random_.Fork();
  const VirtualMachine::Start start = StartOf(random, options_.utc + ahead);
  guests_.push_back(std::make_unique<Guest>(
      Machine(start, traits.clock, random, options_.utc), traits));
  Domain& domain = guests_.back()->domain;
  domain.uuid = absl::StrCat("uuid-of-", name);
  domain.name = name;
  domain.id = id;
  domain.address = absl::StrCat("sim:", id);
  return id;
}

std::shared_ptr<const GuestRow> Fleet::row(GuestId guest) const {
  const std::shared_ptr<const HostSnapshot> latest = board_.Latest();
  if (latest == nullptr) return nullptr;
  for (const auto& row : latest->guests) {
    if (row->domain.id == guest) return row;
  }
  return nullptr;
}

const Asked* Fleet::FindAsked(GuestId guest, MonotonicTime measured) const {
  const Guest& g = *guests_[static_cast<size_t>(guest)];
  for (uint32_t i = 0; i < g.ring.size() && i < g.asked_count; ++i) {
    const Asked& asked = g.ring[(g.asked_count - 1 - i) % g.ring.size()];
    if (asked.host_t1 <= measured && measured <= asked.host_t4) return &asked;
  }
  return nullptr;
}

const std::vector<Deed>& Fleet::deeds(GuestId guest) const {
  return guest == kHost ? host_deeds_
                        : guests_[static_cast<size_t>(guest)]->deeds;
}

Machine& Fleet::machine(GuestId guest) {
  return guest == kHost ? host_ : at(guest).machine;
}

// --- time ---

void Fleet::At(absl::Duration when, std::function<void()> happen) {
  actions_.push_back(std::move(happen));
  Push(when, Kind::kAction, static_cast<int32_t>(actions_.size()) - 1);
}

void Fleet::Push(absl::Duration at, Kind kind, int32_t subject, uint32_t link) {
  events_.push({Ns(at), order_++, kind, subject, link});
}

void Fleet::Run(absl::Duration lasting) {
  const int64_t end = now_ + Ns(lasting);
  if (!listed_) {
    listed_ = true;
    monitor_->OnConnection(absl::OkStatus());
    ListDomains();
  }
  while (true) {
    const int64_t tick = TickAt();
    const int64_t event = events_.empty() ? std::numeric_limits<int64_t>::max()
                                          : events_.top().at;
    const int64_t next = std::min(tick, event);
    if (next > end) {
      now_ = std::max(now_, end);
      return;
    }
    now_ = std::max(now_, next);
    if (event <= tick) {
      const Event happening = events_.top();
      events_.pop();
      Happen(happening);
    } else if (Now() >= due_) {
      Tick();
    } else {
      tick_at_.reset();  // its clock was changed meanwhile
    }
  }
}

// When the host's MONOTONIC shows what the monitor waits for.
int64_t Fleet::TickAt() {
  if (!tick_at_.has_value()) {
    const absl::Duration until = due_ - Now();
    int64_t wait = 0;
    if (until > absl::ZeroDuration()) {
      wait = until > absl::Hours(1) ? kHour : Ns(until);
      wait = static_cast<int64_t>(static_cast<double>(wait) /
                                  (1 + host_.MonotonicRate()));
    }
    tick_at_ = now_ + wait + kWakeUp;
  }
  return *tick_at_;
}

void Fleet::Tick() {
  due_ = monitor_->Tick();
  tick_at_.reset();
  if (observers_.empty()) return;
  const std::shared_ptr<const HostSnapshot> latest = board_.Latest();
  if (latest.get() == shown_) return;
  shown_ = latest.get();
  for (Observer* observer : observers_) observer->OnPublished(*latest);
}

ClockReading Fleet::Read() {
  const testing::Moments moments = host_.DrawMoments(now());
  const ClockReading reading = host_.Read(now(), moments);
  now_ += moments.at[3];
  return reading;
}

MonotonicTime Fleet::Now() {
  if (now_read_at_ != now_) {
    now_read_at_ = now_;
    now_read_ = MonotonicTime::FromReading(
        host_.clocks().Monotonic(now()).FloorNanoseconds());
  }
  return now_read_;
}

void Fleet::CatchUp(GuestId id) {
  if (const auto by = at(id).machine.CatchUp(now())) {
    WriteDown(id, DeedKind::kSet, *by);
    NotifyOfSet(id);
  }
}

// --- the way of a question ---

absl::Duration Fleet::Way(Guest& guest, bool out) {
  const NetworkTraits& n = guest.traits.network;
  absl::Duration way = n.least + (out ? n.extra_out : n.extra_back);
  way += absl::Nanoseconds(static_cast<int64_t>(
      -std::log(random_.Unit()) * static_cast<double>(Ns(n.queue))));
  if (n.tail_one_in > 0 && random_.OneIn(n.tail_one_in)) {
    way += random_.Between(absl::ZeroDuration(), n.tail);
  }
  return way;
}

absl::Duration Fleet::Stall(Guest& guest) {
  const StealTraits& s = guest.traits.steal;
  if (s.one_in == 0 || !random_.OneIn(s.one_in)) return absl::ZeroDuration();
  const absl::Duration stolen =
      random_.Between(absl::ZeroDuration(), s.longest);
  guest.stolen += stolen;
  return stolen;
}

// When what is sent now is there.
absl::Duration Fleet::Delivery(Guest& guest, bool out) {
  absl::Duration at = now() + Way(guest, out);
  if (now() < guest.partition_until) {
    at = std::max(
        at, guest.partition_until +
                random_.Between(absl::ZeroDuration(), absl::Milliseconds(200)));
  }
  return at;
}

std::unique_ptr<GuestLink> Fleet::Dial(const std::string& address,
                                       const std::string& /*uuid*/,
                                       GuestLink::Observer* observer) {
  GuestId guest = 0;
  (void)absl::SimpleAtoi(address.substr(4), &guest);
  return std::make_unique<Link>(*this, guest, observer);
}

void Fleet::Ask(GuestId id) {
  Guest& g = at(id);
  const absl::Duration t1 = now();
  g.exchange.host_sent = Read();
  g.asked.t1 = t1;
  g.asked.host_t1 = MonotonicTime::FromReading(g.exchange.host_sent.monotonic);
  if (g.traits.network.loss_one_in > 0 &&
      random_.OneIn(g.traits.network.loss_one_in)) {
    Push(now() + random_.Between(absl::ZeroDuration(), absl::Seconds(20)),
         Kind::kBreak, id, g.link_id);
    return;
  }
  Push(Delivery(g, true) + Stall(g), Kind::kReceive, id, g.link_id);
}

void Fleet::Receive(GuestId id, uint32_t link) {
  Guest& g = at(id);
  if (g.machine.FrozenAt(now())) {
    Push(g.machine.frozen_until() + Stall(g), Kind::kReceive, id, link);
    return;
  }
  CatchUp(id);
  g.asked.broken = false;
  g.leaps_at_t2 = g.leaps;
  g.exchange.guest.received = ReadGuest(id, now(), /*received=*/true);
  const absl::Duration t3 =
      now() + g.read_for + absl::Microseconds(5) + Stall(g);
  if (events_.empty() || events_.top().at > Ns(t3)) {
    // Nothing happens in between.
    const int64_t kept = now_;
    now_ = Ns(t3);
    Send(id, link);
    now_ = kept;
  } else {
    Push(t3, Kind::kSend, id, link);
  }
}

void Fleet::Send(GuestId id, uint32_t link) {
  Guest& g = at(id);
  if (g.machine.FrozenAt(now())) {
    Push(g.machine.frozen_until() + Stall(g), Kind::kSend, id, link);
    return;
  }
  CatchUp(id);
  g.exchange.guest.sent = ReadGuest(id, now(), /*received=*/false);
  g.asked.broken |= g.leaps != g.leaps_at_t2;
  g.asked.t3 = now();
  GuestReading& reading = g.exchange.guest;
  ++reading.sequence;
  if (reading.boot_id != g.machine.clocks().boot_id()) {
    reading.boot_id = g.machine.clocks().boot_id();
  }
  if (reading.clocksource != g.machine.clocks().clocksource) {
    reading.clocksource = g.machine.clocks().clocksource;
  }
  reading.discontinuities = g.machine.clocks().discontinuities();
  reading.discipline = g.machine.Kernel();
  reading.steal = g.stolen;
  g.asked.made_up = g.lying;
  if (g.babbling || (g.lying && random_.OneIn(6))) {
    Push(Delivery(g, false) + g.read_for, Kind::kNonsense, id, link);
    return;
  }
  if (g.lying) FillWithLies(reading);
  Push(Delivery(g, false) + g.read_for + Stall(g), Kind::kAnswer, id, link);
}

void Fleet::Answer(GuestId id) {
  Guest& g = at(id);
  g.asked.t4 = now();
  CatchUp(id);
  g.asked.offset_t4 =
      g.machine.clocks().Realtime(now()) - host_.clocks().Realtime(now());
  g.exchange.host_received = Read();
  g.asked.host_t4 =
      MonotonicTime::FromReading(g.exchange.host_received.monotonic);
  g.ring[g.asked_count++ % g.ring.size()] = g.asked;
  ++exchanges_;
  for (Observer* observer : observers_) {
    observer->OnAnswer(id, g.asked, g.exchange);
  }
  g.observer->OnExchange(g.exchange);
}

ClockReading Fleet::ReadGuest(GuestId id, absl::Duration at_time,
                              bool received) {
  Guest& g = at(id);
  for (PendingGlitch& glitch : g.glitches) {
    if (glitch.groups-- > 0) continue;
    g.machine.clocks().Glitch(glitch.by, glitch.readings);
    g.asked.broken = true;
    WriteDown(id, DeedKind::kGlitch, glitch.by);
  }
  g.glitches.erase(
      std::remove_if(g.glitches.begin(), g.glitches.end(),
                     [](const PendingGlitch& p) { return p.groups < 0; }),
      g.glitches.end());
  const testing::Moments moments = g.machine.DrawMoments(at_time);
  g.read_for = moments.Width();
  if (!received) {
    const absl::Duration when = at_time + absl::Nanoseconds(moments.at[0]);
    g.asked.offset_t3 =
        g.machine.clocks().Realtime(when) - host_.clocks().Realtime(when);
    g.asked.raw_offset_t3 =
        g.machine.clocks().Raw(at_time) - host_.clocks().Raw(at_time);
  }
  return g.machine.Read(at_time, moments);
}

void Fleet::FillWithLies(GuestReading& reading) {
  for (ClockReading* r : {&reading.received, &reading.sent}) {
    for (absl::Duration* clock : {&r->raw_before, &r->realtime, &r->monotonic,
                                  &r->boottime, &r->raw_after}) {
      if (random_.OneIn(4)) continue;
      *clock = random_.OneIn(2)
                   ? absl::Nanoseconds(static_cast<int64_t>(random_.Next()))
                   : *clock + random_.Between(-absl::Hours(1), absl::Hours(1));
    }
  }
  if (random_.OneIn(10)) reading.boot_id = absl::StrCat(random_.From(0, 2));
  if (random_.OneIn(10)) reading.discontinuities = random_.Next();
  if (random_.OneIn(10)) reading.clocksource = "made-up";
}

void Fleet::Happen(const Event& event) {
  if (event.kind == Kind::kAction) {
    const std::function<void()> happen =
        std::move(actions_[static_cast<size_t>(event.subject)]);
    happen();
    return;
  }
  if (event.kind == Kind::kHostUpkeep) {
    if (const auto by = host_.CatchUp(now())) {
      WriteDown(kHost, DeedKind::kSet, *by);
    }
    Push(host_.upkeep_at(), Kind::kHostUpkeep, 0);
    tick_at_.reset();
    return;
  }
  const GuestId id = event.subject;
  Guest& g = at(id);
  if (g.link == nullptr || g.link_id != event.link) return;
  GuestLink::Observer& observer = *g.observer;
  switch (event.kind) {
    case Kind::kOpen:
      if (g.machine.FrozenAt(now())) {
        Push(g.machine.frozen_until(), Kind::kOpen, id, event.link);
      } else if (g.down) {
        observer.OnClosed(absl::UnavailableError("the connection was reset"));
      } else {
        observer.OnOpen();
      }
      break;
    case Kind::kRefuse:
      observer.OnClosed(absl::UnavailableError("nobody listens"));
      break;
    case Kind::kReceive:
      Receive(id, event.link);
      break;
    case Kind::kSend:
      Send(id, event.link);
      break;
    case Kind::kAnswer:
      Answer(id);
      break;
    case Kind::kNonsense:
      observer.OnClosed(
          absl::InvalidArgumentError("reading.received: missing"));
      break;
    case Kind::kBreak:
      observer.OnClosed(absl::UnavailableError("the connection broke"));
      break;
    case Kind::kEvent:
      observer.OnEvent(g.machine.clocks().discontinuities());
      break;
    case Kind::kDescription:
      observer.OnDescription(GuestFacts());
      break;
    case Kind::kHostUpkeep:
    case Kind::kAction:
      break;
  }
}

// --- libvirt ---

void Fleet::ListDomains() {
  std::vector<Domain> domains;
  for (const auto& guest : guests_) domains.push_back(guest->domain);
  monitor_->OnDomains(std::move(domains));
}

// As the seam words libvirt's events.
void Fleet::Tell(GuestId id, LifecycleEvent event, const std::string& detail,
                 LifecycleCause cause) {
  Guest& g = at(id);
  g.domain.state = event == LifecycleEvent::kSuspended ? DomainState::kPaused
                                                       : DomainState::kRunning;
  monitor_->OnLifecycle({g.domain.uuid, event, detail, cause});
  ListDomains();
}

// --- what is done to it ---

}  // namespace noonmark::simulation
