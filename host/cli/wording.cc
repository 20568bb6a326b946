#include "host/cli/wording.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/estimate/format.h"
#include "host/cli/quantities.h"

namespace noonmark::cli {
namespace {

// "VERDICT_WRONG" -> "wrong"; values without a name come from a newer daemon.
std::string PlainName(absl::string_view full, absl::string_view prefix,
                      int value) {
  if (full.empty()) {
    return absl::AsciiStrToLower(absl::StrCat(prefix, "-", value));
  }
  full.remove_prefix(prefix.size() + 1);
  return absl::AsciiStrToLower(full);
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

std::string FindingText(const v1::Finding& finding) {
  const std::string age =
      finding.has_age()
          ? absl::StrCat(" ", FormatAge(FromProto(finding.age())), " ago")
          : "";
  std::string what = finding.summary();
  if (what.empty() && finding.has_size()) {
    const Measure size =
        MeasureOf(FromProto(finding.size()), absl::Microseconds(1));
    what = absl::StrCat(Seconds6(size.value, Sign::kBoth), " s");
  }
  const bool moment = finding.has_size() || !finding.active();
  return absl::StrCat(finding.code(), moment ? age : "",
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
  std::string remark;
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
      notes.emplace_back(
          "its clock is declared right by configuration, not proven");
      break;
    case v1::HOST_TRUST_PROVEN:
      break;
    default:
      notes.push_back(absl::StrCat("its clock is unproven",
                                   host.trust_reason().empty() ? "" : ": ",
                                   host.trust_reason()));
  }
  for (const v1::Finding& finding : host.findings()) {
    notes.push_back(FindingText(finding));
  }
  if (!host.libvirt_error().empty()) {
    notes.push_back(absl::StrCat("libvirt ", host.libvirt_uri(), ": ",
                                 host.libvirt_error()));
  }
  return notes;
}

std::string Counted(size_t count, absl::string_view noun) {
  return absl::StrCat(count, " ", noun, count == 1 ? "" : "s");
}

}  // namespace noonmark::cli
