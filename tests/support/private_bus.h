#ifndef NOONMARK_TESTS_SUPPORT_PRIVATE_BUS_H_
#define NOONMARK_TESTS_SUPPORT_PRIVATE_BUS_H_

#include <memory>
#include <string>

#include "tests/support/child_process.h"
#include "tests/support/temporary_directory.h"

namespace noonmark::testing {

// A D-Bus of the test's own, at which everybody may say everything.
class PrivateBus {
 public:
  PrivateBus();

  // As in $DBUS_SYSTEM_BUS_ADDRESS.
  const std::string& address() const { return address_; }

  // As of a bus that died, and one in its place at the same address.
  void Kill();
  void Restart();

 private:
  TemporaryDirectory directory_;
  std::string address_;
  std::unique_ptr<ChildProcess> daemon_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_SUPPORT_PRIVATE_BUS_H_
