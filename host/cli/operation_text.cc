#include "host/cli/operation_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/estimate/format.h"
#include "host/cli/page.h"
#include "host/cli/quantities.h"
#include "host/cli/safe_text.h"

namespace noonmark::cli {
namespace {

// "2.3 s"
std::string Tenths(const google::protobuf::Duration& length) {
  return absl::StrFormat("%.1f s", absl::ToDoubleSeconds(FromProto(length)));
}

std::string MovedText(const v1::Operation& operation) {
  const absl::Duration moved = FromProto(operation.moved());
  return absl::StrCat(operation.method() == v1::CORRECTION_METHOD_SLEW
                          ? "its clock was slewed "
                          : "its clock was set ",
                      moved < absl::ZeroDuration() ? "back" : "forward", " by ",
                      Seconds6(absl::AbsDuration(moved), Sign::kMinus), " s");
}

std::string RestText(const v1::Operation& operation) {
  const absl::Duration rested = FromProto(operation.mail_at_rest());
  if (!operation.quiesces()) return "nothing rested";
  return rested == absl::ZeroDuration() ? "no service was stopped"
                                        : Tenths(operation.mail_at_rest());
}

// Why it is not as it was meant to be.
std::string WhyText(const v1::Operation& operation) {
  std::string text = operation.reason();
  if (text == "none") text.clear();
  if (!operation.refusal().empty()) {
    absl::StrAppend(&text, text.empty() ? "" : ": ", operation.refusal());
  }
  return text;
}

std::string Title(absl::string_view guest, absl::string_view host,
                  const v1::Operation& operation) {
  const std::string who = absl::StrCat(guest, " on ", host, ": ");
  const std::string why = WhyText(operation);
  const std::string because = why.empty() ? "" : absl::StrCat(" (", why, ")");
  if (!operation.over()) {
    return absl::StrCat(who, operation.words(), ".");
  }
  if (operation.held()) {
    return absl::StrCat(who, "HELD", because, ": ",
                        operation.fate() == "moved" ? MovedText(operation)
                        : operation.fate() == "unknown"
                            ? "nobody knows whether its clock was moved"
                            : "its clock was not moved",
                        ". Look at the guest, then: noonmark release ", guest,
                        ".");
  }
  if (!operation.corrects()) {
    return absl::StrCat(who, "its services are back.");
  }
  if (operation.result() == "corrected") {
    return absl::StrCat(who, "corrected: ", MovedText(operation), ".");
  }
  return absl::StrCat(who, "not corrected", because,
                      ": its clock was not moved, and its services are as they "
                      "were.");
}

std::string OffsetText(const v1::OffsetInterval& offset) {
  return FormatOffset(FromProto(offset));
}

}  // namespace

bool HasSucceeded(const v1::Operation& operation) {
  if (!operation.over() || operation.held()) return false;
  return operation.corrects() ? operation.result() == "corrected" : true;
}

std::string ProgressLine(const v1::Operation& operation) {
  return absl::StrFormat("%8s  %s\n", Tenths(operation.lasted()),
                         SafeText(operation.words()));
}

std::string OperationText(absl::string_view guest, absl::string_view host,
                          const v1::Operation& operation, const Style& style) {
  v1::Operation safe = operation;
  MakeSafe(&safe);
  std::vector<std::string> services;
  for (const v1::ServiceStatus& service : safe.services()) {
    if (service.state() == v1::SERVICE_STATE_ACTIVE) continue;
    if (!service.stopped_by_us() &&
        service.state() != v1::SERVICE_STATE_FAILED) {
      continue;
    }
    services.push_back(service.unit());
  }
  Page page(style);
  page.Paragraph(Title(SafeText(guest), SafeText(host), safe), "");
  page.AddPairs(
      {{"why", safe.refusal_meaning()},
       {"before", safe.has_before() ? OffsetText(safe.before()) : ""},
       {"after", safe.has_after() ? OffsetText(safe.after())
                 : safe.corrects() && safe.fate() == "moved" ? "not measured"
                                                             : ""},
       {"mail at rest", RestText(safe)},
       {"still down", safe.over() ? absl::StrJoin(services, ", ") : ""},
       {"took", Tenths(safe.lasted())},
       {"operation", safe.id()}});
  return page.text();
}

std::string UnderWayText(const v1::Operation& operation) {
  if (operation.id().empty() || operation.over()) return "";
  return absl::StrCat(
      operation.corrects() ? "being corrected: " : "at rest by order: ",
      operation.words());
}

}  // namespace noonmark::cli
