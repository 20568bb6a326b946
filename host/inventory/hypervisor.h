#ifndef NOONMARK_HOST_INVENTORY_HYPERVISOR_H_
#define NOONMARK_HOST_INVENTORY_HYPERVISOR_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace noonmark {

enum class DomainState { kRunning, kPaused };

// A running or paused domain, as libvirt describes it: who it is, and where
// its agent is said to be. Never the guest's own word. Xen's domain 0 is the
// host and no Domain.
struct Domain {
  std::string uuid;  // RFC 4122 text, lower case: the identity
  std::string name;
  // libvirt's number; another one after save, restore and reboot.
  int id = -1;
  DomainState state = DomainState::kRunning;
  // From our metadata element; empty: none. "unix:PATH" or "HOST:PORT".
  std::string address;
  std::string group;
  // Our metadata element is there and malformed; says how. `address` and
  // `group` are then empty.
  std::string metadata_error;
};

enum class LifecycleEvent {
  kStarted,    // booted, or restored from a saved state
  kStopped,    // shut down, destroyed, crashed or saved
  kSuspended,  // paused
  kResumed,
  kChanged,  // defined anew, undefined, metadata changed
};

// What else libvirt does with a domain that it starts, stops, suspends or
// resumes.
enum class LifecycleCause {
  kOther,
  kMigration,   // part of a move to another host, or to this one
  kSavedState,  // into a file, or from one
};

// What an event says; `detail` is libvirt's, for people: "restored".
struct Lifecycle {
  std::string uuid;
  LifecycleEvent event = LifecycleEvent::kChanged;
  std::string detail;
  LifecycleCause cause = LifecycleCause::kOther;
};

// The seam to whatever runs the domains.
//
// A Hypervisor looks after its connection by itself: it connects again with
// back-off after a loss, and lists all domains after each connect and each
// event, and at intervals against a lost event. It calls its observer from a
// thread of its own, one call at a time.
class Hypervisor {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    // All running and paused domains, in the order of their UUIDs.
    virtual void OnDomains(std::vector<Domain> domains) = 0;
    virtual void OnLifecycle(const Lifecycle& event) = 0;
    // OK: connected. Else why not, in libvirt's own words; the domains known
    // so far stay as they are. Told when it changes.
    //   kInvalidArgument   the URI is empty.
    //   kUnavailable       there is no connection; attempts go on.
    //   kDeadlineExceeded  libvirt does not answer; it is waited for.
    virtual void OnConnection(const absl::Status& status) = 0;
  };

  virtual ~Hypervisor() = default;

  // Once. `observer` must outlive this object.
  virtual void Start(Observer* observer) = 0;
};

// Connects to libvirt read-only and watches. Never fails: what goes wrong is
// told through OnConnection().
//
// `uri` as virsh takes it: xen:///system, qemu:///system, test:///FILE. Empty
// is an error told at once, never libvirt's own guess.
struct LibvirtOptions {
  std::string uri;
  // Between lists without an event.
  absl::Duration refresh = absl::Seconds(60);
  // Between attempts to connect: the first and the longest.
  absl::Duration retry_first = absl::Milliseconds(500);
  absl::Duration retry_longest = absl::Seconds(30);
};
std::unique_ptr<Hypervisor> MakeLibvirtHypervisor(
    const LibvirtOptions& options);

// Reads our element of a domain's metadata into `domain`:
//   <guest xmlns='urn:noonmark:domain:1' address='unix:PATH|HOST:PORT'
//          group='…'/>
// Other elements, attributes and namespaces are not ours and pass.
void ReadDomainMetadata(std::string_view xml, Domain& domain);

}  // namespace noonmark

#endif  // NOONMARK_HOST_INVENTORY_HYPERVISOR_H_
