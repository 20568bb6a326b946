#include "host/cli/machine.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/util/json_util.h"
#include "host/cli/quantities.h"
#include "host/cli/safe_text.h"
#include "host/cli/wording.h"

namespace noonmark::cli {
namespace {

std::string Quoted(const std::string& field) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  return absl::StrCat("\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}), "\"");
}

// The lines of one host: `fields_of` gives a guest's fields between the host's
// name and the error.
template <typename FieldsOf>
std::string Csv(const std::vector<absl::string_view>& names,
                const v1::FleetReport& report, FieldsOf fields_of) {
  v1::FleetReport safe = report;
  MakeSafe(&safe);
  std::string text =
      absl::StrCat("host,", absl::StrJoin(names, ","), ",error\n");
  const auto add_line = [&text](const std::string& host,
                                const std::vector<std::string>& fields,
                                const std::string& error) {
    absl::StrAppend(&text, Quoted(host));
    for (const std::string& field : fields) {
      absl::StrAppend(&text, ",", Quoted(field));
    }
    absl::StrAppend(&text, ",", Quoted(error), "\n");
  };
  for (const v1::FleetHost& host : safe.hosts()) {
    for (const v1::Guest& guest : host.report().guests()) {
      add_line(host.name(), fields_of(host.report().host(), guest), "");
    }
    if (!host.has_report()) {
      add_line(host.name(), std::vector<std::string>(names.size()),
               host.error());
    }
  }
  return text;
}

// With all that a double holds.
std::string Ppm(double ppm) { return absl::StrFormat("%.17g", ppm); }

std::vector<std::string> ReportFields(const v1::Host& host,
                                      const v1::Guest& guest) {
  std::string offset, bound, age;
  if (guest.has_offset()) {
    const Measure measure =
        MeasureOf(FromProto(guest.offset()), absl::Nanoseconds(1));
    offset = Seconds9(measure.value, Sign::kMinus);
    bound = Seconds9(measure.bound, Sign::kMinus);
  }
  std::string host_bound, intended;
  if (guest.has_host_bound()) {
    host_bound = Seconds9(FromProto(guest.host_bound()), Sign::kMinus);
  }
  if (guest.has_intended_offset()) {
    intended = Seconds9(FromProto(guest.intended_offset()), Sign::kMinus);
  }
  std::string drift, drift_lo, drift_hi, constant, earliest, latest;
  if (guest.has_drift()) {
    drift = Ppm(guest.drift().ppm());
    drift_lo = Ppm(guest.drift().bar().lo_ppm());
    drift_hi = Ppm(guest.drift().bar().hi_ppm());
    constant = guest.drift().constant() ? "true" : "false";
  }
  if (guest.drift().has_warning_latest()) {
    earliest =
        Seconds9(FromProto(guest.drift().warning_earliest()), Sign::kMinus);
    latest = Seconds9(FromProto(guest.drift().warning_latest()), Sign::kMinus);
  }
  if (guest.has_age()) age = Seconds9(FromProto(guest.age()), Sign::kMinus);
  v1::Finding finding;
  if (!guest.findings().empty()) finding = guest.findings(0);
  return {
      TrustName(host.trust()),
      guest.name(),
      guest.uuid(),
      VerdictName(guest.verdict()),
      guest.reason(),
      offset,
      bound,
      age,
      finding.code(),
      finding.code().empty() ? "" : SeverityName(finding.severity()),
      finding.code().empty() ? ""
      : finding.active()     ? "true"
                             : "false",
      finding.has_age() ? Seconds9(FromProto(finding.age()), Sign::kMinus) : "",
      finding.signature(),
      finding.summary(),
      host_bound,
      intended,
      drift,
      drift_lo,
      drift_hi,
      constant,
      earliest,
      latest};
}

std::vector<std::string> GuestsFields(const v1::Host& /*host*/,
                                      const v1::Guest& guest) {
  const v1::GuestDescription& description = guest.description();
  return {guest.name(),
          guest.uuid(),
          guest.has_libvirt_id() ? absl::StrCat(guest.libvirt_id()) : "",
          StateName(guest.state()),
          guest.address(),
          guest.group(),
          description.clocksource_current(),
          description.agent_version(),
          description.kernel_release(),
          description.operating_system()};
}

}  // namespace

absl::StatusOr<std::string> MessageJson(
    const google::protobuf::Message& message, bool pretty) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = pretty;
  options.always_print_primitive_fields = true;
  std::string json;
  if (const auto status =
          google::protobuf::util::MessageToJsonString(message, &json, options);
      !status.ok()) {
    return absl::InternalError(
        absl::StrCat("the answer has no JSON form: ", status.ToString()));
  }
  if (json.empty() || json.back() != '\n') json += '\n';
  return json;
}

std::string ReportCsv(const v1::FleetReport& report) {
  return Csv({"host_trust",
              "guest",
              "uuid",
              "verdict",
              "reason",
              "offset_seconds",
              "bound_seconds",
              "age_seconds",
              "finding",
              "finding_severity",
              "finding_active",
              "finding_age_seconds",
              "finding_signature",
              "finding_summary",
              "host_bound_seconds",
              "intended_offset_seconds",
              "drift_ppm",
              "drift_lo_ppm",
              "drift_hi_ppm",
              "drift_constant",
              "warning_earliest_seconds",
              "warning_latest_seconds"},
             report, ReportFields);
}

std::string GuestsCsv(const v1::FleetReport& report) {
  return Csv(
      {"guest", "uuid", "libvirt_id", "state", "address", "group",
       "clocksource", "agent_version", "kernel_release", "operating_system"},
      report, GuestsFields);
}

}  // namespace noonmark::cli
