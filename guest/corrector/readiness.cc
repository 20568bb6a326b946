#include "guest/corrector/readiness.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace noonmark {
namespace {

// The probe's own limit is 2 s.
constexpr absl::Duration kProbeLimit = absl::Seconds(5);

}  // namespace

absl::Status CheckSocket(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  int error = ENAMETOOLONG;
  if (path.size() < sizeof address.sun_path) {
    std::memcpy(address.sun_path, path.data(), path.size());
    const int probe =
        socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const absl::Cleanup close_probe = [probe] {
      if (probe >= 0) close(probe);
    };
    if (probe >= 0 && connect(probe, reinterpret_cast<sockaddr*>(&address),
                              sizeof address) == 0) {
      return absl::OkStatus();
    }
    error = errno;
    // Its queue is full; it is somebody else's.
    if (error == EAGAIN || error == EACCES) return absl::OkStatus();
  }
  return absl::UnavailableError(absl::StrCat(path, ": ", strerror(error)));
}

void AskWhetherReady(UnitManager* manager, const std::string& unit,
                     const ServiceProfile& profile,
                     const std::string& probe_account,
                     std::function<void(absl::Status)> then) {
  manager->Look(unit, [=, then = std::move(then)](
                          const absl::StatusOr<UnitFacts>& facts) {
    if (!facts.ok()) return then(facts.status());
    if (facts->state != ServiceState::kActive) {
      return then(absl::UnavailableError(absl::StrCat(unit, " is not active")));
    }
    if (profile.ready_by == ServiceProfile::ReadyBy::kActive) {
      return then(absl::OkStatus());
    }
    for (const std::string& path : profile.ready_paths) {
      if (absl::Status status = CheckSocket(path); !status.ok()) {
        return then(status);
      }
    }
    if (profile.ready_by == ServiceProfile::ReadyBy::kSockets ||
        access(probe_account.c_str(), F_OK) != 0) {
      return then(absl::OkStatus());
    }
    manager->Order(UnitVerb::kStart, kLoginProbeUnit, kProbeLimit, nullptr,
                   then);
  });
}

}  // namespace noonmark
