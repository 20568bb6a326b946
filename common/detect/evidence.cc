#include "common/detect/evidence.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/estimate/format.h"

namespace noonmark {
namespace {

std::string FormatRate(const RateInterval& rate) {
  return absl::StrFormat("%+.1f ppm", (rate.lo_ppm + rate.hi_ppm) / 2);
}

// "1735689600.000001234 s": a guest's clock, as it was read.
std::string Exactly(absl::Duration clock) {
  absl::Duration rest;
  int64_t seconds = absl::IDivDuration(clock, absl::Seconds(1), &rest);
  if (rest < absl::ZeroDuration()) {
    rest += absl::Seconds(1);
    --seconds;
  }
  return absl::StrFormat("%d.%09d s", seconds, absl::ToInt64Nanoseconds(rest));
}

std::string FormatTriple(const WallTriple& triple) {
  return absl::StrCat(Exactly(triple.realtime), " between ",
                      Exactly(triple.coarse_before), " and ",
                      Exactly(triple.coarse_after));
}

std::string_view WhoseLeap(HostAlibi alibi) {
  switch (alibi) {
    case HostAlibi::kNotAsked:
      break;
    case HostAlibi::kNone:
      return "taken for the guest's: one of the host's counter would look "
             "alike, and no other guest was there to tell";
    case HostAlibi::kOtherGuest:
      return "the guest's: another guest's counter stayed with the host's";
    case HostAlibi::kOwnReadings:
      return "the guest's: no two readings of the host's own counter lie so "
             "far apart";
  }
  return "";
}

// Whose difference moved, in words.
std::string_view WhatMoved(FindingCode code) {
  switch (code) {
    case FindingCode::kClockSet:
    case FindingCode::kLeapSecond:
      return "the machine's own REALTIME - MONOTONIC";
    case FindingCode::kHostStepped:
      return "the host's own REALTIME - MONOTONIC";
    case FindingCode::kCounterJump:
    case FindingCode::kStoodStill:
    case FindingCode::kCaughtUp:
      return "guest RAW - host RAW";
    case FindingCode::kHostCounterJump:
      return "host RAW - guest RAW, of guest after guest";
    case FindingCode::kReadGlitch:
    case FindingCode::kVcpuDisagreement:
    case FindingCode::kRateFault:
    case FindingCode::kSlewing:
    case FindingCode::kTwoMasters:
    case FindingCode::kHostRate:
    case FindingCode::kLeftBehindByHostStep:
    case FindingCode::kRtcLocalTime:
    case FindingCode::kClockUnset:
    case FindingCode::kRebooted:
    case FindingCode::kMigrated:
    case FindingCode::kNoAgent:
    case FindingCode::kAgentUnreachable:
    case FindingCode::kAgentUntrusted:
    case FindingCode::kHostUnproven:
    case FindingCode::kUnjudgedGuests:
      break;
  }
  return "";
}

// A line of c is known to the rate bound carried over the gap; its absolute
// place means nothing (each counter starts where it likes), so the figures
// that matter are the size and what did not move.
std::string_view WhatStood(FindingCode code) {
  switch (code) {
    case FindingCode::kCounterJump:
    case FindingCode::kStoodStill:
      return "the guest's own REALTIME - MONOTONIC did not move: nobody set "
             "the clock";
    case FindingCode::kClockSet:
      return "guest RAW - host RAW did not move: the counter is sound";
    case FindingCode::kCaughtUp:
      return "the guest's REALTIME and BOOTTIME grew by as much: it slept";
    case FindingCode::kReadGlitch:
      return "the next readings stood on the old line again: the clock itself "
             "never moved";
    case FindingCode::kRateFault:
    case FindingCode::kSlewing:
    case FindingCode::kTwoMasters:
    case FindingCode::kLeapSecond:
    case FindingCode::kHostCounterJump:
    case FindingCode::kHostRate:
    case FindingCode::kVcpuDisagreement:
    case FindingCode::kLeftBehindByHostStep:
    case FindingCode::kRtcLocalTime:
    case FindingCode::kClockUnset:
    case FindingCode::kRebooted:
    case FindingCode::kMigrated:
    case FindingCode::kNoAgent:
    case FindingCode::kAgentUnreachable:
    case FindingCode::kAgentUntrusted:
    case FindingCode::kHostStepped:
    case FindingCode::kHostUnproven:
    case FindingCode::kUnjudgedGuests:
      break;
  }
  return "";
}

// Of a movement that nobody watched, or that was not the only one, nothing is
// said to have stood.
bool StoodForSure(const Finding& finding) {
  if (finding.code == FindingCode::kReadGlitch) return true;
  return finding.alone && finding.before.has_value();
}

// Of a clock that fell behind by -size: how much of it libvirt explains.
std::string LibvirtsWord(const Finding& finding) {
  if (!finding.pauses.has_value()) return "libvirt told of no pause meanwhile";
  const std::string told = InWords(*finding.pauses);
  const Interval behind = -*finding.size;
  const Interval& lasted = finding.pauses->lasted;
  if (behind.lo > lasted.hi) {
    return absl::StrCat(
        told, ", which explains only so much: ",
        absl::StrFormat("%.1f s", absl::ToDoubleSeconds(behind.lo - lasted.hi)),
        " and more are left over");
  }
  if (behind.hi < lasted.lo) {
    return absl::StrCat(told, ", longer than its clocks stood still");
  }
  return absl::StrCat(told, finding.code == FindingCode::kCaughtUp
                                ? ": as long as it slept"
                                : ": expected on this hypervisor");
}

std::string FormatRateBounds(const RateInterval& rate) {
  return absl::StrFormat("%s, in [%+.1f ppm, %+.1f ppm]", FormatRate(rate),
                         rate.lo_ppm, rate.hi_ppm);
}

std::string InWords(const TscIdentity& tsc) {
  std::string words = absl::StrCat("TSC incarnation ", tsc.incarnation);
  if (tsc.khz != 0) {
    absl::StrAppend(&words, absl::StrFormat(" at %.3f MHz", tsc.khz / 1000.0));
  }
  return words;
}

// How it stood before a move, and how it stands after.
void AddMove(const Finding& finding, std::vector<EvidenceLine>& lines) {
  const MoveEvidence& move = *finding.move;
  const auto offset = [](const std::optional<Interval>& interval) {
    return interval.has_value() ? FormatInterval(*interval) : "not measured";
  };
  const auto rate = [](const std::optional<RateInterval>& interval) {
    return interval.has_value() ? FormatRateBounds(*interval)
                                : "not measured for long enough";
  };
  lines.push_back({"offset before", offset(finding.before)});
  lines.push_back({"offset after", offset(finding.after)});
  lines.push_back({"rate before", rate(move.rate_before)});
  lines.push_back({"rate after", rate(move.rate_after)});
  if (move.downtime.has_value()) {
    lines.push_back({"downtime", InWords(*move.downtime)});
  }
  if (move.tsc_before.has_value() && move.tsc_after.has_value()) {
    lines.push_back(
        {"Xen's word", absl::StrCat(InWords(*move.tsc_before), " before, ",
                                    InWords(*move.tsc_after), " after")});
  }
}

std::string_view SizeLabel(const Finding& finding) {
  if (finding.code == FindingCode::kMigrated) return "offset's change";
  if (finding.code == FindingCode::kLeftBehindByHostStep) return "host's step";
  // As it was found: nobody saw it come.
  const bool found = finding.code == FindingCode::kRtcLocalTime ||
                     finding.code == FindingCode::kClockUnset;
  return found ? "offset" : "size";
}

std::string HowNear(const Interval& size, absl::Duration exact) {
  const absl::Duration away = std::max(size.lo - exact, exact - size.hi);
  if (away <= absl::ZeroDuration()) return " lies inside";
  if (away <= absl::Milliseconds(1)) {
    return " lies within 1 ms (what a wrapped delta falls short)";
  }
  return absl::StrCat(" lies ", FormatSeconds(away),
                      " beside (what the clock was off before)");
}

}  // namespace

std::string Summarize(const Finding& finding) {
  std::vector<std::string> parts;
  if (finding.signature != nullptr) {
    const bool back =
        finding.size.has_value() && finding.size->hi < absl::ZeroDuration();
    parts.push_back(absl::StrCat(back ? "-" : "", finding.signature->name));
  } else if (finding.size.has_value()) {
    parts.push_back(FormatSeconds(finding.size->Middle()));
  }
  if (finding.rate.has_value()) parts.push_back(FormatRate(*finding.rate));
  if (!finding.note.empty()) parts.push_back(finding.note);
  std::string summary;
  for (const std::string& part : parts) {
    absl::StrAppend(&summary, summary.empty() ? "" : ", ", part);
  }
  return summary;
}

std::vector<EvidenceLine> EvidenceOf(const Finding& finding, absl::Time epoch) {
  std::vector<EvidenceLine> lines;
  const auto add = [&](std::string_view label, std::string text) {
    lines.push_back({std::string(label), std::move(text)});
  };
  const auto moment = [&](MonotonicTime t) {
    return FormatMoment(epoch + t.Reading());
  };

  if (finding.size.has_value()) {
    add(SizeLabel(finding), absl::StrCat(FormatOffset(*finding.size), ", in ",
                                         FormatInterval(*finding.size)));
  }
  if (finding.signature != nullptr && finding.size.has_value()) {
    const bool back = finding.size->hi < absl::ZeroDuration();
    const absl::Duration exact =
        back ? -finding.signature->size : finding.signature->size;
    add("known size",
        absl::StrCat(back ? "-" : "", finding.signature->name, " = ",
                     FormatSeconds(exact), HowNear(*finding.size, exact),
                     ", and no other known size does"));
    add("which means", finding.signature->meaning);
  }
  if (finding.rate.has_value()) {
    add("rate", FormatRateBounds(*finding.rate));
  }
  if (finding.window_end > finding.window_begin) {
    add("when", absl::StrCat("after ", moment(finding.window_begin), ", by ",
                             moment(finding.window_end)));
  }
  const std::string_view moved = WhatMoved(finding.code);
  if (!moved.empty() && finding.before.has_value() &&
      finding.after.has_value()) {
    add("what moved", absl::StrCat(std::string(moved), ": from ",
                                   FormatInterval(*finding.before), " to ",
                                   FormatInterval(*finding.after)));
  }
  if (finding.move.has_value()) AddMove(finding, lines);
  if (finding.glitch.has_value()) {
    const GlitchEvidence& caught = *finding.glitch;
    const Glitch& glitch = caught.glitch;
    add("seen by", absl::StrCat("the guest's own hunter, on vCPU ", glitch.cpu,
                                ", in ", glitch.off_reads,
                                glitch.off_reads == 1 ? " reading"
                                                      : " readings in a row"));
    add("REALTIME",
        absl::StrCat(FormatTriple(glitch.off),
                     " of REALTIME_COARSE, which reads no counter"));
    for (const WallTriple& triple : glitch.after) {
      add("and next", FormatTriple(triple));
    }
    add("how often",
        absl::StrCat(caught.glitches,
                     caught.glitches == 1 ? " glitch" : " glitches", " in ",
                     caught.reads, " readings since the agent's start"));
  }
  const std::string_view stood = WhatStood(finding.code);
  if (!stood.empty() && StoodForSure(finding)) {
    add("what did not", std::string(stood));
  }
  if (finding.set_alike.guests > 0) {
    add("set alike",
        absl::StrCat(finding.set_alike.guests, " of the host's ",
                     finding.set_alike.of,
                     " guests, as far to a tenth and within two minutes: look "
                     "for what they have in common (a source of time, cron, a "
                     "rollout)"));
  }
  if (finding.alibi != HostAlibi::kNotAsked) {
    add("whose leap", std::string(WhoseLeap(finding.alibi)));
  }
  if (finding.code == FindingCode::kHostCounterJump) {
    add("what looks alike",
        "a leap of all these guests' counters at one moment, as by what the "
        "hypervisor makes of the time for them");
  }
  if (finding.pauses.has_value() ||
      (finding.listened && finding.code == FindingCode::kStoodStill)) {
    add("libvirt's word", LibvirtsWord(finding));
  }
  if (finding.on_old + finding.on_new + finding.on_neither > 0) {
    add("the burst after it",
        absl::StrCat(finding.on_new, " readings on a new line, ",
                     finding.on_old, " on the old, ", finding.on_neither,
                     " on neither"));
  }
  if (finding.code == FindingCode::kClockSet) {
    add("the kernel's word",
        finding.discontinuities == 0
            ? "the agent was not told that the clock was set"
            : absl::StrCat("told the agent ", finding.discontinuities,
                           finding.discontinuities == 1 ? " time" : " times",
                           " that the clock was set"));
  }
  if (!finding.note.empty()) add("note", finding.note);
  return lines;
}

}  // namespace noonmark
