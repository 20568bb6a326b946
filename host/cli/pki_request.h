#ifndef NOONMARK_HOST_CLI_PKI_REQUEST_H_
#define NOONMARK_HOST_CLI_PKI_REQUEST_H_

#include <optional>
#include <string>
#include <vector>

#include "common/trust/identity.h"

namespace noonmark::cli {

// Where an authority is that nobody named.
inline constexpr char kPkiFolder[] = "/etc/noonmark/ca";

// What is asked of `noonmark pki`.
struct PkiRequest {
  enum class Act {
    kInit,
    kIssue,
    kList,
    kRevoke,
    kRotate,
    kRotateAuthority,
    kFinishRotation
  };
  Act act = Act::kList;
  std::string folder = kPkiFolder;
  std::string fleet;  // init
  // issue, rotate, revoke: whom; revoke without a role: `serial`.
  std::optional<Role> role;
  std::vector<std::string> ids;
  std::string serial;
  // revoke: only what has been replaced; for whoever reads it later.
  bool replaced_only = false;
  std::string why;
};

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_PKI_REQUEST_H_
