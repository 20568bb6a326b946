#include "guest/corrector/profile_files.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "guest/corrector/places.h"

namespace noonmark {
namespace {

constexpr char kDropIn[] =
    "# noonmark: start jobs of this unit wait while mail rests for a "
    "correction\n"
    "# of the clock.\n"
    "[Unit]\n"
    "After=noonmark-hold.service\n";

constexpr char kRule[] =
    R"(// The profile NAME: what noonmark-corrector may do to its units.
polkit.addRule(function (action, subject) {
  if (subject.user !== "noonmark-corrector" ||
      action.id !== "org.freedesktop.systemd1.manage-units") {
    return polkit.Result.NOT_HANDLED;
  }
  var unit = String(action.lookup("unit"));
  var verb = String(action.lookup("verb"));
  if ([VERBS].indexOf(verb) >= 0 && /^(UNITS)$/.test(unit)) {
    return polkit.Result.YES;
  }
  if (verb === "start" && [ACTIONS].indexOf(unit) >= 0) {
    return polkit.Result.YES;
  }
  return polkit.Result.NOT_HANDLED;
});
)";

// "postfix@*.service" is a template whose instances have any name.
std::string Pattern(const std::string& unit) {
  return absl::StrReplaceAll(
      unit, {{".", "\\."}, {"\\", "\\\\"}, {"*", "[A-Za-z0-9:_.\\\\-]+"}});
}

std::string Quoted(const std::vector<std::string>& texts) {
  return absl::StrJoin(texts, ", ", [](std::string* out, const auto& text) {
    absl::StrAppend(out, "\"", text, "\"");
  });
}

std::string Rule(const ServiceProfile& profile) {
  std::vector<std::string> units;
  for (const std::string& unit : profile.units) units.push_back(Pattern(unit));
  std::vector<std::string> actions;
  if (profile.acts_before_start) {
    actions.push_back(ActionUnit(profile.name, "before-start"));
  }
  if (profile.acts_after_step) {
    actions.push_back(ActionUnit(profile.name, "step"));
  }
  if (profile.acts_when_unannounced) {
    actions.push_back(ActionUnit(profile.name, "unannounced"));
  }
  std::vector<std::string> verbs = {"start", "stop"};
  if (profile.role != ServiceRole::kTimeDaemon) verbs.push_back("reload");
  return absl::StrReplaceAll(kRule, {{"NAME", profile.name},
                                     {"VERBS", Quoted(verbs)},
                                     {"UNITS", absl::StrJoin(units, "|")},
                                     {"ACTIONS", Quoted(actions)}});
}

}  // namespace

std::map<std::string, std::string> ProfileFiles(const ServiceProfile& profile,
                                                FileOwner owner) {
  const bool package = owner == FileOwner::kPackage;
  const std::string units =
      package ? "/usr/lib/systemd/system/" : "/etc/systemd/system/";
  const std::string rules =
      package ? "/usr/share/polkit-1/rules.d/" : "/etc/polkit-1/rules.d/";
  std::map<std::string, std::string> files;
  files[absl::StrCat(rules, "50-noonmark-", profile.name, ".rules")] =
      Rule(profile);
  if (profile.role == ServiceRole::kTimeDaemon) return files;
  for (const std::string& unit : profile.units) {
    // Of all instances at once.
    const std::string folder = absl::StrReplaceAll(unit, {{"*", ""}});
    files[absl::StrCat(units, folder, ".d/10-noonmark-hold.conf")] = kDropIn;
  }
  return files;
}

absl::Status WriteProfileFiles(const ServiceProfile& profile, FileOwner owner,
                               const std::string& root) {
  for (const auto& [name, text] : ProfileFiles(profile, owner)) {
    const std::filesystem::path path = root + name;
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    std::ofstream file(path, std::ios::trunc);
    file << text;
    file.close();
    if (!file || chmod(path.c_str(), 0644) != 0) {
      return absl::UnavailableError(
          absl::StrCat("cannot write ", path.string()));
    }
  }
  return absl::OkStatus();
}

}  // namespace noonmark
