#include "host/cli/table.h"

#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "common/estimate/format.h"
#include "host/cli/quantities.h"
#include "host/cli/safe_text.h"
#include "host/cli/wording.h"

namespace noonmark::cli {
namespace {

using Align = TextTable::Align;
using Cell = TextTable::Cell;

Colour ColourOf(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_OK:
      return Colour::kGood;
    case v1::VERDICT_WRONG:
      return Colour::kBad;
    case v1::VERDICT_SUSPENDED:
      return Colour::kQuiet;
    default:
      return Colour::kDoubtful;
  }
}

// Some host's own error is proven: it is told beside each offset.
bool HasHostBound(const v1::FleetReport& report) {
  for (const v1::FleetHost& host : report.hosts()) {
    for (const v1::Guest& guest : host.report().guests()) {
      if (guest.has_host_bound()) return true;
    }
  }
  return false;
}

std::vector<Cell> ReportRow(const std::string& host, const v1::Guest& guest,
                            bool with_host_bound) {
  std::vector<Cell> row = {
      {host},
      {guest.name()},
      {VerdictName(guest.verdict()), ColourOf(guest.verdict())}};
  if (guest.has_offset()) {
    const Measure measure =
        MeasureOf(FromProto(guest.offset()), absl::Microseconds(1));
    row.push_back({absl::StrCat(Seconds6(measure.value, Sign::kBoth), " s")});
    row.push_back({absl::StrCat("±", Seconds6(measure.bound, Sign::kMinus))});
  } else {
    row.insert(row.end(), {{""}, {""}});
  }
  if (with_host_bound) {
    row.push_back(
        {guest.has_host_bound()
             ? absl::StrCat("±",
                            Seconds6(absl::Ceil(FromProto(guest.host_bound()),
                                                absl::Microseconds(1)),
                                     Sign::kMinus))
             : ""});
  }
  row.push_back({guest.has_age() ? FormatAge(FromProto(guest.age())) : ""});
  row.push_back({RemarkText(guest)});
  return row;
}

// A host without rows of its own.
void AddHostRow(const v1::FleetHost& host, TextTable& table) {
  if (host.has_report()) {
    table.AddSpan({{host.name()}, {""}, {"no guests"}});
  } else {
    table.AddSpan({{host.name()}, {""}, {host.error(), Colour::kBad}});
  }
}

// "3 guests on 2 of 3 hosts: 1 ok, 1 wrong, 1 unknown"
std::string CountLine(const v1::FleetReport& report) {
  size_t guests = 0;
  size_t answered = 0;
  std::map<int, size_t> verdicts;
  for (const v1::FleetHost& host : report.hosts()) {
    answered += host.has_report() ? 1 : 0;
    for (const v1::Guest& guest : host.report().guests()) {
      ++guests;
      ++verdicts[guest.verdict()];
    }
  }
  const size_t asked = static_cast<size_t>(report.hosts_size());
  std::string line = absl::StrCat(Counted(guests, "guest"), " on ");
  if (answered < asked) absl::StrAppend(&line, answered, " of ");
  absl::StrAppend(&line, Counted(asked, "host"));
  absl::string_view separator = ": ";
  for (const auto& [verdict, count] : verdicts) {
    absl::StrAppend(&line, separator, count, " ",
                    VerdictName(static_cast<v1::Verdict>(verdict)));
    separator = ", ";
  }
  return absl::StrCat(line, "\n");
}

}  // namespace

std::string ReportTable(const v1::FleetReport& report, const Style& style) {
  v1::FleetReport safe = report;
  MakeSafe(&safe);
  const bool with_host_bound = HasHostBound(safe);
  std::vector<TextTable::Column> columns = {{"HOST"},
                                            {"GUEST"},
                                            {"VERDICT"},
                                            {"OFFSET", Align::kRight},
                                            {"BOUND", Align::kRight}};
  if (with_host_bound) columns.push_back({"HOST'S OWN", Align::kRight});
  columns.push_back({"SAMPLE", Align::kRight});
  columns.push_back({"FINDING"});
  TextTable table(std::move(columns));
  std::string notes;
  for (const v1::FleetHost& host : safe.hosts()) {
    for (const v1::Guest& guest : host.report().guests()) {
      table.AddRow(ReportRow(host.name(), guest, with_host_bound));
    }
    if (host.report().guests().empty()) AddHostRow(host, table);
    if (!host.has_report()) continue;
    for (const std::string& note : HostNotes(host.report().host())) {
      absl::StrAppend(&notes, host.name(), ": ", note, "\n");
    }
  }
  return absl::StrCat(table.Render(style), notes, CountLine(safe));
}

std::string GuestsTable(const v1::FleetReport& report, const Style& style) {
  v1::FleetReport safe = report;
  MakeSafe(&safe);
  TextTable table({{"HOST"},
                   {"GUEST"},
                   {"ID", Align::kRight},
                   {"STATE"},
                   {"UUID"},
                   {"ADDRESS"},
                   {"CLOCKSOURCE"},
                   {"AGENT"},
                   {"KERNEL"}});
  for (const v1::FleetHost& host : safe.hosts()) {
    for (const v1::Guest& guest : host.report().guests()) {
      const v1::GuestDescription& description = guest.description();
      table.AddRow(
          {{host.name()},
           {guest.name()},
           {guest.has_libvirt_id() ? absl::StrCat(guest.libvirt_id()) : ""},
           {StateName(guest.state())},
           {guest.uuid()},
           {guest.address()},
           {description.clocksource_current()},
           {description.agent_version()},
           {description.kernel_release()}});
    }
    if (host.report().guests().empty()) AddHostRow(host, table);
  }
  return table.Render(style);
}

std::string VersionTable(const std::string& own_version,
                         const std::vector<DaemonHealth>& daemons,
                         const Style& style) {
  TextTable table(
      {{"HOST"}, {"PROGRAM"}, {"VERSION"}, {"STARTED"}, {"PROBLEMS"}});
  table.AddRow({{""}, {"noonmark"}, {own_version}, {""}, {""}});
  for (const DaemonHealth& daemon : daemons) {
    const std::string name = SafeText(daemon.name);
    if (!daemon.health.ok()) {
      table.AddSpan(
          {{name},
           {"noonmarkd"},
           {SafeText(daemon.health.status().message()), Colour::kBad}});
      continue;
    }
    v1::GetHealthResponse health = *daemon.health;
    MakeSafe(&health);
    table.AddRow(
        {{name},
         {"noonmarkd"},
         {health.version()},
         {health.has_started() ? FormatMoment(FromProto(health.started()))
                               : ""},
         {absl::StrJoin(health.problems(), "; "), Colour::kDoubtful}});
  }
  return table.Render(style);
}

}  // namespace noonmark::cli
