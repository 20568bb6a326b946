#include "guest/service/listen_address.h"

#include "absl/strings/str_cat.h"

namespace noonmark {

absl::StatusOr<Address> ReadListenAddress(const std::string& text) {
  absl::StatusOr<Address> address = Address::Parse(text);
  if (!address.ok() || address->IsUnix() || address->IsLoopback()) {
    return address;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("cannot listen on ", address->ToString(),
                   ": the agent has no identities yet, so nothing but this "
                   "machine may reach it; listen on unix:PATH, 127.0.0.1:PORT "
                   "or [::1]:PORT"));
}

}  // namespace noonmark
