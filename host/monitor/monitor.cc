#include "host/monitor/monitor.h"

#include <algorithm>
#include <utility>

namespace noonmark {
namespace {

// Whom it is about; empty: no guest, or none that was asked.
std::string AnsweringGuest(const CoreInput& input) {
  if (const auto* exchange = std::get_if<ExchangeInput>(&input)) {
    return exchange->guest;
  }
  const auto* burst = std::get_if<BurstEndInput>(&input);
  return burst == nullptr ? "" : burst->guest;
}

}  // namespace

Monitor::Monitor(MonitorOptions options, Clock& clock,
                 ReadDiscipline discipline, GuestDialer& dialer,
                 SnapshotBoard& board)
    : options_(std::move(options)),
      clock_(clock),
      read_discipline_(std::move(discipline)),
      dialer_(dialer),
      board_(board),
      core_(options_.host, options_.assessor) {}

Monitor::~Monitor() { Stop(); }

MonotonicTime Monitor::Tick() {
  ticking_ = true;
  const MonotonicTime now = clock_.Now();
  if (now >= host_at_) {
    host_at_ = now + options_.host_watch;
    Tell(HostReadingInput{clock_.Read()});
  }
  if (now >= discipline_at_) {
    discipline_at_ = now + options_.discipline_watch;
    ReadHostDiscipline(now);
  }
  while (!schedule_.empty() && (*schedule_.begin())->due <= now) {
    Entry& entry = **schedule_.begin();
    entry.session->Tick(now);
    Reschedule(entry);
  }
  if (corrector_at_.has_value() && now >= *corrector_at_) {
    corrector_at_.reset();
    corrector_->Tick(now);
  }
  PublishIfDue(now);
  ticking_ = false;
  promised_ = Next();
  return promised_;
}

void Monitor::Stop() {
  schedule_.clear();
  // First: a session that leaves makes room for the next in the queue.
  queue_.clear();
  guests_.clear();
}

void Monitor::OnDomains(std::vector<Domain> domains) {
  const MonotonicTime now = clock_.Now();
  heard_of_libvirt_ = true;
  std::set<std::string> present;
  for (Domain& domain : domains) {
    const std::string uuid = domain.uuid;
    present.insert(uuid);
    Tell(PolicyInput{
        uuid,
        options_.policies.Of(domain, options_.assessor.tracker.thresholds),
        now});
    saved_.erase(uuid);
    const DomainLife life = domain.state == DomainState::kPaused
                                ? DomainLife::kPaused
                                : DomainLife::kRuns;
    const auto it = guests_.try_emplace(uuid).first;
    Entry& entry = it->second;
    entry.uuid = it->first;
    if (entry.session == nullptr) {
      const auto told = unlisted_.find(uuid);
      if (told != unlisted_.end()) {
        Tell(told->second);
        unlisted_.erase(told);
      }
      entry.session = std::make_unique<GuestSession>(
          options_.session, std::move(domain),
          static_cast<GuestSession::Owner&>(*this));
    } else {
      entry.session->OnDomain(std::move(domain), now);
    }
    entry.row.reset();
    Reschedule(entry);
    TellLife(uuid, life, now);
  }
  for (auto it = guests_.begin(); it != guests_.end();) {
    if (present.count(it->first) != 0) {
      ++it;
      continue;
    }
    Unschedule(it->second);
    // Out of the map before its end: it says goodbye through us.
    const Entry gone = std::move(it->second);
    const std::string uuid = it->first;
    it = guests_.erase(it);
    if (saved_.count(uuid) != 0) continue;
    Tell(GoneInput{uuid});
    TellLife(uuid, DomainLife::kGone, now);
  }
  ForgetSaved(now);
  WantPublication(/*news=*/true);
}

// One that is not restored for longer than findings are kept is gone.
void Monitor::ForgetSaved(MonotonicTime now) {
  for (auto it = saved_.begin(); it != saved_.end();) {
    if (now - it->second <= options_.assessor.keep_findings) {
      ++it;
      continue;
    }
    Tell(GoneInput{it->first});
    it = saved_.erase(it);
  }
}

void Monitor::OnLifecycle(const Lifecycle& event) {
  const MonotonicTime now = clock_.Now();
  const bool moves = event.cause == LifecycleCause::kMigration;
  switch (event.event) {
    case LifecycleEvent::kSuspended: {
      const auto it = guests_.find(event.uuid);
      if (it == guests_.end()) break;  // the list that follows brings it
      it->second.session->OnPaused(
          moves ? LifeEvent::kLeaving : LifeEvent::kPaused, now);
      TellLife(event.uuid, DomainLife::kPaused, now);
      break;
    }
    case LifecycleEvent::kStarted:
      if (event.cause == LifecycleCause::kSavedState) {
        OnRunsAgain(event.uuid, LifeEvent::kRestored, now);
        break;
      }
      [[fallthrough]];
    case LifecycleEvent::kResumed:
      OnRunsAgain(event.uuid, moves ? LifeEvent::kArrived : LifeEvent::kResumed,
                  now);
      break;
    case LifecycleEvent::kStopped:
      OnStopped(event, now);
      break;
    case LifecycleEvent::kChanged:
      break;  // the list that follows says all
  }
  WantPublication(/*news=*/true);
}

void Monitor::OnRunsAgain(const std::string& uuid, LifeEvent how,
                          MonotonicTime now) {
  const auto it = guests_.find(uuid);
  if (it != guests_.end()) {
    it->second.session->OnRunsAgain(how, now);
    TellLife(uuid, DomainLife::kRuns, now);
  } else {
    unlisted_[uuid] = LifecycleInput{uuid, how, now};
  }
}

void Monitor::OnStopped(const Lifecycle& event, MonotonicTime now) {
  unlisted_.erase(event.uuid);
  const auto it = guests_.find(event.uuid);
  if (it == guests_.end()) return;
  if (event.cause != LifecycleCause::kSavedState) {
    TellLife(event.uuid,
             event.cause == LifecycleCause::kMigration
                 ? DomainLife::kMigratedAway
                 : DomainLife::kGone,
             now);
    return;
  }
  saved_[event.uuid] = now;
  it->second.session->OnPaused(LifeEvent::kSaved, now);
  TellLife(event.uuid, DomainLife::kPaused, now);
}

void Monitor::TellLife(const std::string& guest, DomainLife life,
                       MonotonicTime now) {
  if (corrector_ != nullptr) corrector_->OnLife(guest, life, now);
}

void Monitor::OnConnection(const absl::Status& status) {
  // Connected is not listed yet.
  heard_of_libvirt_ |= !status.ok();
  libvirt_error_ = std::string(status.message());
  Tell(ListeningInput{status.ok(), clock_.Now()});
  WantPublication(/*news=*/true);
}

void Monitor::OnChrony(ChronyReport report) {
  Tell(ChronyInput{std::move(report)});
  ReadHostDiscipline(clock_.Now());
}

void Monitor::OnHostClockSet() {
  Tell(HostReadingInput{clock_.Read()});
  ReadHostDiscipline(clock_.Now());
}

FleetAssessor::Effect Monitor::Tell(const CoreInput& input) {
  const FleetAssessor::Effect effect = core_.Apply(input);
  if (effect.host_moved) {
    for (auto& [uuid, entry] : guests_) entry.row.reset();
    const MonotonicTime now = clock_.Now();
    if (corrector_ != nullptr) corrector_->OnHost(/*stepped=*/true, now);
    ReadHostDiscipline(now);
    WantPublication(/*news=*/true);
  }
  if (effect.others_judged) {
    for (auto& [uuid, entry] : guests_) entry.row.reset();
    WantPublication(/*news=*/true);
  }
  if (effect.ask_others) AskOthers(AnsweringGuest(input));
  return effect;
}

// Not more often than once in so long, whatever guests suspect.
void Monitor::AskOthers(const std::string& but) {
  constexpr absl::Duration kSpacing = absl::Milliseconds(300);
  constexpr int kWitnesses = 8;  // some may be slow, or leap themselves
  const MonotonicTime now = clock_.Now();
  if (asked_others_.has_value() && now - *asked_others_ < kSpacing) return;
  asked_others_ = now;
  int asked = 0;
  for (auto& [uuid, entry] : guests_) {
    if (asked == kWitnesses) return;
    if (uuid != but && entry.session->MeasureNow(now)) ++asked;
  }
}

void Monitor::ReadHostDiscipline(MonotonicTime now) {
  const bool was_proven = core_.host().ProvenBound(now).has_value();
  Tell(DisciplineInput{read_discipline_(), now});
  WantPublication(core_.host().ProvenBound(now).has_value() != was_proven);
  if (corrector_ != nullptr) corrector_->OnHost(/*stepped=*/false, now);
}

bool Monitor::EnterConnecting(GuestSession& session) {
  if (connecting_ >= options_.connecting_at_once) {
    queue_.push_back(session.domain().uuid);
    return false;
  }
  ++connecting_;
  return true;
}

void Monitor::LeaveConnecting(GuestSession& /*session*/) {
  --connecting_;
  while (!queue_.empty() && connecting_ < options_.connecting_at_once) {
    const std::string uuid = std::move(queue_.front());
    queue_.pop_front();
    const auto it = guests_.find(uuid);
    if (it != guests_.end()) it->second.session->OnRoomToConnect(clock_.Now());
  }
}

void Monitor::OnChanged(GuestSession& session, bool news) {
  const auto it = guests_.find(session.domain().uuid);
  if (it == guests_.end() || it->second.session.get() != &session) return;
  it->second.row.reset();
  Reschedule(it->second);
  WantPublication(news);
}

void Monitor::OnBurst(const BurstReport& burst, MonotonicTime now) {
  if (corrector_ != nullptr) corrector_->OnBurst(burst, now);
}

void Monitor::OnStatus(const std::string& uuid, const OperationStatus& status) {
  if (corrector_ != nullptr) corrector_->OnStatus(uuid, status, clock_.Now());
}

bool Monitor::GiveOrder(const std::string& guest, const Order& order) {
  const auto it = guests_.find(guest);
  return it != guests_.end() && it->second.session->GiveOrder(order);
}

void Monitor::MeasureNow(const std::string& guest) {
  const auto it = guests_.find(guest);
  if (it != guests_.end()) it->second.session->MeasureNow(clock_.Now());
}

std::shared_ptr<const GuestRow> Monitor::RowOf(const std::string& guest) {
  const auto it = guests_.find(guest);
  if (it == guests_.end()) return nullptr;
  if (it->second.row == nullptr) it->second.row = it->second.session->MakeRow();
  return it->second.row;
}

void Monitor::TickAt(MonotonicTime when) {
  if (corrector_at_.has_value() && *corrector_at_ <= when) return;
  corrector_at_ = when;
  if (!ticking_ && when < promised_ && earlier_) {
    promised_ = when;
    earlier_(when);
  }
}

void Monitor::PublishNow() {
  const MonotonicTime now = clock_.Now();
  publish_at_ = now;
  PublishIfDue(now);
}

void Monitor::Reschedule(Entry& entry) {
  const MonotonicTime due = entry.session->Due();
  if (due == entry.due && entry.scheduled) return;
  Unschedule(entry);
  entry.due = due;
  entry.scheduled = true;
  schedule_.insert(&entry);
  if (!ticking_ && due < promised_ && earlier_) {
    promised_ = due;
    earlier_(due);
  }
}

void Monitor::Unschedule(Entry& entry) {
  if (!entry.scheduled) return;
  schedule_.erase(&entry);
  entry.scheduled = false;
}

MonotonicTime Monitor::Next() const {
  MonotonicTime next = std::min(host_at_, discipline_at_);
  if (!schedule_.empty()) next = std::min(next, (*schedule_.begin())->due);
  if (publish_at_.has_value()) next = std::min(next, *publish_at_);
  if (corrector_at_.has_value()) next = std::min(next, *corrector_at_);
  return next;
}

void Monitor::WantPublication(bool news) {
  const MonotonicTime at =
      published_ + (news ? options_.publish_news : options_.publish_every);
  if (publish_at_.has_value() && *publish_at_ <= at) return;
  publish_at_ = at;
  if (!ticking_ && at < promised_ && earlier_) {
    promised_ = at;
    earlier_(at);
  }
}

void Monitor::PublishIfDue(MonotonicTime now) {
  if (!publish_at_.has_value() || now < *publish_at_) return;
  // A report before the first word from libvirt would look like an empty host.
  if (!heard_of_libvirt_) {
    publish_at_ = now + options_.publish_every;
    return;
  }
  publish_at_.reset();
  published_ = now;
  auto snapshot = std::make_shared<HostSnapshot>();
  snapshot->name = options_.host_name;
  snapshot->declared = core_.host().declared();
  snapshot->bound = core_.host().ProvenBound(now);
  snapshot->view = core_.host().View(now);
  snapshot->trust_reason = core_.host().trust_reason();
  snapshot->findings = core_.host().findings().Ordered();
  snapshot->libvirt_uri = options_.libvirt_uri;
  snapshot->libvirt_error = libvirt_error_;
  snapshot->guests.reserve(guests_.size());
  for (auto& [uuid, entry] : guests_) {
    if (entry.row == nullptr) entry.row = entry.session->MakeRow();
    snapshot->guests.push_back(entry.row);
  }
  std::stable_sort(snapshot->guests.begin(), snapshot->guests.end(),
                   [](const auto& a, const auto& b) {
                     return a->domain.name < b->domain.name;
                   });
  if (corrector_ != nullptr) {
    snapshot->correction = corrector_->OnSnapshot(*snapshot, now);
  }
  board_.Publish(std::move(snapshot));
}

}  // namespace noonmark
