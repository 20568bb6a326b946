#ifndef NOONMARK_GUEST_CORRECTOR_PROFILE_FILES_H_
#define NOONMARK_GUEST_CORRECTOR_PROFILE_FILES_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "common/correct/service_profile.h"

namespace noonmark {

// Where files of a profile go: a package's, or an operator's own.
enum class FileOwner { kPackage, kOperator };

// What systemd and polkit must know of a profile before its units can rest, by
// path: that units of mail are ordered after noonmark-hold.service (not a time
// daemon's, which comes back before the hold ends), and what noonmark-corrector
// may do to them.
std::map<std::string, std::string> ProfileFiles(const ServiceProfile& profile,
                                                FileOwner owner);

// Writes them below `root`, which is "" but in tests and packages; makes the
// folders on the way.
//
// Errors: kUnavailable: a file cannot be written.
absl::Status WriteProfileFiles(const ServiceProfile& profile, FileOwner owner,
                               const std::string& root);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_PROFILE_FILES_H_
