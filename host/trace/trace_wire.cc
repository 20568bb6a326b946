#include "host/trace/trace_wire.h"

#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/rpc/clock_wire.h"

namespace noonmark {
namespace {

constexpr size_t kMostUuidCharacters = 64;
constexpr size_t kMostGuests = 100'000;

int64_t Nanos(absl::Duration d) { return absl::ToInt64Nanoseconds(d); }

KernelDiscipline Decode(const v1::KernelDiscipline& wire) {
  KernelDiscipline discipline;
  discipline.offset = absl::Nanoseconds(wire.offset_ns());
  discipline.frequency_scaled_ppm = wire.frequency_scaled_ppm();
  discipline.tick_us = wire.tick_us();
  discipline.max_error = absl::Nanoseconds(wire.max_error_ns());
  discipline.estimated_error = absl::Nanoseconds(wire.estimated_error_ns());
  discipline.status = wire.status();
  discipline.tai_offset_s = wire.tai_offset_s();
  return discipline;
}

using Leap = ChronyTracking::Leap;

v1::ChronyLeap ToWire(Leap leap) {
  switch (leap) {
    case Leap::kNormal:
      return v1::CHRONY_LEAP_NORMAL;
    case Leap::kInsertSecond:
      return v1::CHRONY_LEAP_INSERT_SECOND;
    case Leap::kDeleteSecond:
      return v1::CHRONY_LEAP_DELETE_SECOND;
    case Leap::kNotSynchronised:
      return v1::CHRONY_LEAP_NOT_SYNCHRONISED;
  }
  return v1::CHRONY_LEAP_UNSPECIFIED;
}

Leap FromWire(v1::ChronyLeap leap) {
  switch (leap) {
    case v1::CHRONY_LEAP_NORMAL:
      return Leap::kNormal;
    case v1::CHRONY_LEAP_INSERT_SECOND:
      return Leap::kInsertSecond;
    case v1::CHRONY_LEAP_DELETE_SECOND:
      return Leap::kDeleteSecond;
    default:
      return Leap::kNotSynchronised;
  }
}

void Encode(const ChronyTracking& tracking, v1::ChronyTracking& wire) {
  const auto nanos = [](absl::Duration d) {
    return absl::ToInt64Nanoseconds(d);
  };
  wire.set_reference_id(tracking.reference_id);
  wire.set_source(tracking.source);
  wire.set_stratum(tracking.stratum);
  wire.set_reference_time_ns(nanos(tracking.reference_time));
  wire.set_system_offset_ns(nanos(tracking.system_offset));
  wire.set_root_delay_ns(nanos(tracking.root_delay));
  wire.set_root_dispersion_ns(nanos(tracking.root_dispersion));
  wire.set_update_interval_ns(nanos(tracking.update_interval));
  wire.set_leap(ToWire(tracking.leap));
}

ChronyTracking Decode(const v1::ChronyTracking& wire) {
  ChronyTracking tracking;
  tracking.reference_id = wire.reference_id();
  tracking.source = wire.source();
  tracking.stratum = wire.stratum();
  tracking.reference_time = absl::Nanoseconds(wire.reference_time_ns());
  tracking.system_offset = absl::Nanoseconds(wire.system_offset_ns());
  tracking.root_delay = absl::Nanoseconds(wire.root_delay_ns());
  tracking.root_dispersion = absl::Nanoseconds(wire.root_dispersion_ns());
  tracking.update_interval = absl::Nanoseconds(wire.update_interval_ns());
  tracking.leap = FromWire(wire.leap());
  return tracking;
}

MonotonicTime Moment(int64_t ns) {
  return MonotonicTime::FromReading(absl::Nanoseconds(ns));
}

v1::SilenceKind ToWire(SilenceInput::Kind kind) {
  switch (kind) {
    case SilenceInput::Kind::kNoAgent:
      return v1::SILENCE_KIND_NO_AGENT;
    case SilenceInput::Kind::kUnreachable:
      return v1::SILENCE_KIND_UNREACHABLE;
    case SilenceInput::Kind::kUntrusted:
      return v1::SILENCE_KIND_UNTRUSTED;
  }
  return v1::SILENCE_KIND_UNSPECIFIED;
}

absl::StatusOr<SilenceInput::Kind> FromWire(v1::SilenceKind kind) {
  switch (kind) {
    case v1::SILENCE_KIND_NO_AGENT:
      return SilenceInput::Kind::kNoAgent;
    case v1::SILENCE_KIND_UNREACHABLE:
      return SilenceInput::Kind::kUnreachable;
    case v1::SILENCE_KIND_UNTRUSTED:
      return SilenceInput::Kind::kUntrusted;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("silence.kind: ", static_cast<int>(kind),
                       " is none that this version knows"));
  }
}

v1::LifeEvent ToWire(LifeEvent event) {
  switch (event) {
    case LifeEvent::kPaused:
      return v1::LIFE_EVENT_PAUSED;
    case LifeEvent::kResumed:
      return v1::LIFE_EVENT_RESUMED;
    case LifeEvent::kSaved:
      return v1::LIFE_EVENT_SAVED;
    case LifeEvent::kRestored:
      return v1::LIFE_EVENT_RESTORED;
    case LifeEvent::kLeaving:
      return v1::LIFE_EVENT_LEAVING;
    case LifeEvent::kArrived:
      return v1::LIFE_EVENT_ARRIVED;
    case LifeEvent::kListedPaused:
      return v1::LIFE_EVENT_LISTED_PAUSED;
    case LifeEvent::kListedRunning:
      return v1::LIFE_EVENT_LISTED_RUNNING;
  }
  return v1::LIFE_EVENT_UNSPECIFIED;
}

absl::StatusOr<LifeEvent> FromWire(v1::LifeEvent event) {
  switch (event) {
    case v1::LIFE_EVENT_PAUSED:
      return LifeEvent::kPaused;
    case v1::LIFE_EVENT_RESUMED:
      return LifeEvent::kResumed;
    case v1::LIFE_EVENT_SAVED:
      return LifeEvent::kSaved;
    case v1::LIFE_EVENT_RESTORED:
      return LifeEvent::kRestored;
    case v1::LIFE_EVENT_LEAVING:
      return LifeEvent::kLeaving;
    case v1::LIFE_EVENT_ARRIVED:
      return LifeEvent::kArrived;
    case v1::LIFE_EVENT_LISTED_PAUSED:
      return LifeEvent::kListedPaused;
    case v1::LIFE_EVENT_LISTED_RUNNING:
      return LifeEvent::kListedRunning;
    default:
      return absl::InvalidArgumentError(
          absl::StrCat("lifecycle.event: ", static_cast<int>(event),
                       " is none that this version knows"));
  }
}

}  // namespace

void EncodeCoreOptions(const CoreOptions& options, v1::TraceOptions& wire) {
  const TrackerOptions& tracker = options.guests.tracker;
  wire.set_trust_declared(options.host.trust == HostTrust::kDeclared);
  wire.set_hold_after_step_ns(Nanos(options.host.hold_after_step));
  wire.set_rho_ppb(tracker.rho);
  wire.set_max_slew_ppb(tracker.max_slew);
  wire.set_slew_warning_ppm(tracker.slew_warning_ppm);
  wire.set_burst(tracker.burst);
  wire.set_rate_baseline_ns(Nanos(tracker.rate_baseline));
  wire.set_warning_ns(Nanos(tracker.thresholds.warning));
  wire.set_fault_ns(Nanos(tracker.thresholds.fault));
  wire.set_rate_warning_ppm(options.guests.rate_warning_ppm);
  wire.set_keep_findings_ns(Nanos(options.guests.keep_findings));
  wire.set_unjudged_percent(options.host.unjudged.percent);
  wire.set_unjudged_after_ns(Nanos(options.host.unjudged.after));
}

absl::StatusOr<CoreOptions> DecodeCoreOptions(const v1::TraceOptions& wire) {
  if (wire.rho_ppb() < 0 || wire.max_slew_ppb() < 0 ||
      wire.rho_ppb() > 1'000'000'000 || wire.max_slew_ppb() > 1'000'000'000 ||
      wire.burst() < 1 || wire.burst() > 1000 || wire.rate_baseline_ns() <= 0 ||
      wire.warning_ns() <= 0 || wire.fault_ns() < wire.warning_ns() ||
      wire.unjudged_percent() < 0 || wire.unjudged_percent() > 100) {
    return absl::InvalidArgumentError(
        "header.options: not what noonmarkd can have run with");
  }
  CoreOptions options;
  TrackerOptions& tracker = options.guests.tracker;
  options.host.trust =
      wire.trust_declared() ? HostTrust::kDeclared : HostTrust::kProven;
  options.host.hold_after_step = absl::Nanoseconds(wire.hold_after_step_ns());
  tracker.rho = wire.rho_ppb();
  tracker.max_slew = wire.max_slew_ppb();
  tracker.slew_warning_ppm = wire.slew_warning_ppm();
  tracker.burst = wire.burst();
  tracker.rate_baseline = absl::Nanoseconds(wire.rate_baseline_ns());
  tracker.thresholds.warning = absl::Nanoseconds(wire.warning_ns());
  tracker.thresholds.fault = absl::Nanoseconds(wire.fault_ns());
  options.host.thresholds = tracker.thresholds;
  options.guests.rate_warning_ppm = wire.rate_warning_ppm();
  options.guests.keep_findings = absl::Nanoseconds(wire.keep_findings_ns());
  options.host.unjudged.percent = wire.unjudged_percent();
  options.host.unjudged.after = absl::Nanoseconds(wire.unjudged_after_ns());
  return options;
}

const std::string* GuestOf(const CoreInput& input) {
  return std::visit(
      [](const auto& kind) -> const std::string* {
        using Kind = std::decay_t<decltype(kind)>;
        if constexpr (std::is_same_v<Kind, HostReadingInput> ||
                      std::is_same_v<Kind, DisciplineInput> ||
                      std::is_same_v<Kind, ChronyInput> ||
                      std::is_same_v<Kind, ListeningInput>) {
          return nullptr;
        } else {
          return &kind.guest;
        }
      },
      input);
}

void TraceEncoder::Fill(const HostReadingInput& input) {
  EncodeClockReading(input.reading, record_.mutable_host_reading());
}

void TraceEncoder::Fill(const DisciplineInput& input) {
  v1::TraceDiscipline& out = *record_.mutable_discipline();
  out.clear_discipline();
  if (input.discipline.has_value()) {
    EncodeKernelDiscipline(*input.discipline, out.mutable_discipline());
  }
  out.set_at_ns(Nanos(input.at.Reading()));
}

void TraceEncoder::Fill(const ChronyInput& input) {
  const ChronyReport& report = input.report;
  v1::TraceChrony& out = *record_.mutable_chrony();
  out.Clear();
  if (report.tracking.has_value()) {
    noonmark::Encode(*report.tracking, *out.mutable_tracking());
  }
  out.set_error(report.error);
  out.set_asked_ns(Nanos(report.asked.Reading()));
  out.set_realtime_ns(Nanos(report.realtime));
}

void TraceEncoder::Fill(const PolicyInput& input) {
  v1::TracePolicy& out = *record_.mutable_policy();
  out.set_guest(number_);
  out.set_name(input.policy.name);
  out.set_warning_ns(Nanos(input.policy.thresholds.warning));
  out.set_fault_ns(Nanos(input.policy.thresholds.fault));
  out.set_intended_offset_ns(Nanos(input.policy.intended_offset));
  out.set_at_ns(Nanos(input.at.Reading()));
}

void TraceEncoder::Fill(const StreamInput& input) {
  record_.mutable_stream()->set_guest(number_);
  record_.mutable_stream()->set_stream(input.stream);
}

void TraceEncoder::Fill(const ExchangeInput& input) {
  v1::TraceExchange& out = *record_.mutable_exchange();
  out.set_guest(number_);
  out.set_stream(input.exchange.stream);
  EncodeClockReading(input.exchange.host_sent, out.mutable_host_sent());
  EncodeGuestReading(input.exchange.guest, out.mutable_reading());
  EncodeClockReading(input.exchange.host_received, out.mutable_host_received());
}

void TraceEncoder::Fill(const BurstEndInput& input) {
  record_.mutable_burst_end()->set_guest(number_);
  record_.mutable_burst_end()->set_at_ns(Nanos(input.at.Reading()));
}

void TraceEncoder::Fill(const SilenceInput& input) {
  v1::TraceSilence& out = *record_.mutable_silence();
  out.set_guest(number_);
  out.set_kind(ToWire(input.kind));
  out.set_note(input.note);
  out.set_at_ns(Nanos(input.at.Reading()));
}

void TraceEncoder::Fill(const PausedInput& input) {
  record_.mutable_paused()->set_guest(number_);
  record_.mutable_paused()->set_at_ns(Nanos(input.at.Reading()));
}

void TraceEncoder::Fill(const LifecycleInput& input) {
  v1::TraceLifecycle& out = *record_.mutable_lifecycle();
  out.set_guest(number_);
  out.set_event(ToWire(input.event));
  out.set_at_ns(Nanos(input.at.Reading()));
}

void TraceEncoder::Fill(const TscInput& input) {
  v1::TraceTsc& out = *record_.mutable_tsc();
  out.set_guest(number_);
  out.set_incarnation(input.tsc.incarnation);
  out.set_khz(input.tsc.khz);
  out.set_at_ns(Nanos(input.at.Reading()));
}

void TraceEncoder::Fill(const ListeningInput& input) {
  record_.mutable_listening()->set_listening(input.listening);
  record_.mutable_listening()->set_at_ns(Nanos(input.at.Reading()));
}

void TraceEncoder::Fill(const GoneInput& /*input*/) {
  record_.mutable_gone()->set_guest(number_);
}

absl::StatusOr<std::string> TraceDecoder::Guest(uint32_t number) const {
  const auto it = guests_.find(number);
  if (it == guests_.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("guest ", number, " was not named before"));
  }
  return it->second;
}

absl::StatusOr<std::optional<CoreInput>> TraceDecoder::Decode(
    const v1::TraceRecord& record) {
  std::optional<CoreInput> input;
  // Fills `guest` of what is being read; false: `fault` says why not.
  absl::Status fault;
  const auto named = [&](uint32_t number, std::string& guest) {
    absl::StatusOr<std::string> uuid = Guest(number);
    if (!uuid.ok()) {
      fault = uuid.status();
      return false;
    }
    guest = *std::move(uuid);
    return true;
  };

  switch (record.record_case()) {
    case v1::TraceRecord::kGuest:
      if (record.guest().uuid().size() > kMostUuidCharacters ||
          record.guest().uuid().empty() || guests_.size() >= kMostGuests) {
        return absl::InvalidArgumentError("guest.uuid: empty, or too long");
      }
      guests_[record.guest().number()] = record.guest().uuid();
      return input;
    case v1::TraceRecord::kHostReading:
      input = HostReadingInput{DecodeOwnReading(record.host_reading())};
      return input;
    case v1::TraceRecord::kDiscipline: {
      DisciplineInput in;
      if (record.discipline().has_discipline()) {
        in.discipline = noonmark::Decode(record.discipline().discipline());
      }
      in.at = Moment(record.discipline().at_ns());
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kChrony: {
      const v1::TraceChrony& chrony = record.chrony();
      ChronyInput in;
      if (chrony.has_tracking()) {
        in.report.tracking = noonmark::Decode(chrony.tracking());
      }
      in.report.error = chrony.error();
      in.report.asked = Moment(chrony.asked_ns());
      in.report.realtime = absl::Nanoseconds(chrony.realtime_ns());
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kPolicy: {
      const v1::TracePolicy& policy = record.policy();
      PolicyInput in;
      if (!named(policy.guest(), in.guest)) return fault;
      in.policy.name = policy.name();
      in.policy.thresholds.warning = absl::Nanoseconds(policy.warning_ns());
      in.policy.thresholds.fault = absl::Nanoseconds(policy.fault_ns());
      in.policy.intended_offset =
          absl::Nanoseconds(policy.intended_offset_ns());
      in.at = Moment(policy.at_ns());
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kStream: {
      StreamInput in;
      if (!named(record.stream().guest(), in.guest)) return fault;
      in.stream = record.stream().stream();
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kExchange: {
      ExchangeInput in;
      if (!named(record.exchange().guest(), in.guest)) return fault;
      absl::StatusOr<GuestReading> reading =
          DecodeClockExchange(record.exchange().reading());
      if (!reading.ok()) return reading.status();
      in.exchange.stream = record.exchange().stream();
      in.exchange.host_sent = DecodeOwnReading(record.exchange().host_sent());
      in.exchange.guest = *std::move(reading);
      in.exchange.host_received =
          DecodeOwnReading(record.exchange().host_received());
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kBurstEnd: {
      BurstEndInput in;
      if (!named(record.burst_end().guest(), in.guest)) return fault;
      in.at = Moment(record.burst_end().at_ns());
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kSilence: {
      SilenceInput in;
      if (!named(record.silence().guest(), in.guest)) return fault;
      absl::StatusOr<SilenceInput::Kind> kind =
          FromWire(record.silence().kind());
      if (!kind.ok()) return kind.status();
      in.kind = *kind;
      in.note = record.silence().note();
      in.at = Moment(record.silence().at_ns());
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kPaused: {
      PausedInput in;
      if (!named(record.paused().guest(), in.guest)) return fault;
      in.at = Moment(record.paused().at_ns());
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kLifecycle: {
      LifecycleInput in;
      if (!named(record.lifecycle().guest(), in.guest)) return fault;
      absl::StatusOr<LifeEvent> event = FromWire(record.lifecycle().event());
      if (!event.ok()) return event.status();
      in.event = *event;
      in.at = Moment(record.lifecycle().at_ns());
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kTsc: {
      TscInput in;
      if (!named(record.tsc().guest(), in.guest)) return fault;
      in.tsc = {record.tsc().incarnation(), record.tsc().khz()};
      in.at = Moment(record.tsc().at_ns());
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kListening:
      input = ListeningInput{record.listening().listening(),
                             Moment(record.listening().at_ns())};
      return input;
    case v1::TraceRecord::kGone: {
      GoneInput in;
      if (!named(record.gone().guest(), in.guest)) return fault;
      input = std::move(in);
      return input;
    }
    case v1::TraceRecord::kHeader:
      return absl::InvalidArgumentError("a header that is not the first");
    case v1::TraceRecord::RECORD_NOT_SET:
      return absl::InvalidArgumentError(
          "a record of a kind that this version does not know");
  }
  return input;
}

}  // namespace noonmark
