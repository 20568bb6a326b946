#include "common/rpc/clock_wire.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/rpc/wire_faults.h"
#include "noonmark/v1/agent.pb.h"

namespace noonmark {
namespace {

// Far beyond what a kernel accepts (+-500 ppm, 9000 to 11000 us), and small
// enough that arithmetic on them cannot overflow.
constexpr int64_t kMostFrequency = int64_t{1} << 40;
constexpr int64_t kMostTickUs = 1'000'000;

ClockReading DecodeGroup(absl::string_view field, bool present,
                         const v1::ClockGroup& wire, WireFaults* faults) {
  if (!present) {
    faults->Add(field, "is missing");
  } else if (wire.raw_after_ns() < wire.raw_before_ns()) {
    faults->Add(absl::StrCat(field, ".raw_after_ns"),
                absl::StrCat(wire.raw_after_ns(), " is before raw_before_ns ",
                             wire.raw_before_ns(),
                             ": a counter that runs back encloses no reading"));
  }
  return DecodeOwnReading(wire);
}

KernelDiscipline DecodeDiscipline(const v1::KernelDiscipline& wire,
                                  WireFaults* faults) {
  faults->CheckRange("discipline.frequency_scaled_ppm",
                     wire.frequency_scaled_ppm(), -kMostFrequency,
                     kMostFrequency);
  faults->CheckRange("discipline.tick_us", wire.tick_us(), 0, kMostTickUs);
  return {.offset = absl::Nanoseconds(wire.offset_ns()),
          .frequency_scaled_ppm = wire.frequency_scaled_ppm(),
          .tick_us = wire.tick_us(),
          .max_error = absl::Nanoseconds(wire.max_error_ns()),
          .estimated_error = absl::Nanoseconds(wire.estimated_error_ns()),
          .status = wire.status(),
          .tai_offset_s = wire.tai_offset_s()};
}

WallTriple DecodeTriple(const v1::WallTriple& wire) {
  return {.coarse_before = absl::Nanoseconds(wire.coarse_before_ns()),
          .realtime = absl::Nanoseconds(wire.realtime_ns()),
          .coarse_after = absl::Nanoseconds(wire.coarse_after_ns())};
}

HuntReport DecodeHunt(const v1::GlitchHunt& wire, WireFaults* faults) {
  HuntReport hunt;
  hunt.reads = wire.reads();
  hunt.glitches = wire.glitches();
  const auto recent = static_cast<size_t>(wire.recent_size());
  if (recent > std::min<uint64_t>(HuntReport::kMostRecent, hunt.glitches)) {
    faults->Add(
        "glitch_hunt.recent",
        absl::StrCat(recent, " entries, but at most ", HuntReport::kMostRecent,
                     " of ", hunt.glitches, " glitches are allowed"));
    return hunt;
  }
  for (const v1::Glitch& from : wire.recent()) {
    Glitch& glitch = hunt.recent.emplace_back();
    if (!from.has_off()) faults->Add("glitch_hunt.recent.off", "is missing");
    if (from.off_reads() == 0) {
      faults->Add("glitch_hunt.recent.off_reads", "is missing or 0");
    }
    if (static_cast<size_t>(from.after_size()) != glitch.after.size()) {
      faults->Add("glitch_hunt.recent.after",
                  absl::StrCat(from.after_size(), " entries, but ",
                               glitch.after.size(), " are expected"));
      return hunt;
    }
    glitch.off = DecodeTriple(from.off());
    glitch.off_reads = from.off_reads();
    std::transform(from.after().begin(), from.after().end(),
                   glitch.after.begin(), DecodeTriple);
    glitch.cpu = from.cpu();
    glitch.boottime = absl::Nanoseconds(from.boottime_ns());
  }
  return hunt;
}

JumpReport DecodeLogs(const v1::LogWatch& wire, WireFaults* faults) {
  JumpReport logs;
  logs.lines = wire.lines();
  const auto recent = static_cast<size_t>(wire.recent_size());
  if (recent > std::min<uint64_t>(JumpReport::kMostRecent, logs.lines)) {
    faults->Add(
        "log_watch.recent",
        absl::StrCat(recent, " entries, but at most ", JumpReport::kMostRecent,
                     " of ", logs.lines, " lines are allowed"));
    return logs;
  }
  for (const v1::ToldJump& from : wire.recent()) {
    ToldJump& told = logs.recent.emplace_back();
    told.teller = DecodeEnum("log_watch.recent.teller", from.teller(),
                             JumpTeller::kKernel, faults);
    told.way = DecodeEnum("log_watch.recent.way", from.way(), JumpWay::kForward,
                          faults);
    if (from.has_figure_ns()) {
      faults->CheckRange("log_watch.recent.figure_ns", from.figure_ns(), 0,
                         std::numeric_limits<int64_t>::max());
      told.figure = absl::Nanoseconds(from.figure_ns());
    }
    told.figure_is_the_least = from.figure_is_the_least();
    told.attested = from.attested();
    told.boottime = absl::Nanoseconds(from.boottime_ns());
  }
  return logs;
}

void EncodeTriple(const WallTriple& triple, v1::WallTriple* wire) {
  wire->set_coarse_before_ns(absl::ToInt64Nanoseconds(triple.coarse_before));
  wire->set_realtime_ns(absl::ToInt64Nanoseconds(triple.realtime));
  wire->set_coarse_after_ns(absl::ToInt64Nanoseconds(triple.coarse_after));
}

void EncodeHunt(const HuntReport& hunt, v1::GlitchHunt* wire) {
  wire->set_reads(hunt.reads);
  wire->set_glitches(hunt.glitches);
  wire->clear_recent();
  for (const Glitch& glitch : hunt.recent) {
    v1::Glitch* to = wire->add_recent();
    EncodeTriple(glitch.off, to->mutable_off());
    to->set_off_reads(glitch.off_reads);
    to->clear_after();
    for (const WallTriple& triple : glitch.after) {
      EncodeTriple(triple, to->add_after());
    }
    to->set_cpu(glitch.cpu);
    to->set_boottime_ns(absl::ToInt64Nanoseconds(glitch.boottime));
  }
}

const std::string& AllowedFact(const std::string& text) {
  return AllowedText(text, kMostFactCharacters);
}

constexpr uint32_t kLastTscMode = 3;
constexpr uint32_t kMostTscKhz = 100'000'000;

GuestFacts::Xen::Tsc DecodeTsc(const v1::XenTsc& wire, WireFaults* faults) {
  if (wire.mode() > kLastTscMode) {
    faults->Add("xen.tsc.mode",
                absl::StrCat(wire.mode(), " is above ", kLastTscMode));
  }
  if (wire.khz() > kMostTscKhz) {
    faults->Add("xen.tsc.khz",
                absl::StrCat(wire.khz(), " is above ", kMostTscKhz));
  }
  GuestFacts::Xen::Tsc tsc;
  tsc.mode = wire.mode();
  tsc.khz = wire.khz();
  tsc.incarnation = wire.incarnation();
  return tsc;
}

}  // namespace

ClockReading DecodeOwnReading(const v1::ClockGroup& wire) {
  return {.raw_before = absl::Nanoseconds(wire.raw_before_ns()),
          .realtime = absl::Nanoseconds(wire.realtime_ns()),
          .monotonic = absl::Nanoseconds(wire.monotonic_ns()),
          .boottime = absl::Nanoseconds(wire.boottime_ns()),
          .raw_after = absl::Nanoseconds(wire.raw_after_ns())};
}

absl::StatusOr<GuestReading> DecodeClockExchange(
    const v1::ClockExchange& wire) {
  WireFaults faults;
  if (wire.sequence() == 0) faults.Add("sequence", "is missing or 0");
  GuestReading reading;
  reading.sequence = wire.sequence();
  reading.received =
      DecodeGroup("received", wire.has_received(), wire.received(), &faults);
  reading.sent = DecodeGroup("sent", wire.has_sent(), wire.sent(), &faults);
  faults.CheckText("boot_id", wire.boot_id(), kMostBootIdCharacters);
  faults.CheckText("clocksource", wire.clocksource(),
                   kMostClocksourceCharacters);
  reading.discontinuities = wire.discontinuities();
  if (wire.has_discipline()) {
    reading.discipline = DecodeDiscipline(wire.discipline(), &faults);
  }
  if (wire.steal_ns() >= 0) reading.steal = absl::Nanoseconds(wire.steal_ns());
  if (wire.has_glitch_hunt()) {
    reading.hunt = DecodeHunt(wire.glitch_hunt(), &faults);
  }
  if (wire.has_log_watch()) {
    reading.logs = DecodeLogs(wire.log_watch(), &faults);
  }
  if (!faults.status().ok()) return faults.status();
  reading.boot_id = wire.boot_id();
  reading.clocksource = wire.clocksource();
  return reading;
}

absl::StatusOr<GuestFacts> DecodeGuestDescription(
    const v1::GuestDescription& wire) {
  WireFaults faults;
  const auto fact = [&faults](absl::string_view field,
                              const std::string& text) {
    faults.CheckText(field, text, kMostFactCharacters);
    return faults.status().ok() ? text : std::string();
  };
  GuestFacts facts;
  facts.agent_version = fact("agent_version", wire.agent_version());
  facts.kernel_release = fact("kernel_release", wire.kernel_release());
  facts.machine = fact("machine", wire.machine());
  facts.operating_system = fact("operating_system", wire.operating_system());
  facts.clocksource_current =
      fact("clocksource_current", wire.clocksource_current());
  const auto& available = wire.clocksources_available();
  if (available.size() > kMostFactEntries) {
    faults.Add("clocksources_available",
               absl::StrCat(available.size(), " entries, but at most ",
                            kMostFactEntries, " are allowed"));
  }
  for (int i = 0; faults.status().ok() && i < available.size(); ++i) {
    facts.clocksources_available.push_back(
        fact(absl::StrCat("clocksources_available[", i, "]"), available[i]));
  }
  if (wire.has_discipline()) {
    facts.discipline = DecodeDiscipline(wire.discipline(), &faults);
  }
  if (wire.has_xen()) {
    GuestFacts::Xen& xen = facts.xen.emplace();
    xen.guest_type = fact("xen.guest_type", wire.xen().guest_type());
    xen.version = fact("xen.version", wire.xen().version());
    if (wire.xen().has_independent_wallclock()) {
      xen.independent_wallclock = wire.xen().independent_wallclock();
    }
    if (wire.xen().has_tsc()) xen.tsc = DecodeTsc(wire.xen().tsc(), &faults);
  }
  facts.machine_uuid = fact("machine_uuid", wire.machine_uuid());
  if (!faults.status().ok()) return faults.status();
  return facts;
}

void EncodeClockReading(const ClockReading& reading, v1::ClockGroup* wire) {
  wire->set_raw_before_ns(absl::ToInt64Nanoseconds(reading.raw_before));
  wire->set_realtime_ns(absl::ToInt64Nanoseconds(reading.realtime));
  wire->set_monotonic_ns(absl::ToInt64Nanoseconds(reading.monotonic));
  wire->set_boottime_ns(absl::ToInt64Nanoseconds(reading.boottime));
  wire->set_raw_after_ns(absl::ToInt64Nanoseconds(reading.raw_after));
}

void EncodeKernelDiscipline(const KernelDiscipline& discipline,
                            v1::KernelDiscipline* wire) {
  wire->set_offset_ns(absl::ToInt64Nanoseconds(discipline.offset));
  wire->set_frequency_scaled_ppm(discipline.frequency_scaled_ppm);
  wire->set_tick_us(discipline.tick_us);
  wire->set_max_error_ns(absl::ToInt64Nanoseconds(discipline.max_error));
  wire->set_estimated_error_ns(
      absl::ToInt64Nanoseconds(discipline.estimated_error));
  wire->set_status(discipline.status);
  wire->set_tai_offset_s(discipline.tai_offset_s);
}

void EncodeJumpReport(const JumpReport& logs, v1::LogWatch* wire) {
  wire->set_lines(logs.lines);
  wire->clear_recent();
  for (const ToldJump& told : logs.recent) {
    v1::ToldJump* to = wire->add_recent();
    to->set_teller(EncodeEnum<v1::JumpTeller>(told.teller));
    to->set_way(EncodeEnum<v1::JumpWay>(told.way));
    if (told.figure.has_value()) {
      to->set_figure_ns(absl::ToInt64Nanoseconds(*told.figure));
    }
    to->set_figure_is_the_least(told.figure_is_the_least);
    to->set_attested(told.attested);
    to->set_boottime_ns(absl::ToInt64Nanoseconds(told.boottime));
  }
}

void EncodeGuestReading(const GuestReading& reading, v1::ClockExchange* wire) {
  wire->set_sequence(reading.sequence);
  EncodeClockReading(reading.received, wire->mutable_received());
  EncodeClockReading(reading.sent, wire->mutable_sent());
  wire->set_boot_id(AllowedText(reading.boot_id, kMostBootIdCharacters));
  wire->set_clocksource(
      AllowedText(reading.clocksource, kMostClocksourceCharacters));
  wire->set_discontinuities(reading.discontinuities);
  if (reading.discipline.has_value()) {
    EncodeKernelDiscipline(*reading.discipline, wire->mutable_discipline());
  } else {
    wire->clear_discipline();
  }
  wire->set_steal_ns(reading.steal.has_value()
                         ? absl::ToInt64Nanoseconds(*reading.steal)
                         : -1);
  if (reading.hunt.has_value()) {
    EncodeHunt(*reading.hunt, wire->mutable_glitch_hunt());
  } else {
    wire->clear_glitch_hunt();
  }
  if (reading.logs.has_value()) {
    EncodeJumpReport(*reading.logs, wire->mutable_log_watch());
  } else {
    wire->clear_log_watch();
  }
}

void EncodeGuestFacts(const GuestFacts& facts, v1::GuestDescription* wire) {
  wire->Clear();
  wire->set_agent_version(AllowedFact(facts.agent_version));
  wire->set_kernel_release(AllowedFact(facts.kernel_release));
  wire->set_machine(AllowedFact(facts.machine));
  wire->set_operating_system(AllowedFact(facts.operating_system));
  wire->set_clocksource_current(AllowedFact(facts.clocksource_current));
  for (const std::string& name : facts.clocksources_available) {
    if (wire->clocksources_available_size() == kMostFactEntries) break;
    wire->add_clocksources_available(AllowedFact(name));
  }
  if (facts.discipline.has_value()) {
    EncodeKernelDiscipline(*facts.discipline, wire->mutable_discipline());
  }
  if (facts.xen.has_value()) {
    v1::XenFacts* xen = wire->mutable_xen();
    xen->set_guest_type(AllowedFact(facts.xen->guest_type));
    xen->set_version(AllowedFact(facts.xen->version));
    if (facts.xen->independent_wallclock.has_value()) {
      xen->set_independent_wallclock(*facts.xen->independent_wallclock);
    }
    // What Xen does not say is not said.
    if (facts.xen->tsc.has_value() && facts.xen->tsc->mode <= kLastTscMode &&
        facts.xen->tsc->khz <= kMostTscKhz) {
      xen->mutable_tsc()->set_mode(facts.xen->tsc->mode);
      xen->mutable_tsc()->set_khz(facts.xen->tsc->khz);
      xen->mutable_tsc()->set_incarnation(facts.xen->tsc->incarnation);
    }
  }
  wire->set_machine_uuid(AllowedFact(facts.machine_uuid));
}

}  // namespace noonmark
