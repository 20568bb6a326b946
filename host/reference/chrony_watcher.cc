#include "host/reference/chrony_watcher.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/estimate/chrony_tracking.h"

namespace noonmark {
namespace {

int NewEvent() {
  const int event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) std::abort();  // no descriptors at the start
  return event;
}

void Raise(int event) {
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event, &one, sizeof one);
}

// The first line of a complaint, as it can be printed.
std::string FirstLine(const std::string& text) {
  std::string line = text.substr(0, std::min<size_t>(text.find('\n'), 100));
  for (char& c : line) {
    if (!absl::ascii_isprint(static_cast<unsigned char>(c))) c = '?';
  }
  return line;
}

}  // namespace

ChronyReport AskChrony(const ChronyOptions& options, Clock& clock, int stop) {
  ChronyReport report;
  const ClockReading before = clock.Read();
  report.asked = MonotonicTime::FromReading(before.monotonic);
  report.realtime = before.realtime;
  // -n: no names are looked up.
  const absl::StatusOr<ProgramOutput> output = RunForOutput(
      {options.chronyc, "-c", "-n", "tracking"}, options.limits, clock, stop);
  if (absl::IsNotFound(output.status())) return report;  // no chrony here
  if (!output.ok()) {
    report.error = std::string(output.status().message());
  } else if (output->exit_code != 0) {
    report.error = absl::StrCat("chronyc ends with ", output->exit_code, ": ",
                                FirstLine(output->text));
  } else {
    absl::StatusOr<ChronyTracking> tracking = ParseChronyTracking(output->text);
    if (tracking.ok()) {
      report.tracking = *std::move(tracking);
    } else {
      report.error = std::string(tracking.status().message());
    }
  }
  return report;
}

ChronyWatcher::ChronyWatcher(ChronyOptions options, Clock& clock, Tell tell)
    : options_(std::move(options)),
      clock_(clock),
      tell_(std::move(tell)),
      stop_(NewEvent()),
      ask_(NewEvent()),
      thread_([this] { Run(); }) {}

ChronyWatcher::~ChronyWatcher() {
  Raise(stop_);
  thread_.join();
  close(stop_);
  close(ask_);
}

void ChronyWatcher::AskNow() { Raise(ask_); }

void ChronyWatcher::Run() {
  if (options_.chronyc.empty()) return;
  while (true) {
    uint64_t wanted = 0;
    // Before the question: who wants an answer meanwhile gets another.
    [[maybe_unused]] const ssize_t got = read(ask_, &wanted, sizeof wanted);
    ChronyReport report = AskChrony(options_, clock_, stop_);
    pollfd events[] = {{.fd = stop_, .events = POLLIN, .revents = 0},
                       {.fd = ask_, .events = POLLIN, .revents = 0}};
    if (poll(events, 1, 0) > 0) return;
    tell_(std::move(report));
    // A signal only brings the next question earlier.
    poll(events, 2,
         static_cast<int>(absl::ToInt64Milliseconds(options_.interval)));
    if (events[0].revents != 0) return;
  }
}

}  // namespace noonmark
