#include "host/cli/wording.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/estimate/format.h"
#include "host/cli/operation_text.h"
#include "host/cli/quantities.h"

namespace noonmark::cli {
namespace {

constexpr char kUnproven[] = "host-unproven";

// "VERDICT_WRONG" -> "wrong"; values without a name come from a newer daemon.
std::string PlainName(absl::string_view full, absl::string_view prefix,
                      int value) {
  if (full.empty()) {
    return absl::AsciiStrToLower(absl::StrCat(prefix, "-", value));
  }
  full.remove_prefix(prefix.size() + 1);
  return absl::AsciiStrToLower(full);
}

std::string SpanText(const v1::Finding& finding) {
  if (!finding.has_age()) return "";
  if (const auto lasts = LastsFor(finding)) {
    return absl::StrCat(" for ", FormatAge(*lasts));
  }
  return absl::StrCat(" ", FormatAge(FromProto(finding.age())), " ago");
}

}  // namespace

std::string VerdictName(v1::Verdict verdict) {
  return PlainName(v1::Verdict_Name(verdict), "VERDICT", verdict);
}

std::string SeverityName(v1::Severity severity) {
  return PlainName(v1::Severity_Name(severity), "SEVERITY", severity);
}

std::string StateName(v1::DomainState state) {
  return PlainName(v1::DomainState_Name(state), "DOMAIN_STATE", state);
}

std::string TrustName(v1::HostTrust trust) {
  return PlainName(v1::HostTrust_Name(trust), "HOST_TRUST", trust);
}

std::optional<absl::Duration> LastsFor(const v1::Finding& finding) {
  if (!finding.active() || finding.occurrences() > 1 || !finding.has_age() ||
      !finding.has_first_seen() || !finding.has_last_seen()) {
    return std::nullopt;
  }
  const absl::Duration seen_for =
      FromProto(finding.last_seen()) - FromProto(finding.first_seen());
  // What has a size is a movement, until it is seen to last.
  if (finding.has_size() && seen_for <= absl::ZeroDuration()) {
    return std::nullopt;
  }
  return seen_for + FromProto(finding.age());
}

std::string FindingText(const v1::Finding& finding) {
  std::string what = finding.summary();
  if (what.empty() && finding.has_size()) {
    const Measure size =
        MeasureOf(FromProto(finding.size()), absl::Microseconds(1));
    what = absl::StrCat(Seconds6(size.value, Sign::kBoth), " s");
  }
  return absl::StrCat(finding.code(), SpanText(finding),
                      what.empty()         ? ""
                      : finding.has_size() ? ", "
                                           : ": ",
                      what);
}

std::string RemarkText(const v1::Guest& guest) {
  const auto& findings = guest.findings();
  const bool active =
      std::any_of(findings.begin(), findings.end(),
                  [](const v1::Finding& finding) { return finding.active(); });
  std::string remark = UnderWayText(guest.operation());
  if (!guest.held().empty()) {
    absl::StrAppend(&remark, remark.empty() ? "" : "; ",
                    "HELD: ", guest.held());
  }
  if (!remark.empty() && !findings.empty()) {
    return absl::StrCat(remark, "; ", FindingText(findings[0]));
  }
  if (!remark.empty()) return remark;
  if (!active || guest.verdict() == v1::VERDICT_SUSPENDED) {
    remark = guest.reason();
  }
  if (!findings.empty()) {
    absl::StrAppend(&remark, remark.empty() ? "" : "; ",
                    FindingText(findings[0]));
  }
  if (findings.size() > 1) {
    absl::StrAppend(&remark, " (+", findings.size() - 1, ")");
  }
  return remark;
}

std::vector<std::string> HostNotes(const v1::Host& host) {
  std::vector<std::string> notes;
  switch (host.trust()) {
    case v1::HOST_TRUST_DECLARED:
      notes.push_back(absl::StrCat(
          "its clock is declared right by configuration, not proven",
          host.trust_reason().empty() ? "" : ": ", host.trust_reason()));
      break;
    case v1::HOST_TRUST_PROVEN:
      break;
    default:
      notes.push_back(absl::StrCat("its clock is unproven",
                                   host.trust_reason().empty() ? "" : ": ",
                                   host.trust_reason()));
  }
  for (const v1::Finding& finding : host.findings()) {
    if (finding.code() == kUnproven) continue;  // the first note says it
    notes.push_back(FindingText(finding));
  }
  if (!host.libvirt_error().empty()) {
    notes.push_back(absl::StrCat("libvirt ", host.libvirt_uri(), ": ",
                                 host.libvirt_error()));
  }
  if (!host.corrections_off().empty()) {
    notes.push_back(
        absl::StrCat("corrections are switched off: ", host.corrections_off()));
  }
  if (!host.breaker().empty()) {
    notes.push_back(absl::StrCat("the breaker is open, nobody is corrected: ",
                                 host.breaker()));
  }
  return notes;
}

std::string Counted(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace noonmark::cli
