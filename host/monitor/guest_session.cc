#include "host/monitor/guest_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

MonotonicTime Never() {
  return MonotonicTime::FromReading(absl::InfiniteDuration());
}

}  // namespace

GuestSession::GuestSession(const SessionOptions& options, Domain domain,
                           Owner& owner)
    : options_(options),
      domain_(std::move(domain)),
      owner_(owner),
      retry_(options.retry_first, options.retry_longest,
             StableHash(domain_.uuid)),
      distrust_(options.distrust_first, options.distrust_longest,
                StableHash(domain_.uuid)),
      phase_hash_(StableHash(domain_.uuid)),
      event_polls_(options.most_event_polls, options.event_refill) {
  const MonotonicTime now = owner_.Now();
  if (domain_.state == DomainState::kPaused) {
    owner_.Tell(LifecycleInput{domain_.uuid, LifeEvent::kListedPaused, now});
    TellPaused(now);
  }
  Begin(now);
}

GuestSession::~GuestSession() {
  if (phase_ == Phase::kConnecting) owner_.LeaveConnecting(*this);
}

MonotonicTime GuestSession::Due() const {
  if (dead_link_ != nullptr) return MonotonicTime();
  MonotonicTime due = Never();
  switch (phase_) {
    case Phase::kNoAddress:
    case Phase::kQueued:
      break;
    case Phase::kWaiting:
    case Phase::kConnecting:
      due = action_at_;
      break;
    case Phase::kIdle:
      due = poll_at_;
      break;
    case Phase::kBurst:
      due = outstanding_ ? poll_at_ : action_at_;
      break;
  }
  if (answered_.has_value()) due = std::min(due, *answered_ + StaleAfter());
  return due;
}

void GuestSession::Tick(MonotonicTime now) {
  dead_link_.reset();
  switch (phase_) {
    case Phase::kNoAddress:
      break;
    case Phase::kQueued:
      break;
    case Phase::kWaiting:
      if (now >= action_at_) Connect(now);
      break;
    case Phase::kConnecting:
      if (now >= action_at_) {
        Lose(absl::UnavailableError(
                 absl::StrCat("no connection to ", domain_.address, " within ",
                              absl::FormatDuration(options_.connect_limit))),
             now);
      }
      break;
    case Phase::kIdle:
      if (now >= poll_at_) StartBurst(now);
      break;
    case Phase::kBurst:
      if (!outstanding_ && now >= action_at_) Ask(now);
      CountMissedPolls(now);
      break;
  }
  CheckStale(now);
}

void GuestSession::OnDomain(Domain domain, MonotonicTime now) {
  const bool moved = domain.address != domain_.address ||
                     domain.metadata_error != domain_.metadata_error;
  const DomainState before = domain_.state;
  domain_ = std::move(domain);
  if (moved) {
    DropLink();
    facts_.reset();
    agreement_.Forget();
    orders_.Forget();
    retry_.Reset();
    distrust_.Reset();
    Begin(now);
  }
  if (domain_.state != before) {
    if (domain_.state == DomainState::kPaused) {
      OnPaused(LifeEvent::kListedPaused, now);
    } else {
      owner_.Tell(LifecycleInput{domain_.uuid, LifeEvent::kListedRunning, now});
    }
  }
  Changed();
}

void GuestSession::OnPaused(LifeEvent how, MonotonicTime now) {
  domain_.state = DomainState::kPaused;
  owner_.Tell(LifecycleInput{domain_.uuid, how, now});
  TellPaused(now);
  answered_.reset();  // silence is expected
  agreement_.Forget();
  Changed();
}

void GuestSession::OnRunsAgain(LifeEvent how, MonotonicTime now) {
  owner_.Tell(LifecycleInput{domain_.uuid, how, now});
  describe_at_ = now;  // it may run on another machine
  PollSoon(now);
}

void GuestSession::PollSoon(MonotonicTime now) {
  if (phase_ == Phase::kIdle) {
    PollForEvent(std::max(now, last_burst_ + options_.event_spacing));
  } else if (phase_ == Phase::kBurst) {
    event_waits_ = true;
  } else if (phase_ == Phase::kWaiting) {
    action_at_ = std::min(action_at_, now + options_.retry_first);
  }
  Changed();
}

bool GuestSession::MeasureNow(MonotonicTime now) {
  if (phase_ == Phase::kIdle) {
    poll_at_ = std::min(poll_at_, now);
  } else if (phase_ == Phase::kBurst) {
    measure_ = true;
  } else {
    return false;
  }
  Changed();
  return missed_ == 0;
}

std::shared_ptr<const GuestRow> GuestSession::MakeRow() const {
  auto row = std::make_shared<GuestRow>();
  const GuestAssessor& thoughts = owner_.Thoughts(domain_.uuid);
  row->domain = domain_;
  row->verdict = thoughts.verdict();
  row->reason = std::string(thoughts.reason());
  row->verdict_since = thoughts.verdict_since();
  row->offset = thoughts.offset();
  row->measured = thoughts.measured();
  row->host_bound = thoughts.host_bound();
  row->policy = thoughts.policy();
  row->rate = thoughts.rate();
  row->drift = thoughts.drift();
  row->until_warning = thoughts.UntilWarning(row->drift);
  row->findings = thoughts.findings();
  row->facts = facts_;
  row->exchanges = exchanges_;
  row->hunt = thoughts.hunt();
  row->logs = thoughts.logs();
  row->agreement = agreement_;
  row->unpaused = thoughts.resumed();
  row->operation = orders_.told();
  row->takes_no_orders = orders_.problem();
  return row;
}

void GuestSession::OnOpen() {
  const MonotonicTime now = owner_.Now();
  owner_.LeaveConnecting(*this);
  opened_ = true;
  opened_at_ = now;
  ++stream_;
  owner_.Tell(StreamInput{domain_.uuid, stream_});
  describe_at_ = now + options_.describe_every;
  link_->Describe();
  status_at_ = now + options_.status_every;
  orders_.OnOpen(*link_);
  StartBurst(now);
  Changed();
}

void GuestSession::OnExchange(Exchange exchange) {
  const MonotonicTime now =
      MonotonicTime::FromReading(exchange.host_received.monotonic);
  outstanding_ = false;
  missed_ = 0;
  answered_ = now;
  last_error_.clear();
  ++exchanges_;
  exchange.stream = stream_;
  last_reading_ = exchange.guest;

  const bool was_spaced = spaced_;
  const bool suspicious =
      owner_.Tell(ExchangeInput{domain_.uuid, std::move(exchange)}).ask_again;
  --burst_left_;
  if (suspicious != was_spaced) {
    // A suspicion begins: a slow burst decides it. Or it is decided: a quick
    // one measures where the clock is now. No more than that: a guest whose
    // processors disagree would be asked for ever, and never judged.
    spaced_ = suspicious;
    if (++turns_ <= 2) burst_left_ = options_.burst;
  }
  if (owner_.TakeNews(domain_.uuid)) owner_.OnChanged(*this, /*news=*/true);
  if (burst_left_ <= 0) {
    FinishBurst(now);
  } else if (spaced_) {
    action_at_ = now + options_.suspicion_spacing;
    Changed();
  } else {
    Ask(now);
  }
}

void GuestSession::OnEvent(uint64_t /*discontinuities*/) {
  PollSoon(owner_.Now());
}

void GuestSession::OnDescription(GuestFacts facts) {
  if (facts.xen.has_value() && facts.xen->tsc.has_value()) {
    owner_.Tell(TscInput{domain_.uuid,
                         {facts.xen->tsc->incarnation, facts.xen->tsc->khz},
                         owner_.Now()});
  }
  facts_ = std::make_shared<const GuestFacts>(std::move(facts));
  Changed();
}

void GuestSession::OnStatus(OperationStatus status) {
  const bool given = orders_.OnStatus(std::move(status));
  Changed();
  if (given) owner_.OnStatus(domain_.uuid, *orders_.told());
}

void GuestSession::OnOrderFailed(const absl::Status& why) {
  orders_.OnFailed(why);
  Changed();
}

void GuestSession::OnClosed(const absl::Status& status) {
  Lose(status, owner_.Now());
}

void GuestSession::Begin(MonotonicTime now) {
  if (domain_.address.empty()) {
    phase_ = Phase::kNoAddress;
    answered_.reset();
    TellSilence(SilenceInput::Kind::kNoAgent,
                domain_.metadata_error.empty()
                    ? "no address in the domain's metadata"
                    : domain_.metadata_error,
                now);
    return;
  }
  // The first connection at once, within a spread; polls in the own phase.
  phase_ = Phase::kWaiting;
  action_at_ = now + absl::Milliseconds(phase_hash_ % 200);
}

void GuestSession::Connect(MonotonicTime now) {
  phase_ = Phase::kQueued;
  if (!owner_.EnterConnecting(*this)) return;
  phase_ = Phase::kConnecting;
  action_at_ = now + options_.connect_limit;
  link_ = owner_.dialer().Dial(domain_.address, domain_.uuid, this);
  Changed();
}

void GuestSession::Lose(const absl::Status& why, MonotonicTime now) {
  // Before an agent was there, an invalid argument is the address.
  const bool nonsense =
      (opened_ && absl::IsInvalidArgument(why)) || absl::IsAborted(why);
  DropLink();
  phase_ = Phase::kWaiting;
  last_error_ = std::string(why.message());
  if (nonsense) {
    answered_.reset();
    TellSilence(SilenceInput::Kind::kUntrusted, last_error_, now);
    action_at_ = now + distrust_.NextPause();
  } else {
    // What was measured holds until it is stale; without any, say so at once.
    if (!answered_.has_value() && domain_.state == DomainState::kRunning) {
      TellSilence(SilenceInput::Kind::kUnreachable, last_error_, now);
    }
    action_at_ = now + retry_.NextPause();
  }
  owner_.OnChanged(*this, owner_.TakeNews(domain_.uuid));
}

void GuestSession::DropLink() {
  if (phase_ == Phase::kConnecting) owner_.LeaveConnecting(*this);
  if (link_ != nullptr) {
    orders_.OnClosed();
    link_->Close();
    dead_link_ = std::move(link_);
  }
  opened_ = false;
  outstanding_ = false;
  spaced_ = false;
  event_waits_ = false;
  event_poll_ = false;
  measure_ = false;
  missed_ = 0;
}

void GuestSession::StartBurst(MonotonicTime now) {
  phase_ = Phase::kBurst;
  last_burst_ = now;
  poll_at_ = NextPoll(now);
  burst_left_ = options_.burst;
  turns_ = 0;
  spaced_ = false;
  event_waits_ = false;
  event_poll_ = false;
  if (now >= describe_at_) {
    describe_at_ = now + options_.describe_every;
    link_->Describe();
  }
  if (now >= status_at_) {
    status_at_ = now + options_.status_every;
    orders_.AskStatus();
  }
  Ask(now);
}

void GuestSession::Ask(MonotonicTime now) {
  outstanding_ = true;
  action_at_ = now;
  link_->Ask();
  Changed();
}

void GuestSession::FinishBurst(MonotonicTime now) {
  phase_ = Phase::kIdle;
  spaced_ = false;
  // Not for one good burst: an agent that fails after each would be asked all
  // the time.
  if (now - opened_at_ >= options_.retry_longest) retry_.Reset();
  if (now - opened_at_ >= options_.distrust_longest) distrust_.Reset();
  const bool confirm = owner_.Tell(BurstEndInput{domain_.uuid, now}).ask_again;
  const GuestAssessor& thoughts = owner_.Thoughts(domain_.uuid);
  if (thoughts.offset().has_value()) {
    agreement_.Add(*thoughts.offset(), thoughts.measured());
  }
  if (confirm) poll_at_ = std::min(poll_at_, now + options_.event_spacing);
  if (event_waits_) PollForEvent(now + options_.event_spacing);
  if (std::exchange(measure_, false)) poll_at_ = now;
  owner_.OnChanged(*this, owner_.TakeNews(domain_.uuid));
  BurstReport burst{
      domain_.uuid, thoughts.verdict(), last_burst_, {}, last_reading_};
  // Proven by this burst, not by an earlier one.
  if (thoughts.measured() >= last_burst_) burst.offset = thoughts.offset();
  owner_.OnBurst(burst, now);
}

void GuestSession::PollForEvent(MonotonicTime earliest) {
  if (std::exchange(event_poll_, true)) return;
  poll_at_ = std::min(poll_at_, event_polls_.Take(earliest));
}

void GuestSession::CountMissedPolls(MonotonicTime now) {
  if (!outstanding_ || now < poll_at_) return;
  poll_at_ = NextPoll(now);
  if (domain_.state == DomainState::kPaused) {
    TellPaused(now);
    Changed();
    return;
  }
  if (++missed_ < options_.stale_after) {
    Changed();
    return;
  }
  answered_.reset();
  Lose(absl::UnavailableError(
           absl::StrCat("no answer for ", options_.stale_after, " polls")),
       now);
}

void GuestSession::CheckStale(MonotonicTime now) {
  if (!answered_.has_value() || now - *answered_ < StaleAfter()) return;
  answered_.reset();
  if (domain_.state == DomainState::kPaused) return;
  TellSilence(SilenceInput::Kind::kUnreachable,
              last_error_.empty() ? absl::StrCat("no answer for ",
                                                 options_.stale_after, " polls")
                                  : last_error_,
              now);
  owner_.OnChanged(*this, owner_.TakeNews(domain_.uuid));
}

MonotonicTime GuestSession::NextPoll(MonotonicTime now) const {
  const absl::Duration phase =
      options_.interval * static_cast<int64_t>(phase_hash_ % 4096) / 4096;
  absl::Duration into;
  absl::IDivDuration(now.Reading() - phase, options_.interval, &into);
  if (into < absl::ZeroDuration()) into += options_.interval;
  return now + (options_.interval - into);
}

void GuestSession::TellSilence(SilenceInput::Kind kind, const std::string& note,
                               MonotonicTime now) {
  owner_.Tell(SilenceInput{domain_.uuid, kind, note, now});
}

void GuestSession::TellPaused(MonotonicTime now) {
  owner_.Tell(PausedInput{domain_.uuid, now});
}

void GuestSession::Changed() { owner_.OnChanged(*this, /*news=*/false); }

}  // namespace noonmark
