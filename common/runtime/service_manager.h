#ifndef NOONMARK_COMMON_RUNTIME_SERVICE_MANAGER_H_
#define NOONMARK_COMMON_RUNTIME_SERVICE_MANAGER_H_

#include <string_view>

namespace noonmark {

// Tells systemd how far the service is (Type=notify). Without a service
// manager nothing happens.

// It serves. `status` is the line that `systemctl status` shows.
void NotifyReady(std::string_view status);
// It is about to end.
void NotifyStopping();

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_SERVICE_MANAGER_H_
