#include "guest/mail/profile.h"

#include <array>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/runtime/config_file.h"

namespace noonmark {
namespace {

constexpr size_t kMostUnits = 8;
constexpr size_t kMostPorts = 16;
constexpr size_t kMostPaths = 8;

constexpr std::string_view kService = ".service";
constexpr std::string_view kSocket = ".socket";

std::string_view FileName(std::string_view path) {
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

bool IsProfileName(std::string_view name) {
  return !name.empty() && name.size() <= kMostProfileCharacters &&
         absl::c_all_of(name, [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
                  c == '-';
         });
}

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() > end.size() &&
         text.substr(text.size() - end.size()) == end;
}

ServiceRole RoleOf(const std::string& name) {
  if (name == "mail-transfer") return ServiceRole::kMailTransfer;
  if (name == "mail-store") return ServiceRole::kMailStore;
  if (name == "time-daemon") return ServiceRole::kTimeDaemon;
  return ServiceRole::kOther;
}

ServiceProfile::ReadyBy ReadyByOf(const std::string& name) {
  if (name == "sockets") return ServiceProfile::ReadyBy::kSockets;
  if (name == "login") return ServiceProfile::ReadyBy::kLogin;
  return ServiceProfile::ReadyBy::kActive;
}

// Units of `key` that may be listed and end as they have to.
std::vector<std::string> ReadUnits(ConfigTable& table, std::string_view key,
                                   std::string_view end) {
  std::vector<std::string> units = table.Strings(key, kMostUnits);
  for (const std::string& unit : units) {
    if (!EndsWith(unit, end)) {
      table.Fault(key, absl::StrCat("must be exact names that end in ",
                                    std::string(end), ", not \"", unit, "\""));
    } else if (!MayBeListed(unit)) {
      table.Fault(
          key, absl::StrCat("\"", unit, "\" may not be stopped by noonmark"));
    }
  }
  return units;
}

absl::Duration Limit(ConfigTable& table, std::string_view key,
                     absl::Duration otherwise) {
  return table.Duration(key, otherwise, absl::Seconds(1), absl::Minutes(5));
}

void ReadService(ConfigTable table, ServiceProfile& profile) {
  profile.role = RoleOf(
      table.OneOf("role", "other",
                  {"mail-transfer", "mail-store", "time-daemon", "other"}));
  profile.units = ReadUnits(table, "units", kService);
  if (profile.units.empty()) table.Fault("units", "must name at least one");
  profile.sockets = ReadUnits(table, "sockets", kSocket);
  profile.stop_limit = Limit(table, "stop_limit", profile.stop_limit);
  for (const int64_t port : table.Integers("ports", kMostPorts, 1, 65535)) {
    profile.ports.push_back(static_cast<uint16_t>(port));
  }
}

void ReadReady(ConfigTable table, ServiceProfile& profile) {
  profile.ready_by =
      ReadyByOf(table.OneOf("by", "active", {"active", "sockets", "login"}));
  profile.ready_paths = table.Strings("paths", kMostPaths);
  for (const std::string& path : profile.ready_paths) {
    if (path.empty() || path[0] != '/') {
      table.Fault("paths",
                  absl::StrCat("must be absolute, not \"", path, "\""));
    }
  }
  if (profile.ready_by == ServiceProfile::ReadyBy::kSockets &&
      profile.ready_paths.empty()) {
    table.Fault("paths", "must name at least one, for by = \"sockets\"");
  }
  profile.ready_limit = Limit(table, "limit", profile.ready_limit);
  profile.settle = Limit(table, "settle", profile.settle);
  profile.kernel_tells = table.Bool("kernel_tells", profile.kernel_tells);
}

void ReadAfter(ConfigTable table, ServiceProfile& profile) {
  for (const std::string& phase : table.Strings("actions", 3)) {
    if (phase == "before-start") {
      profile.acts_before_start = true;
    } else if (phase == "step") {
      profile.acts_after_step = true;
    } else if (phase == "unannounced") {
      profile.acts_when_unannounced = true;
    } else {
      table.Fault("actions",
                  absl::StrCat("must be \"before-start\", \"step\" or "
                               "\"unannounced\", not \"",
                               phase, "\""));
    }
  }
}

// The files of a folder that are profiles, by the profiles' names.
absl::Status Find(const std::string& folder,
                  std::map<std::string, std::string>& files) {
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error == std::errc::no_such_file_or_directory) return absl::OkStatus();
  for (; !error && entries != std::filesystem::directory_iterator();
       entries.increment(error)) {
    const std::string path = entries->path().string();
    if (!EndsWith(path, ".toml")) continue;
    files[std::string(FileName(path))] = path;
  }
  if (error) {
    return absl::UnavailableError(
        absl::StrCat(folder, ": cannot be listed: ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace

bool MayBeListed(std::string_view unit) {
  if (unit.size() > kMostUnitCharacters) return false;
  const bool service = EndsWith(unit, kService);
  if (!service && !EndsWith(unit, kSocket)) return false;
  // A template's instances: a star right behind the at, and nowhere else.
  const size_t star = unit.find('*');
  if (star != std::string_view::npos &&
      (!service || star == 0 || unit[star - 1] != '@' ||
       unit.substr(star + 1) != kService)) {
    return false;
  }
  if (!absl::c_all_of(unit, [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
               std::string_view("-_.@:*").find(c) != std::string_view::npos;
      })) {
    return false;
  }
  // Whoever could stop these would lock everybody out, us too.
  if (unit == "systemd-timesyncd.service") return true;
  constexpr std::array<std::string_view, 5> kNever = {"ssh", "dbus", "systemd-",
                                                      "noonmark-", "polkit"};
  return absl::c_none_of(kNever, [&](std::string_view begin) {
    return unit.substr(0, begin.size()) == begin;
  });
}

absl::StatusOr<ServiceProfile> LoadServiceProfile(const std::string& path) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Load(path);
  if (!file.ok()) return file.status();
  ServiceProfile profile;
  std::string_view name = FileName(path);
  if (EndsWith(name, ".toml")) name.remove_suffix(5);
  if (!IsProfileName(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a profile's name is a-z, 0-9 and \"-\", at most ",
                     kMostProfileCharacters, " characters: rename the file"));
  }
  profile.name = std::string(name);
  ReadService(file->root().Table("service"), profile);
  ReadReady(file->root().Table("ready"), profile);
  ReadAfter(file->root().Table("after"), profile);
  if (absl::Status status = file->Check(); !status.ok()) return status;
  return profile;
}

absl::StatusOr<std::vector<ServiceProfile>> LoadServiceProfiles(
    const std::vector<std::string>& folders) {
  std::map<std::string, std::string> files;
  for (const std::string& folder : folders) {
    if (absl::Status status = Find(folder, files); !status.ok()) return status;
  }
  std::vector<ServiceProfile> profiles;
  for (const auto& [name, path] : files) {
    absl::StatusOr<ServiceProfile> profile = LoadServiceProfile(path);
    if (!profile.ok()) return profile.status();
    profiles.push_back(*std::move(profile));
  }
  return profiles;
}

}  // namespace noonmark
