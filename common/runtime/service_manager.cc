#include "common/runtime/service_manager.h"

#include <systemd/sd-daemon.h>

#include <string>

namespace noonmark {

void NotifyReady(std::string_view status) {
  sd_notify(0, std::string("READY=1\nSTATUS=").append(status).c_str());
}

void NotifyStopping() { sd_notify(0, "STOPPING=1"); }

}  // namespace noonmark
