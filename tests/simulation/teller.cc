#include "tests/simulation/teller.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/detect/evidence.h"
#include "common/detect/verdict.h"
#include "common/estimate/format.h"

namespace noonmark::simulation {
namespace {

double Seconds(absl::Duration d) { return absl::ToDoubleSeconds(d); }

}  // namespace

void Teller::OnAnswer(GuestId guest, const Asked& asked,
                      const Exchange& exchange) {
  now_ = asked.t4;
  if (guest != guest_ || asked.t4 < from_ || asked.t4 > to_) return;
  const ClockReading& t2 = exchange.guest.received;
  const ClockReading& t3 = exchange.guest.sent;
  out_ << absl::StreamFormat(
      "%14.6f asked, %.6f read, %.6f answered; off %.6f s%s; raw "
      "%.6f held %.6f, real-mono %.6f, mono-raw %.6f, sets %d\n",
      Seconds(asked.t1), Seconds(asked.t3), Seconds(asked.t4),
      Seconds(asked.offset_t3.Floor()), asked.broken ? " (broken)" : "",
      Seconds(t3.raw_before - exchange.host_received.raw_before),
      Seconds(t3.raw_before - t2.raw_after),
      Seconds(t3.realtime - t3.monotonic),
      Seconds(t3.monotonic - t3.raw_before), exchange.guest.discontinuities);
}

void Teller::OnPublished(const HostSnapshot& snapshot) {
  for (const auto& row : snapshot.guests) {
    if (row->domain.id != guest_) continue;
    std::string said = absl::StrCat(std::string(VerdictName(row->verdict)),
                                    " (", row->reason, ")");
    for (const Finding& finding : row->findings) {
      absl::StrAppend(
          &said, "; ", std::string(CodeName(finding.code)), " x",
          finding.occurrences, finding.active ? " " : " (past) ",
          Summarize(finding),
          finding.size.has_value() ? FormatInterval(*finding.size) : "");
    }
    if (said == said_) continue;
    said_ = said;
    if (now_ < from_ || now_ > to_) continue;
    out_ << "               SAID " << said;
    if (row->offset.has_value()) out_ << ", " << FormatOffset(*row->offset);
    out_ << "\n";
  }
}

void Teller::OnDeed(GuestId guest, const Deed& deed) {
  if (guest != guest_ && guest != Fleet::kHost) return;
  out_ << absl::StreamFormat("%14.6f DONE %s: %s %s\n", Seconds(deed.at),
                             guest == Fleet::kHost ? "host" : "guest",
                             std::string(DeedName(deed.kind)),
                             FormatSeconds(deed.size));
}

}  // namespace noonmark::simulation
