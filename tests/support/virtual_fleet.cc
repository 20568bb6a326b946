#include "tests/support/virtual_fleet.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace noonmark::testing {

namespace {

// As of the real links.
constexpr absl::Duration kOrderLimit = absl::Seconds(5);

}  // namespace

// A connection of a virtual fleet. What is on its way when it ends is lost:
// `alive_` is gone by then.
class VirtualFleet::Link final : public GuestLink {
 public:
  Link(VirtualFleet& fleet, std::string name, Observer* observer)
      : fleet_(fleet), name_(std::move(name)), observer_(observer) {
    VirtualGuest* guest = Guest();
    if (guest != nullptr) ++guest->dials;
    if (guest == nullptr || guest->behaviour == Behaviour::kRefuses) {
      Later(absl::Microseconds(50), [this] {
        observer_->OnClosed(absl::UnavailableError(
            absl::StrCat("nobody listens on unix:/", name_)));
      });
      return;
    }
    if (guest->behaviour == Behaviour::kOvertaxes) {
      Later(absl::Seconds(2), [this] {
        observer_->OnClosed(absl::AbortedError("the worker: it hung"));
      });
      return;
    }
    fleet_.links_[name_] = this;
    Later(absl::Microseconds(300), [this] { observer_->OnOpen(); });
  }
  ~Link() override { Close(); }

  void Ask() override {
    VirtualGuest* guest = Guest();
    if (guest == nullptr) return;
    ++guest->asked;
    auto exchange = std::make_shared<Exchange>();
    exchange->host_sent = fleet_.host_.Read();
    if (guest->behaviour == Behaviour::kIsSilent) return;
    if (guest->behaviour == Behaviour::kTalksNonsense) {
      Later(guest->delay_out, [this] {
        observer_->OnClosed(
            absl::InvalidArgumentError("reading.received: missing"));
      });
      return;
    }
    Later(guest->delay_out, [this, exchange] {
      if (Guest() == nullptr) return;
      exchange->guest.received = Read(Guest()->glitch_received);
      Later(absl::Microseconds(5), [this, exchange] { Answer(exchange); });
    });
  }
  void Describe() override {}
  void GiveOrder(const Order& order) override {
    VirtualGuest* guest = Guest();
    if (guest == nullptr) return;
    if (guest->behaviour == Behaviour::kIsSilent) {
      return Later(kOrderLimit, [this] {
        observer_->OnOrderFailed(absl::DeadlineExceededError("no answer"));
      });
    }
    Later(guest->delay_out, [this, order] {
      if (Guest() == nullptr) return;
      const absl::StatusOr<OperationStatus> told = Guest()->obey(order);
      Later(Guest()->delay_back, [this, told] {
        if (told.ok()) {
          observer_->OnStatus(*told);
        } else {
          observer_->OnOrderFailed(told.status());
        }
      });
    });
  }
  void Close() override {
    alive_.reset();
    const auto it = fleet_.links_.find(name_);
    if (it != fleet_.links_.end() && it->second == this) {
      fleet_.links_.erase(it);
    }
  }

  void SendEvent() {
    Later(absl::ZeroDuration(),
          [this] { observer_->OnEvent(Guest()->discontinuities); });
  }
  void Break() {
    Later(absl::ZeroDuration(), [this] {
      observer_->OnClosed(absl::UnavailableError("the connection broke"));
    });
  }

 private:
  VirtualGuest* Guest() const {
    const auto it = fleet_.guests_.find(name_);
    return it == fleet_.guests_.end() ? nullptr : it->second.get();
  }

  ClockReading Read(absl::Duration& glitch) {
    ClockReading reading = Guest()->clock.Read();
    for (absl::Duration* clock :
         {&reading.raw_before, &reading.realtime, &reading.monotonic,
          &reading.boottime, &reading.raw_after}) {
      *clock += glitch;
      if (Guest()->asked % 3 == 0) *clock += Guest()->other_processor;
    }
    glitch = absl::ZeroDuration();
    return reading;
  }

  void Answer(const std::shared_ptr<Exchange>& exchange) {
    VirtualGuest* guest = Guest();
    if (guest == nullptr) return;
    exchange->guest.sequence = ++sequence_;
    exchange->guest.sent = Read(guest->glitch_sent);
    exchange->guest.boot_id = guest->boot_id;
    exchange->guest.clocksource = guest->clocksource;
    exchange->guest.discontinuities = guest->discontinuities;
    Later(guest->delay_back, [this, exchange] {
      exchange->host_received = fleet_.host_.Read();
      observer_->OnExchange(*exchange);
    });
  }

  void Later(absl::Duration delay, std::function<void()> happen) {
    fleet_.At(delay,
              [weak = std::weak_ptr<bool>(alive_), happen = std::move(happen)] {
                if (!weak.expired()) happen();
              });
  }

  VirtualFleet& fleet_;
  const std::string name_;
  Observer* observer_;
  uint64_t sequence_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

VirtualFleet::VirtualFleet(MonitorOptions options)
    : options_(std::move(options)) {
  monitor_ = std::make_unique<Monitor>(
      options_, host_, [this] { return discipline_; },
      static_cast<GuestDialer&>(*this), board_);
  monitor_->OnEarlier(
      [this](MonotonicTime when) { due_ = std::min(due_, when); });
}

VirtualFleet::~VirtualFleet() = default;

VirtualGuest& VirtualFleet::AddGuest(const std::string& name) {
  auto guest = std::make_unique<VirtualGuest>();
  guest->clock.Set(host_.Read());
  Domain domain;
  domain.uuid = absl::StrCat("uuid-of-", name);
  domain.name = name;
  domain.id = static_cast<int>(domains_.size()) + 1;
  domain.address = absl::StrCat("unix:/", name);
  domains_[name] = domain;
  return *(guests_[name] = std::move(guest));
}

void VirtualFleet::RemoveGuest(const std::string& name) {
  guests_.erase(name);
  domains_.erase(name);
}

void VirtualFleet::Tell() {
  std::vector<Domain> domains;
  for (const auto& [name, domain] : domains_) domains.push_back(domain);
  monitor_->OnConnection(absl::OkStatus());
  monitor_->OnDomains(std::move(domains));
}

void VirtualFleet::SendEvent(const std::string& name) {
  const auto it = links_.find(name);
  if (it != links_.end()) it->second->SendEvent();
}

void VirtualFleet::Disconnect(const std::string& name) {
  const auto it = links_.find(name);
  if (it != links_.end()) it->second->Break();
}

void VirtualFleet::Run(absl::Duration true_time) {
  const absl::Duration end = true_time_ + true_time;
  while (true) {
    // The host's MONOTONIC may run at another rate than true time; its next
    // due moment is approached in steps that cannot overshoot by much.
    const absl::Duration until_due = due_ - host_.Now();
    absl::Duration next =
        std::min(end, true_time_ + std::max(until_due, absl::ZeroDuration()));
    if (!events_.empty()) next = std::min(next, events_.begin()->first);
    const absl::Duration passed = next - true_time_;
    if (passed > absl::ZeroDuration()) {
      host_.Advance(passed);
      for (auto& [name, guest] : guests_) guest->clock.Advance(passed);
      true_time_ = next;
    }
    bool happened = false;
    while (!events_.empty() && events_.begin()->first <= true_time_) {
      const std::function<void()> happen = events_.begin()->second;
      events_.erase(events_.begin());
      happen();
      happened = true;
    }
    if (host_.Now() >= due_) {
      due_ = monitor_->Tick();
      happened = true;
    }
    if (!happened && true_time_ >= end) return;
  }
}

std::shared_ptr<const GuestRow> VirtualFleet::row(
    const std::string& name) const {
  const std::shared_ptr<const HostSnapshot> latest = board_.Latest();
  if (latest == nullptr) return nullptr;
  for (const auto& row : latest->guests) {
    if (row->domain.name == name) return row;
  }
  return nullptr;
}

std::unique_ptr<GuestLink> VirtualFleet::Dial(const std::string& address,
                                              const std::string& /*uuid*/,
                                              GuestLink::Observer* observer) {
  return std::make_unique<Link>(*this, address.substr(6), observer);
}

void VirtualFleet::At(absl::Duration from_now, std::function<void()> happen) {
  events_.emplace(true_time_ + from_now, std::move(happen));
}

}  // namespace noonmark::testing
