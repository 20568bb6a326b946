// A trace of any bytes, run through the core as `noonmark replay` does: an
// error that can be printed, or to its end.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/detect/fleet_assessor.h"
#include "host/trace/replay.h"
#include "host/trace/trace_file.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  const int file = memfd_create("trace", MFD_CLOEXEC);
  fuzz::Require(
      file >= 0 && write(file, data, size) == static_cast<ssize_t>(size),
      "there is memory for a trace");
  auto trace = TraceReader::Open(absl::StrCat("/proc/self/fd/", file));
  close(file);
  if (!trace.ok()) {
    fuzz::CheckFault(trace.status());
    return 0;
  }
  FleetAssessor core(trace->options().host, trace->options().guests);
  const auto result = Replay(*trace, core, [](const ReplayChange& change) {
    // Who shows it makes it safe to show.
    fuzz::Require(!change.what.empty() && change.what.size() <= 4096,
                  "what is told is a line");
  });
  if (!result.ok()) {
    fuzz::CheckFault(result.status());
  } else if (!result->warning.empty()) {
    fuzz::Require(!fuzz::HasControlCharacter(result->warning),
                  "a warning can be printed");
  }
  return 0;
}
