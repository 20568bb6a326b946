#ifndef NOONMARK_TESTS_SUPPORT_LIBVIRT_DAEMON_H_
#define NOONMARK_TESTS_SUPPORT_LIBVIRT_DAEMON_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::testing {

// A libvirtd of the test's own that serves libvirt's test driver: its domains
// and events are shared by all clients, as on a real host. All it has is in a
// temporary folder, and it drives nothing of the machine. Needs no root.
class LibvirtDaemon {
 public:
  LibvirtDaemon() = default;
  ~LibvirtDaemon();
  LibvirtDaemon(const LibvirtDaemon&) = delete;
  LibvirtDaemon& operator=(const LibvirtDaemon&) = delete;

  // Returns at once; it serves soon after. kNotFound: libvirtd is not
  // installed.
  absl::Status Start();
  // As a crash or `kill -9` ends it. Its domains are forgotten.
  void Kill();

  // Valid without it running, too.
  std::string Uri() const;
  // What `virsh` with these arguments prints, as a second client. Its failure
  // is the test's.
  std::string Virsh(const std::vector<std::string>& arguments) const;
  // What it logged, for the message of a test that fails.
  std::string Log() const;

 private:
  TemporaryDirectory folder_;
  pid_t pid_ = -1;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_LIBVIRT_DAEMON_H_
