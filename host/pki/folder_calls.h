#ifndef NOONMARK_HOST_PKI_FOLDER_CALLS_H_
#define NOONMARK_HOST_PKI_FOLDER_CALLS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace noonmark {

// What an authority's folder asks of the system. Errors of all: kUnavailable,
// with the path, the system's cause and what to do.

absl::Status SystemFault(const std::string& path, int error);

// Mode 0700, and on the disk. That it is there is no error; that it is a link
// is one.
absl::Status MakeFolder(const std::string& path);

// A descriptor that holds it until it is closed. The folder itself is the lock,
// so that nothing of it is left behind.
//
//   kNotFound     there is no such folder.
//   kUnavailable  also: another process holds it.
absl::StatusOr<int> LockFolder(const std::string& path);

// The names in a folder, in order, without those of a write under way. One that
// is not there has none.
absl::StatusOr<std::vector<std::string>> NamesIn(const std::string& path);

// kFailedPrecondition: others than its owner may do anything with the file. One
// that is not there is no secret.
absl::Status CheckSecret(const std::string& path);

}  // namespace noonmark

#endif  // NOONMARK_HOST_PKI_FOLDER_CALLS_H_
