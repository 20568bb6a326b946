#include "host/cli/explain.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "common/detect/counter_clamp.h"
#include "common/estimate/format.h"
#include "common/estimate/time_jump_line.h"
#include "host/cli/drift_text.h"
#include "host/cli/page.h"
#include "host/cli/quantities.h"
#include "host/cli/safe_text.h"
#include "host/cli/wording.h"

namespace noonmark::cli {
namespace {

using Pairs = Page::Pairs;

// "+4398.046310 s ± 0.000420 s from the host's (ahead by 1 h 13 min 18 s)"
std::string OffsetText(const Interval& offset) {
  const Measure measure = MeasureOf(offset, absl::Microseconds(1));
  std::string text =
      absl::StrCat(Seconds6(measure.value, Sign::kBoth), " s ± ",
                   Seconds6(measure.bound, Sign::kMinus), " s from the host's");
  if (offset.ContainsZero()) return text;
  absl::StrAppend(
      &text, measure.value > absl::ZeroDuration() ? " (ahead" : " (behind");
  if (offset.LeastMagnitude() >= absl::Minutes(2)) {
    absl::StrAppend(&text, " by ", LongText(measure.value));
  }
  return text + ")";
}

std::string Standing(absl::string_view host, const v1::Guest& guest) {
  std::string text = absl::StrCat(guest.name(), " on ", host, " is ",
                                  VerdictName(guest.verdict()));
  if (!guest.reason().empty()) {
    absl::StrAppend(&text, " (", guest.reason(), ")");
  }
  const std::string age =
      guest.has_age() ? absl::StrCat(", measured ",
                                     FormatAge(FromProto(guest.age())), " ago")
                      : "";
  if (!guest.has_offset()) {
    return absl::StrCat(text, ": its clock was never measured.");
  }
  return absl::StrCat(text,
                      guest.verdict() == v1::VERDICT_UNKNOWN
                          ? ": its clock was last "
                          : ": its clock is ",
                      OffsetText(FromProto(guest.offset())), age, ".");
}

std::string WhenText(const v1::Finding& finding) {
  if (const auto lasts = LastsFor(finding)) {
    return absl::StrCat("For ", FormatAge(*lasts), ", since ",
                        FormatMoment(FromProto(finding.first_seen())),
                        " by the host's clock.");
  }
  std::vector<std::string> parts;
  if (finding.has_age()) {
    parts.push_back(absl::StrCat(
        finding.active() && finding.occurrences() <= 1 ? "Seen " : "Last seen ",
        FormatAge(FromProto(finding.age())), " ago"));
  }
  if (finding.has_last_seen()) {
    parts.push_back(absl::StrCat(parts.empty() ? "Last seen at " : "at ",
                                 FormatMoment(FromProto(finding.last_seen())),
                                 " by the host's clock"));
  }
  if (finding.occurrences() > 1) {
    parts.push_back(absl::StrCat(finding.occurrences(), " times"));
    if (finding.has_first_seen()) {
      parts.push_back(absl::StrCat(
          "first at ", FormatMoment(FromProto(finding.first_seen()))));
    }
  }
  return parts.empty() ? "" : absl::StrCat(absl::StrJoin(parts, ", "), ".");
}

// The daemon's figures; where it sends none, what the finding itself holds.
Pairs EvidenceOf(const v1::Finding& finding) {
  Pairs pairs;
  for (const v1::Evidence& evidence : finding.evidence()) {
    pairs.emplace_back(evidence.label(), evidence.text());
  }
  if (pairs.empty() && finding.has_size()) {
    pairs.emplace_back("size", FormatInterval(FromProto(finding.size())));
    pairs.emplace_back("known size", finding.signature());
  }
  return pairs;
}

// A line of the daemon's is a paragraph here, and one that begins with "$ " a
// command, to be copied as it is. What is in it stays behind the indentation,
// so that no guest's words pass for a heading.
void AddAdvice(const std::string& advice, Page& page) {
  if (advice.empty()) return;
  page.Heading("WHAT TO DO");
  for (absl::string_view line :
       absl::StrSplit(advice, '\n', absl::SkipWhitespace())) {
    if (absl::ConsumePrefix(&line, "$ ")) {
      page.Line(SafeText(line), "    ");
    } else {
      page.Paragraph(SafeText(line), "  ");
    }
  }
}

void AddFinding(const v1::Finding& finding, const std::string& advice,
                Page& page) {
  const Card* card = FindCard(finding.code());
  page.Heading(absl::StrCat(finding.code(), " (",
                            SeverityName(finding.severity()),
                            finding.active() ? "" : ", over", ")"));
  page.Heading("WHAT HAPPENED");
  std::string happened =
      card == nullptr ? finding.code() : std::string(card->title);
  if (!finding.summary().empty()) {
    absl::StrAppend(&happened, ": ", finding.summary());
  }
  page.Paragraph(absl::StrCat(happened, ". ", WhenText(finding)), "  ");

  const Pairs evidence = EvidenceOf(finding);
  if (!evidence.empty()) {
    page.Heading("EVIDENCE");
    page.AddPairs(evidence);
  }
  if (card != nullptr) {
    page.Heading("CAUSE");
    page.Paragraph(std::string(card->meaning), "  ");
  }
  std::string to_do = advice;
  if (to_do.empty() && card != nullptr) to_do = std::string(card->advice);
  AddAdvice(to_do, page);
}

std::string CounterRateText(const v1::RateInterval& rate) {
  // Rounded outwards, as every interval here.
  return absl::StrFormat("in [%+.3f, %+.3f] ppm of the host's counter",
                         std::floor(rate.lo_ppm() * 1000) / 1000,
                         std::ceil(rate.hi_ppm() * 1000) / 1000);
}

std::string DisciplineText(const v1::KernelDiscipline& discipline) {
  constexpr uint32_t kStaUnsync = 0x0040;
  return absl::StrFormat(
      "%s; frequency %+.3f ppm, tick %d us, claimed error at most %s s",
      (discipline.status() & kStaUnsync) != 0 ? "not synchronised"
                                              : "synchronised",
      static_cast<double>(discipline.frequency_scaled_ppm()) / 65536,
      discipline.tick_us(),
      Seconds6(absl::Ceil(absl::Nanoseconds(discipline.max_error_ns()),
                          absl::Microseconds(1)),
               Sign::kMinus));
}

std::string XenText(const v1::XenFacts& xen) {
  std::string text = absl::StrCat(xen.guest_type(), " on Xen ", xen.version());
  if (xen.has_independent_wallclock()) {
    absl::StrAppend(&text, ", independent_wallclock ",
                    xen.independent_wallclock() ? "1" : "0");
  }
  if (xen.has_tsc()) {
    constexpr absl::string_view kModes[] = {"default", "always emulated",
                                            "never emulated",
                                            "never emulated, with TSC_AUX"};
    const uint32_t mode = xen.tsc().mode();
    absl::StrAppend(&text, "; TSC ",
                    mode < std::size(kModes) ? kModes[mode] : "of another mode",
                    ", incarnation ", xen.tsc().incarnation());
    if (xen.tsc().khz() != 0) {
      absl::StrAppend(&text,
                      absl::StrFormat(", %.3f MHz", xen.tsc().khz() / 1000.0));
    }
  }
  return text;
}

// The offset with the host's own error.
std::string FromUtcText(const v1::Guest& guest) {
  if (!guest.has_offset() || !guest.has_host_bound()) return "";
  const absl::Duration host = FromProto(guest.host_bound());
  return absl::StrCat(
      FormatInterval(FromProto(guest.offset()).WidenedBy(host)), ", host ±",
      Seconds6(absl::Ceil(host, absl::Microseconds(1)), Sign::kMinus), " s");
}

std::string AllowedText(const v1::Guest& guest) {
  if (!guest.has_warning_threshold()) return "";
  return absl::StrCat("±", LengthText(FromProto(guest.warning_threshold())),
                      ", a fault beyond ",
                      LengthText(FromProto(guest.fault_threshold())));
}

// What was looked for in vain is no proof, and says how much of one it is.
std::string HuntText(const v1::Guest& guest) {
  const v1::GlitchHunt& hunt = guest.glitch_hunt();
  std::string text = absl::StrCat(
      hunt.reads(), " readings of the clock compared, ",
      hunt.glitches() == 0 ? "none" : absl::StrCat(hunt.glitches()), " off");
  if (hunt.glitches() == 0 && hunt.reads() > 0) {
    absl::StrAppendFormat(&text,
                          ": fewer than 3/N = %.2g of them are, with 95 %%",
                          std::min(1.0, 3 / static_cast<double>(hunt.reads())));
  }
  const v1::GuestDescription& description = guest.description();
  if (ClampsBackwardReads(description.machine(), description.kernel_release(),
                          description.clocksource_current())) {
    absl::StrAppend(&text, "; this kernel clamps ",
                    description.clocksource_current(),
                    ", so that a counter read backwards cannot leap by 2^42 ns "
                    "here");
  }
  return text;
}

// The newest line; how many there are.
std::string LogText(const v1::LogWatch& logs) {
  if (logs.recent().empty()) return "no line of a time jump";
  const v1::ToldJump& last = *logs.recent().rbegin();
  std::string text = absl::StrCat(
      logs.lines(), logs.lines() == 1 ? " line" : " lines",
      " of time jumps; the last: ",
      std::string(TellerName(static_cast<JumpTeller>(last.teller() - 1))),
      last.way() == v1::JUMP_WAY_BACK      ? ", back"
      : last.way() == v1::JUMP_WAY_FORWARD ? ", forward"
                                           : "");
  if (last.has_figure_ns()) {
    absl::StrAppend(&text, " by ",
                    last.figure_is_the_least() ? "at least " : "",
                    absl::FormatDuration(absl::Nanoseconds(last.figure_ns())));
  }
  absl::StrAppend(
      &text,
      last.attested() ? "" : ", in a file, where anybody may have written it");
  return text;
}

Pairs FactsOf(const v1::Guest& guest) {
  const v1::GuestDescription& description = guest.description();
  std::string clocksource = description.clocksource_current();
  if (!description.clocksources_available().empty()) {
    absl::StrAppend(&clocksource, " (available: ",
                    absl::StrJoin(description.clocksources_available(), " "),
                    ")");
  }
  return {
      {"uuid", guest.uuid()},
      {"domain",
       absl::StrCat(StateName(guest.state()),
                    guest.has_libvirt_id()
                        ? absl::StrCat(", number ", guest.libvirt_id())
                        : "")},
      {"group", guest.group()},
      {"agent",
       absl::StrCat(description.agent_version(),
                    description.agent_version().empty() ? "" : " ",
                    guest.address().empty() ? "" : "at ", guest.address())},
      {"verdict since", guest.has_verdict_since()
                            ? FormatMoment(FromProto(guest.verdict_since()))
                            : ""},
      {"offset",
       guest.has_offset() ? FormatInterval(FromProto(guest.offset())) : ""},
      {"from UTC", FromUtcText(guest)},
      {"meant to be", guest.has_intended_offset()
                          ? FormatSeconds(FromProto(guest.intended_offset()))
                          : ""},
      {"allowed", AllowedText(guest)},
      {"drift", DriftText(guest)},
      {"counter rate", guest.has_rate() ? CounterRateText(guest.rate()) : ""},
      {"glitch hunter", guest.has_glitch_hunt() ? HuntText(guest) : ""},
      {"its logs", guest.has_log_watch() ? LogText(guest.log_watch()) : ""},
      {"measurements", absl::StrCat(guest.exchanges())},
      {"kernel", absl::StrCat(description.kernel_release(),
                              description.machine().empty() ? "" : " ",
                              description.machine())},
      {"system", description.operating_system()},
      {"clocksource", clocksource},
      {"discipline", description.has_discipline()
                         ? DisciplineText(description.discipline())
                         : ""},
      {"xen", description.has_xen() ? XenText(description.xen()) : ""},
  };
}

}  // namespace

std::string ExplainGuest(absl::string_view host,
                         const v1::GetGuestResponse& response,
                         const Style& style) {
  v1::GetGuestResponse safe = response;
  MakeSafe(&safe);
  const std::string safe_host = SafeText(host);
  Page page(style);
  page.Paragraph(Standing(safe_host, safe.guest()), "");
  for (int i = 0; i < safe.guest().findings_size(); ++i) {
    AddFinding(safe.guest().findings(i), response.guest().findings(i).advice(),
               page);
  }
  if (safe.guest().findings().empty()) page.Heading("No findings.");
  page.Heading("THE GUEST");
  page.AddPairs(FactsOf(safe.guest()));
  const std::vector<std::string> notes = HostNotes(safe.host());
  page.Heading(absl::StrCat("ITS HOST, ", safe_host));
  if (notes.empty()) {
    page.Paragraph(
        absl::StrCat(
            "Its clock is proven",
            safe.host().has_bound()
                ? absl::StrCat(
                      " right to within ",
                      Seconds6(absl::Ceil(FromProto(safe.host().bound()),
                                          absl::Microseconds(1)),
                               Sign::kMinus),
                      " s")
                : "",
            safe.host().trust_reason().empty() ? "" : ": ",
            safe.host().trust_reason(), "."),
        "  ");
  }
  for (const std::string& note : notes) page.Paragraph(note, "  ");
  return page.text();
}

std::string ExplainCode(const Card& card, const Style& style) {
  Page page(style);
  page.Paragraph(absl::StrCat(std::string(CodeName(card.code)), ": ",
                              std::string(card.title), "."),
                 "");
  page.Heading("WHAT IT MEANS");
  page.Paragraph(std::string(card.meaning), "  ");
  page.Heading("HOW IT IS SEEN");
  page.Paragraph(std::string(card.how_seen), "  ");
  AddAdvice(std::string(card.advice), page);
  return page.text();
}

}  // namespace noonmark::cli
