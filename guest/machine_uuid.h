#ifndef NOONMARK_GUEST_MACHINE_UUID_H_
#define NOONMARK_GUEST_MACHINE_UUID_H_

#include <string>
#include <vector>

namespace noonmark {

// The UUID that this machine says it has, as libvirt knows it: in lower case.
// Xen's word; else its firmware's, which root alone may read and systemd hands
// on as the credential machine-uuid. Two of the firmware's: those that wrote it
// and those that read it have not always agreed on the order of its bytes.
// Empty: it does not say.
//
// `root`: before each path, "" on a machine. `credentials`: the folder that
// $CREDENTIALS_DIRECTORY names; empty: there is none.
std::vector<std::string> MachineUuids(const std::string& root,
                                      const std::string& credentials);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_MACHINE_UUID_H_
