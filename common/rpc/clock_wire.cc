#include "common/rpc/clock_wire.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/rpc/printable_text.h"
#include "noonmark/v1/agent.pb.h"

namespace noonmark {
namespace {

// Far beyond what a kernel accepts (+-500 ppm, 9000 to 11000 us), and small
// enough that arithmetic on them cannot overflow.
constexpr int64_t kMostFrequency = int64_t{1} << 40;
constexpr int64_t kMostTickUs = 1'000'000;

// Collects the first thing that is wrong.
class Faults {
 public:
  // `field` is a path in the message: "received.raw_after_ns".
  void Add(absl::string_view field, absl::string_view what) {
    if (status_.ok()) {
      status_ = absl::InvalidArgumentError(absl::StrCat(field, ": ", what));
    }
  }
  void CheckText(absl::string_view field, const std::string& text,
                 size_t most) {
    // Before looking at it: a character has at most 4 bytes.
    if (text.size() > 4 * most) {
      return Add(field, absl::StrCat(text.size(), " bytes, but at most ", most,
                                     " characters are allowed"));
    }
    const std::optional<size_t> count = CountPrintable(text);
    if (!count.has_value()) return Add(field, "is not printable text");
    if (*count > most) {
      Add(field, absl::StrCat(*count, " characters, but at most ", most,
                              " are allowed"));
    }
  }
  void CheckRange(absl::string_view field, int64_t value, int64_t least,
                  int64_t most) {
    if (value < least || value > most) {
      Add(field, absl::StrCat(value, " is not from ", least, " to ", most));
    }
  }
  const absl::Status& status() const { return status_; }

 private:
  absl::Status status_;
};

ClockReading DecodeGroup(absl::string_view field, bool present,
                         const v1::ClockGroup& wire, Faults* faults) {
  if (!present) {
    faults->Add(field, "is missing");
  } else if (wire.raw_after_ns() < wire.raw_before_ns()) {
    faults->Add(absl::StrCat(field, ".raw_after_ns"),
                absl::StrCat(wire.raw_after_ns(), " is before raw_before_ns ",
                             wire.raw_before_ns(),
                             ": a counter that runs back encloses no reading"));
  }
  return {.raw_before = absl::Nanoseconds(wire.raw_before_ns()),
          .realtime = absl::Nanoseconds(wire.realtime_ns()),
          .monotonic = absl::Nanoseconds(wire.monotonic_ns()),
          .boottime = absl::Nanoseconds(wire.boottime_ns()),
          .raw_after = absl::Nanoseconds(wire.raw_after_ns())};
}

KernelDiscipline DecodeDiscipline(const v1::KernelDiscipline& wire,
                                  Faults* faults) {
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

HuntReport DecodeHunt(const v1::GlitchHunt& wire, Faults* faults) {
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

// `text` if the wire takes it, else nothing.
const std::string& Allowed(const std::string& text, size_t most) {
  static const std::string* const nothing = new std::string();
  const std::optional<size_t> count = CountPrintable(text);
  return count.has_value() && *count <= most ? text : *nothing;
}

const std::string& AllowedFact(const std::string& text) {
  return Allowed(text, kMostFactCharacters);
}

}  // namespace

absl::StatusOr<GuestReading> DecodeClockExchange(
    const v1::ClockExchange& wire) {
  Faults faults;
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
  if (!faults.status().ok()) return faults.status();
  reading.boot_id = wire.boot_id();
  reading.clocksource = wire.clocksource();
  return reading;
}

absl::StatusOr<GuestFacts> DecodeGuestDescription(
    const v1::GuestDescription& wire) {
  Faults faults;
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

void EncodeGuestReading(const GuestReading& reading, v1::ClockExchange* wire) {
  wire->set_sequence(reading.sequence);
  EncodeClockReading(reading.received, wire->mutable_received());
  EncodeClockReading(reading.sent, wire->mutable_sent());
  wire->set_boot_id(Allowed(reading.boot_id, kMostBootIdCharacters));
  wire->set_clocksource(
      Allowed(reading.clocksource, kMostClocksourceCharacters));
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
  }
  wire->set_machine_uuid(AllowedFact(facts.machine_uuid));
}

}  // namespace noonmark
