#include "host/service/report.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/detect/card.h"
#include "common/detect/evidence.h"
#include "common/rpc/clock_wire.h"
#include "host/service/operation_wire.h"

namespace noonmark {
namespace {

// The wire's durations end at ±10,000 years; a clock's reading may say more.
constexpr int64_t kMostSeconds = 315'576'000'000;

void Fill(absl::Duration d, google::protobuf::Duration& out) {
  absl::Duration rest;
  int64_t seconds = absl::IDivDuration(d, absl::Seconds(1), &rest);
  int64_t nanos = absl::ToInt64Nanoseconds(rest);
  if (seconds > kMostSeconds || seconds < -kMostSeconds) {
    seconds = seconds > 0 ? kMostSeconds : -kMostSeconds;
    nanos = 0;
  }
  out.set_seconds(seconds);
  out.set_nanos(static_cast<int32_t>(nanos));
}

// Ends rounded outwards: the wire has whole nanoseconds.
void Fill(const Interval& interval, v1::OffsetInterval& out) {
  Fill(absl::Floor(interval.lo, absl::Nanoseconds(1)), *out.mutable_lo());
  Fill(absl::Ceil(interval.hi, absl::Nanoseconds(1)), *out.mutable_hi());
}

// Between the host's MONOTONIC and the times that people read.
class Moments {
 public:
  explicit Moments(const ClockReading& now)
      : now_(MonotonicTime::FromReading(now.monotonic)),
        epoch_(absl::UnixEpoch() + (now.realtime - now.monotonic)) {}

  absl::Time epoch() const { return epoch_; }

  void Fill(MonotonicTime t, google::protobuf::Timestamp& out) const {
    absl::Duration rest;
    int64_t seconds = absl::IDivDuration(
        epoch_ + t.Reading() - absl::UnixEpoch(), absl::Seconds(1), &rest);
    int64_t nanos = absl::ToInt64Nanoseconds(rest);
    if (nanos < 0) {
      nanos += 1'000'000'000;
      --seconds;
    }
    out.set_seconds(seconds);
    out.set_nanos(static_cast<int32_t>(nanos));
  }
  void FillAge(MonotonicTime t, google::protobuf::Duration& out) const {
    noonmark::Fill(std::max(now_ - t, absl::ZeroDuration()), out);
  }
  // What is left of `after` from `t` on.
  void FillLeft(MonotonicTime t, absl::Duration after,
                google::protobuf::Duration& out) const {
    noonmark::Fill(std::max(after - (now_ - t), absl::ZeroDuration()), out);
  }

 private:
  MonotonicTime now_;
  absl::Time epoch_;
};

v1::Severity ToWire(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return v1::SEVERITY_INFO;
    case Severity::kWarning:
      return v1::SEVERITY_WARNING;
    case Severity::kFault:
      return v1::SEVERITY_FAULT;
  }
  return v1::SEVERITY_UNSPECIFIED;
}

v1::Verdict ToWire(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return v1::VERDICT_OK;
    case Verdict::kWrong:
      return v1::VERDICT_WRONG;
    case Verdict::kDiffers:
      return v1::VERDICT_DIFFERS;
    case Verdict::kUncertain:
      return v1::VERDICT_UNCERTAIN;
    case Verdict::kUnknown:
      return v1::VERDICT_UNKNOWN;
    case Verdict::kSuspended:
      return v1::VERDICT_SUSPENDED;
  }
  return v1::VERDICT_UNSPECIFIED;
}

void Fill(const RateInterval& rate, v1::RateInterval& out) {
  out.set_lo_ppm(rate.lo_ppm);
  out.set_hi_ppm(rate.hi_ppm);
}

void FillDrift(const GuestRow& row, const Moments& moments, v1::Drift& out) {
  out.set_ppm(row.drift->ppm);
  Fill(row.drift->bar, *out.mutable_bar());
  Fill(row.drift->mean, *out.mutable_mean());
  out.set_constant(row.drift->straight);
  Fill(row.drift->window, *out.mutable_window());
  if (!row.until_warning.has_value()) return;
  const Interval& until = *row.until_warning;
  moments.FillLeft(row.measured, until.lo, *out.mutable_warning_earliest());
  moments.FillLeft(row.measured, until.hi, *out.mutable_warning_latest());
}

void FillFinding(const Finding& finding, const Moments& moments, Detail detail,
                 v1::Finding& out) {
  out.set_code(std::string(CodeName(finding.code)));
  out.set_severity(ToWire(finding.severity));
  out.set_active(finding.active);
  moments.Fill(finding.first_seen, *out.mutable_first_seen());
  moments.Fill(finding.last_seen, *out.mutable_last_seen());
  moments.FillAge(finding.last_seen, *out.mutable_age());
  out.set_occurrences(finding.occurrences);
  if (finding.size.has_value()) Fill(*finding.size, *out.mutable_size());
  if (finding.signature != nullptr) out.set_signature(finding.signature->name);
  out.set_summary(Summarize(finding));
  if (detail == Detail::kList) return;
  for (EvidenceLine& line : EvidenceOf(finding, moments.epoch())) {
    v1::Evidence& evidence = *out.add_evidence();
    evidence.set_label(std::move(line.label));
    evidence.set_text(std::move(line.text));
  }
  out.set_advice(std::string(CardOf(finding.code).advice));
}

}  // namespace

void FillHost(const HostSnapshot& snapshot, const ClockReading& now,
              v1::Host& host) {
  const Moments moments(now);
  host.set_name(snapshot.name);
  if (snapshot.bound.has_value()) {
    host.set_trust(v1::HOST_TRUST_PROVEN);
    Fill(*snapshot.bound, *host.mutable_bound());
  } else {
    host.set_trust(snapshot.declared ? v1::HOST_TRUST_DECLARED
                                     : v1::HOST_TRUST_UNPROVEN);
  }
  host.set_trust_reason(snapshot.trust_reason);
  for (const Finding& finding : snapshot.findings) {
    FillFinding(finding, moments, Detail::kFull, *host.add_findings());
  }
  host.set_libvirt_uri(snapshot.libvirt_uri);
  host.set_libvirt_error(snapshot.libvirt_error);
  if (snapshot.correction != nullptr) {
    host.set_corrections_off(snapshot.correction->rails.off());
    host.set_breaker(snapshot.correction->rails.breaker());
  }
}

void FillGuest(const GuestRow& row, const ClockReading& now, Detail detail,
               v1::Guest& guest) {
  const Moments moments(now);
  guest.set_uuid(row.domain.uuid);
  guest.set_name(row.domain.name);
  if (row.domain.id >= 0) guest.set_libvirt_id(row.domain.id);
  guest.set_state(row.domain.state == DomainState::kPaused
                      ? v1::DOMAIN_STATE_PAUSED
                      : v1::DOMAIN_STATE_RUNNING);
  guest.set_address(row.domain.address);
  guest.set_group(row.domain.group);
  guest.set_verdict(ToWire(row.verdict));
  guest.set_reason(row.reason);
  // Before the first word of it there is no moment.
  if (row.verdict_since != MonotonicTime()) {
    moments.Fill(row.verdict_since, *guest.mutable_verdict_since());
  }
  if (row.offset.has_value()) {
    Fill(*row.offset, *guest.mutable_offset());
    moments.Fill(row.measured, *guest.mutable_measured());
    moments.FillAge(row.measured, *guest.mutable_age());
    if (row.host_bound.has_value()) {
      Fill(absl::Ceil(*row.host_bound, absl::Nanoseconds(1)),
           *guest.mutable_host_bound());
    }
  }
  if (row.policy.intended_offset != absl::ZeroDuration()) {
    Fill(row.policy.intended_offset, *guest.mutable_intended_offset());
  }
  Fill(row.policy.thresholds.warning, *guest.mutable_warning_threshold());
  Fill(row.policy.thresholds.fault, *guest.mutable_fault_threshold());
  if (row.rate.has_value()) Fill(*row.rate, *guest.mutable_rate());
  if (row.drift.has_value()) FillDrift(row, moments, *guest.mutable_drift());
  for (const Finding& finding : row.findings) {
    FillFinding(finding, moments, detail, *guest.add_findings());
  }
  if (detail == Detail::kFull && row.facts != nullptr) {
    EncodeGuestFacts(*row.facts, guest.mutable_description());
  }
  guest.set_exchanges(row.exchanges);
  if (row.hunt.has_value()) {
    guest.mutable_glitch_hunt()->set_reads(row.hunt->reads);
    guest.mutable_glitch_hunt()->set_glitches(row.hunt->glitches);
  }
  if (row.logs.has_value()) {
    EncodeJumpReport(*row.logs, guest.mutable_log_watch());
  }
}

void FillReport(const HostSnapshot& snapshot, const ClockReading& now,
                v1::HostReport& report) {
  FillHost(snapshot, now, *report.mutable_host());
  for (const auto& row : snapshot.guests) {
    v1::Guest& guest = *report.add_guests();
    FillGuest(*row, now, Detail::kFull, guest);
    FillCorrection(snapshot.correction.get(), *row, now, guest);
  }
  FillMoment(MonotonicTime::FromReading(now.monotonic), now,
             *report.mutable_published());
}

void FillDuration(absl::Duration d, google::protobuf::Duration& out) {
  Fill(d, out);
}

void FillInterval(const Interval& interval, v1::OffsetInterval& out) {
  Fill(interval, out);
}

void FillCorrection(const CorrectionView* correction, const GuestRow& row,
                    const ClockReading& now, v1::Guest& guest) {
  if (correction == nullptr) return;
  const auto it = correction->operations.find(row.domain.uuid);
  if (it != correction->operations.end()) {
    FillOperation(it->second, row.policy.intended_offset, now,
                  *guest.mutable_operation());
  }
  const std::string* held = correction->rails.HeldBecause(row.domain.uuid);
  if (held != nullptr) guest.set_held(*held);
}

void FillMoment(MonotonicTime moment, const ClockReading& now,
                google::protobuf::Timestamp& out) {
  Moments(now).Fill(moment, out);
}

absl::StatusOr<const GuestRow*> SelectGuest(const HostSnapshot& snapshot,
                                            std::string_view selector) {
  const std::string wanted(selector);
  if (wanted.empty()) {
    return absl::InvalidArgumentError(
        "no guest named: give a name, a UUID or a libvirt id");
  }
  int id = -1;
  const bool is_id = absl::SimpleAtoi(wanted, &id) && id >= 0;
  const std::string lower = absl::AsciiStrToLower(wanted);
  std::vector<const GuestRow*> by_name;
  const GuestRow* by_uuid = nullptr;
  const GuestRow* by_id = nullptr;
  for (const auto& row : snapshot.guests) {
    if (row->domain.name == wanted) by_name.push_back(row.get());
    if (row->domain.uuid == lower) by_uuid = row.get();
    if (is_id && row->domain.id == id) by_id = row.get();
  }
  if (by_name.size() > 1) {
    std::string message = absl::StrCat("more than one guest is named ", wanted,
                                       "; give the UUID of one:");
    for (const GuestRow* row : by_name) {
      absl::StrAppend(&message, " ", row->domain.uuid);
    }
    return absl::FailedPreconditionError(message);
  }
  if (by_name.size() == 1) return by_name[0];
  if (by_uuid != nullptr) return by_uuid;
  if (by_id != nullptr) return by_id;
  return absl::NotFoundError(
      absl::StrCat("no running guest ", wanted, " on ", snapshot.name));
}

}  // namespace noonmark
