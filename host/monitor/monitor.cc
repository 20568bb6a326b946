#include "host/monitor/monitor.h"

#include <algorithm>
#include <utility>

namespace noonmark {

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
  while (!schedule_.empty() && schedule_.begin()->first <= now) {
    Entry& entry = guests_.at(schedule_.begin()->second);
    entry.session->Tick(now);
    Reschedule(entry);
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
    Entry& entry = guests_[uuid];
    if (entry.session == nullptr) {
      entry.session = std::make_unique<GuestSession>(
          options_.session, std::move(domain),
          static_cast<GuestSession::Owner&>(*this));
    } else {
      entry.session->OnDomain(std::move(domain), now);
    }
    entry.row.reset();
    Reschedule(entry);
  }
  for (auto it = guests_.begin(); it != guests_.end();) {
    if (present.count(it->first) != 0) {
      ++it;
      continue;
    }
    schedule_.erase({it->second.due, it->first});
    // Out of the map before its end: it says goodbye through us.
    const Entry gone = std::move(it->second);
    Tell(GoneInput{it->first});
    it = guests_.erase(it);
  }
  WantPublication(/*news=*/true);
}

void Monitor::OnLifecycle(const Lifecycle& event) {
  const auto it = guests_.find(event.uuid);
  if (it == guests_.end()) return;  // the list that follows brings it
  const MonotonicTime now = clock_.Now();
  switch (event.event) {
    case LifecycleEvent::kSuspended:
      it->second.session->OnPaused(now);
      break;
    case LifecycleEvent::kStarted:
    case LifecycleEvent::kResumed:
      it->second.session->PollSoon(now);
      break;
    case LifecycleEvent::kStopped:
    case LifecycleEvent::kChanged:
      break;  // the list that follows says all
  }
  WantPublication(/*news=*/true);
}

void Monitor::OnConnection(const absl::Status& status) {
  // Connected is not listed yet.
  heard_of_libvirt_ |= !status.ok();
  libvirt_error_ = std::string(status.message());
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
    ReadHostDiscipline(clock_.Now());
    WantPublication(/*news=*/true);
  }
  return effect;
}

void Monitor::ReadHostDiscipline(MonotonicTime now) {
  const bool was_proven = core_.host().ProvenBound(now).has_value();
  Tell(DisciplineInput{read_discipline_(), now});
  WantPublication(core_.host().ProvenBound(now).has_value() != was_proven);
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

void Monitor::Reschedule(Entry& entry) {
  const std::string& uuid = entry.session->domain().uuid;
  const MonotonicTime due = entry.session->Due();
  if (due == entry.due && schedule_.count({due, uuid}) != 0) return;
  schedule_.erase({entry.due, uuid});
  entry.due = due;
  schedule_.insert({due, uuid});
  if (!ticking_ && due < promised_ && earlier_) {
    promised_ = due;
    earlier_(due);
  }
}

MonotonicTime Monitor::Next() const {
  MonotonicTime next = std::min(host_at_, discipline_at_);
  if (!schedule_.empty()) next = std::min(next, schedule_.begin()->first);
  if (publish_at_.has_value()) next = std::min(next, *publish_at_);
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
  board_.Publish(std::move(snapshot));
}

}  // namespace noonmark
