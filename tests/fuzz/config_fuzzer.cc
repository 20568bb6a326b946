// A configuration of any bytes: read or refused, with a place and on one line
// a fault.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/runtime/config_file.h"
#include "tests/fuzz/require.h"

namespace noonmark {
namespace {

using ::noonmark::fuzz::HasControlCharacter;
using ::noonmark::fuzz::Require;

void CheckFaults(const absl::Status& status) {
  const std::string message(status.message());
  for (const std::string& line :
       std::vector<std::string>(absl::StrSplit(message, '\n'))) {
    Require(absl::StartsWith(line, "F:"), "a fault has a place");
    Require(!HasControlCharacter(line), "a fault can be printed");
  }
}

void Read(ConfigTable table) {
  const absl::Duration duration =
      table.Duration("d", absl::Seconds(5), -absl::Hours(1), absl::Hours(1));
  Require(absl::AbsDuration(duration) <= absl::Hours(1), "durations in range");
  const int64_t integer = table.Integer("i", 8, -1, 64);
  Require(integer >= -1 && integer <= 64, "integers in range");
  const std::string choice = table.OneOf("o", "a", {"a", "b"});
  Require(choice == "a" || choice == "b", "one of the choices");
  table.RequiredString("s");
  table.Bool("b", false);
}

}  // namespace
}  // namespace noonmark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  const std::string text(reinterpret_cast<const char*>(data), size);
  absl::StatusOr<ConfigFile> file = ConfigFile::Parse(text, "F");
  if (!file.ok()) {
    CheckFaults(file.status());
    return 0;
  }
  Read(file->root());
  Read(file->root().Table("t"));
  Read(file->root().Table("t").Table("u"));
  ConfigTable named = file->root().Table("g");
  for (const std::string& key : named.Keys()) Read(named.Table(key));
  for (const ConfigTable& table : file->root().Tables("l")) Read(table);
  if (absl::Status status = file->Check(); !status.ok()) CheckFaults(status);
  return 0;
}
