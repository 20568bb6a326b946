#include "host/correct/off_switch.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/runtime/config_value.h"
#include "common/runtime/durable_file.h"

namespace noonmark {

std::string OffSwitch::Why() const {
  const absl::StatusOr<std::string> text = ReadDurable(path_);
  if (absl::IsNotFound(text.status())) return "";
  if (!text.ok()) return std::string(text.status().message());
  const std::string line = text->substr(0, text->find('\n'));
  return line.empty() ? absl::StrCat("there is ", path_) : ForMessage(line);
}

absl::Status OffSwitch::Set(absl::string_view why) const {
  return WriteDurably(path_, absl::StrCat(why, "\n"));
}

absl::Status OffSwitch::Clear() const { return RemoveDurably(path_); }

}  // namespace noonmark
