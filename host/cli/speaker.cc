#include "host/cli/speaker.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "host/cli/safe_text.h"

namespace noonmark::cli {

Style Speaker::StyleNow() const {
  Style style;
  style.colour = colour_ == Request::When::kAlways ||
                 (colour_ == Request::When::kAuto && console_.is_terminal &&
                  !console_.no_color);
  if (console_.is_terminal) style.width = console_.width();
  return style;
}

ExitCode Speaker::Print(const absl::StatusOr<std::string>& text) const {
  if (!text.ok()) return Fail(kFailed, text.status().message());
  console_.out << *text << std::flush;
  if (!console_.out) return Fail(kFailed, "cannot write to standard output");
  return kDone;
}

ExitCode Speaker::Fail(ExitCode code, absl::string_view message) const {
  for (const absl::string_view line :
       absl::StrSplit(message, '\n', absl::SkipEmpty())) {
    console_.err << "noonmark: " << SafeText(line) << "\n";
  }
  console_.err << std::flush;
  return code;
}

std::string Listed(const std::vector<std::string>& names) {
  if (names.size() < 2) return absl::StrJoin(names, "");
  return absl::StrCat(absl::StrJoin(names.begin(), names.end() - 1, ", "),
                      " and ", names.back());
}

}  // namespace noonmark::cli
