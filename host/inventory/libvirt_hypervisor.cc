// The one file that knows libvirt.
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/xmlerror.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "host/inventory/connection.h"
#include "host/inventory/hypervisor.h"
#include "host/inventory/watching_hypervisor.h"

namespace noonmark {
namespace {

constexpr char kMetadataNamespace[] = "urn:noonmark:domain:1";
// A libvirtd that answers nothing for 5 s is asked, and given up after 3 asked
// in vain.
constexpr int kKeepAliveSeconds = 5;
constexpr unsigned kKeepAliveCount = 3;

struct CloseConnect {
  void operator()(virConnect* connect) const { virConnectClose(connect); }
};
struct FreeDomain {
  void operator()(virDomain* domain) const { virDomainFree(domain); }
};
using ConnectHandle = std::unique_ptr<virConnect, CloseConnect>;
using DomainHandle = std::unique_ptr<virDomain, FreeDomain>;

// libvirt's own words for what failed last on this thread, on one line.
absl::Status LastError() {
  const virError* error = virGetLastError();
  if (error == nullptr || error->message == nullptr) {
    return absl::UnavailableError("libvirt gives no reason");
  }
  // Below the first line of an XML error stand the text and a pointer into it.
  std::string text = error->message;
  if (error->domain == VIR_FROM_XML || error->code == VIR_ERR_XML_DETAIL) {
    text = std::vector<std::string>(absl::StrSplit(text, '\n')).front();
  }
  for (char& c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return absl::UnavailableError(absl::StripAsciiWhitespace(text));
}

// A lambda cannot have an ellipsis here.
void IgnoreXmlError(void* /*context*/, const char* /*format*/, ...) {}

int LastErrorCode() {
  const virError* error = virGetLastError();
  return error == nullptr ? static_cast<int>(VIR_ERR_OK) : error->code;
}

// libvirt's event loop: one for the process, run by one thread while anybody
// needs it.
class EventLoop {
 public:
  // Holds the loop; it runs while one of these lives.
  class User {
   public:
    User() { Instance().Begin(); }
    ~User() { Instance().End(); }
    User(const User&) = delete;
    User& operator=(const User&) = delete;
  };

 private:
  static EventLoop& Instance() {
    // Never destroyed: a call left behind may outlive main().
    static EventLoop* const loop = new EventLoop;
    return *loop;
  }

  EventLoop() {
    // Else libvirt prints its errors.
    virSetErrorFunc(nullptr, [](void*, virError*) {});
    virEventRegisterDefaultImpl();
  }

  void Begin() {
    const std::lock_guard lock(mutex_);
    if (users_++ > 0) return;
    stopped_ = false;
    ticks_ = 0;
    timer_ = virEventAddTimeout(
        -1, [](int, void* self) { static_cast<EventLoop*>(self)->OnTimer(); },
        this, nullptr);
    thread_ = std::thread([this] {
      while (!stopped_) virEventRunDefaultImpl();
    });
  }

  void End() {
    const std::lock_guard lock(mutex_);
    if (--users_ > 0) return;
    // The way to wake the loop.
    virEventUpdateTimeout(timer_, 1);
    thread_.join();
    virEventRemoveTimeout(timer_);
  }

  // Lets some rounds pass, in which the loop puts away what closed connections
  // left for its idle time.
  void OnTimer() {
    if (++ticks_ == 3) stopped_ = true;
  }

  std::mutex mutex_;
  int users_ = 0;  // guarded by mutex_
  int timer_ = -1;
  int ticks_ = 0;  // the loop's thread's
  std::thread thread_;
  std::atomic<bool> stopped_ = false;
};

// Callbacks own a reference of their own to the listener: libvirt may be in one
// when the connection goes.
using ListenerReference = std::shared_ptr<Connection::Listener>;

void FreeReference(void* opaque) {
  delete static_cast<ListenerReference*>(opaque);
}

Connection::Listener& ListenerOf(void* opaque) {
  return **static_cast<ListenerReference*>(opaque);
}

std::string UuidOf(virDomain* domain) {
  char uuid[VIR_UUID_STRING_BUFLEN] = "";
  virDomainGetUUIDString(domain, uuid);
  return uuid;
}

// By VIR_DOMAIN_EVENT_*, then by its detail: libvirt numbers both from 0.
struct EventWords {
  LifecycleEvent event;
  std::vector<const char*> details;
};
const std::vector<EventWords>& Words() {
  using enum LifecycleEvent;
  static const auto* const words = new std::vector<EventWords>{
      {kChanged, {"defined", "updated", "renamed", "defined from snapshot"}},
      {kChanged, {"undefined", "renamed"}},
      {kStarted,
       {"booted", "migrated in", "restored", "from snapshot", "woken"}},
      {kSuspended,
       {"paused", "migrated", "I/O error", "watchdog", "restored paused",
        "from snapshot", "API error", "postcopy", "postcopy failed"}},
      {kResumed,
       {"unpaused", "migrated", "from snapshot", "postcopy",
        "postcopy failed"}},
      {kStopped,
       {"shut down", "destroyed", "crashed", "migrated away", "saved", "failed",
        "from snapshot"}},
      // It is going down; kStopped follows.
      {kChanged, {"shutting down", "shutting down", "shutting down"}},
      {kSuspended, {"asleep", "hibernating"}},
      {kStopped, {"panicked", "crash loaded"}},
  };
  return *words;
}

LifecycleCause CauseOf(int event, int detail) {
  const auto is = [&](int of, int with) {
    return event == of && detail == with;
  };
  // A move's last stage may be a start, or a resume of what was started before;
  // one that copies memory afterwards ends the pause with "postcopy".
  if (is(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_MIGRATED) ||
      is(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED) ||
      is(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY) ||
      is(VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_MIGRATED) ||
      is(VIR_DOMAIN_EVENT_RESUMED, VIR_DOMAIN_EVENT_RESUMED_POSTCOPY) ||
      is(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_MIGRATED)) {
    return LifecycleCause::kMigration;
  }
  if (is(VIR_DOMAIN_EVENT_STARTED, VIR_DOMAIN_EVENT_STARTED_RESTORED) ||
      is(VIR_DOMAIN_EVENT_SUSPENDED, VIR_DOMAIN_EVENT_SUSPENDED_RESTORED) ||
      is(VIR_DOMAIN_EVENT_STOPPED, VIR_DOMAIN_EVENT_STOPPED_SAVED)) {
    return LifecycleCause::kSavedState;
  }
  return LifecycleCause::kOther;
}

Lifecycle Describe(std::string uuid, int event, int detail) {
  static_assert(VIR_DOMAIN_EVENT_DEFINED == 0 &&
                VIR_DOMAIN_EVENT_STARTED == 2 &&
                VIR_DOMAIN_EVENT_STOPPED == 5 && VIR_DOMAIN_EVENT_CRASHED == 8);
  Lifecycle lifecycle{std::move(uuid), LifecycleEvent::kChanged, "unknown"};
  const auto row = static_cast<size_t>(event);
  if (row >= Words().size()) return lifecycle;
  lifecycle.event = Words()[row].event;
  const auto column = static_cast<size_t>(detail);
  if (column < Words()[row].details.size()) {
    lifecycle.detail = Words()[row].details[column];
  }
  lifecycle.cause = CauseOf(event, detail);
  return lifecycle;
}

int OnLifecycle(virConnect* /*connect*/, virDomain* domain, int event,
                int detail, void* opaque) {
  ListenerOf(opaque).OnLifecycle(Describe(UuidOf(domain), event, detail));
  return 0;
}

void OnMetadataChange(virConnect* /*connect*/, virDomain* domain, int /*type*/,
                      const char* /*uri*/, void* opaque) {
  ListenerOf(opaque).OnLifecycle(
      {UuidOf(domain), LifecycleEvent::kChanged, "metadata"});
}

void OnClose(virConnect* /*connect*/, int reason, void* opaque) {
  const char* why = "libvirt closed the connection";
  switch (reason) {
    case VIR_CONNECT_CLOSE_REASON_ERROR:
      why = "connection to libvirt lost: I/O error";
      break;
    case VIR_CONNECT_CLOSE_REASON_EOF:
      why = "connection to libvirt lost: end of file";
      break;
    case VIR_CONNECT_CLOSE_REASON_KEEPALIVE:
      why = "connection to libvirt lost: no answer to keepalive";
      break;
  }
  ListenerOf(opaque).OnClosed(why);
}

class LibvirtConnection final : public Connection {
 public:
  // Begins to listen. What the driver does not support is done without: the
  // list at intervals makes up for events, an error in it for the rest.
  LibvirtConnection(std::unique_ptr<EventLoop::User> loop,
                    ConnectHandle connect, const ListenerReference& listener)
      : loop_(std::move(loop)),
        listener_(listener),
        connect_(std::move(connect)) {
    // libvirt never frees what it is given here if the driver has no use for
    // it. But it holds a lock while it calls: after unregistering no call is
    // under way.
    virConnectRegisterCloseCallback(connect_.get(), OnClose, &listener_,
                                    nullptr);
    virConnectSetKeepAlive(connect_.get(), kKeepAliveSeconds, kKeepAliveCount);
    Register(VIR_DOMAIN_EVENT_ID_LIFECYCLE,
             VIR_DOMAIN_EVENT_CALLBACK(OnLifecycle), listener);
    Register(VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
             VIR_DOMAIN_EVENT_CALLBACK(OnMetadataChange), listener);
  }

  ~LibvirtConnection() override {
    for (const int id : callbacks_) {
      virConnectDomainEventDeregisterAny(connect_.get(), id);
    }
    virConnectUnregisterCloseCallback(connect_.get(), OnClose);
  }

  absl::StatusOr<std::vector<Domain>> ListDomains() override;

 private:
  void Register(int event, virConnectDomainEventGenericCallback callback,
                const ListenerReference& listener) {
    auto* reference = new ListenerReference(listener);
    const int id = virConnectDomainEventRegisterAny(
        connect_.get(), nullptr, event, callback, reference, FreeReference);
    if (id < 0) {
      FreeReference(reference);
    } else {
      callbacks_.push_back(id);
    }
  }

  // In this order: the connection is closed while the loop still runs.
  std::unique_ptr<EventLoop::User> loop_;
  ListenerReference listener_;
  ConnectHandle connect_;
  std::vector<int> callbacks_;
};

// What became of reading one domain.
enum class Reading { kDone, kSkip, kFailed };

Reading ReadState(virDomain* handle, Domain& domain) {
  const unsigned id = virDomainGetID(handle);
  // Not running any more, or Xen's domain 0: the host itself.
  if (id == static_cast<unsigned>(-1) || id == 0) return Reading::kSkip;
  domain.id = static_cast<int>(id);
  int state = VIR_DOMAIN_NOSTATE;
  int reason = 0;
  if (virDomainGetState(handle, &state, &reason, 0) < 0) {
    // Gone since it was listed.
    return LastErrorCode() == VIR_ERR_NO_DOMAIN ? Reading::kSkip
                                                : Reading::kFailed;
  }
  switch (state) {
    case VIR_DOMAIN_RUNNING:
    case VIR_DOMAIN_BLOCKED:
      domain.state = DomainState::kRunning;
      return Reading::kDone;
    case VIR_DOMAIN_PAUSED:
    case VIR_DOMAIN_PMSUSPENDED:
      domain.state = DomainState::kPaused;
      return Reading::kDone;
    default:
      return Reading::kSkip;
  }
}

Reading ReadMetadata(virDomain* handle, Domain& domain) {
  char* xml =
      virDomainGetMetadata(handle, VIR_DOMAIN_METADATA_ELEMENT,
                           kMetadataNamespace, VIR_DOMAIN_AFFECT_CURRENT);
  if (xml != nullptr) {
    const absl::Cleanup free_xml = [xml] { free(xml); };
    ReadDomainMetadata(xml, domain);
    return Reading::kDone;
  }
  switch (LastErrorCode()) {
    case VIR_ERR_NO_DOMAIN:
      return Reading::kSkip;
    case VIR_ERR_NO_DOMAIN_METADATA:
    case VIR_ERR_NO_SUPPORT:
      return Reading::kDone;
    default:
      return Reading::kFailed;
  }
}

absl::StatusOr<std::vector<Domain>> LibvirtConnection::ListDomains() {
  virDomainPtr* list = nullptr;
  const int count = virConnectListAllDomains(connect_.get(), &list,
                                             VIR_CONNECT_LIST_DOMAINS_ACTIVE);
  if (count < 0) return LastError();
  std::vector<DomainHandle> handles(list, list + count);
  free(list);

  std::vector<Domain> domains;
  for (const DomainHandle& handle : handles) {
    Domain domain;
    domain.uuid = UuidOf(handle.get());
    domain.name = virDomainGetName(handle.get());
    Reading reading = ReadState(handle.get(), domain);
    if (reading == Reading::kDone) reading = ReadMetadata(handle.get(), domain);
    if (reading == Reading::kFailed) return LastError();
    if (reading == Reading::kDone) domains.push_back(std::move(domain));
  }
  std::sort(domains.begin(), domains.end(),
            [](const Domain& a, const Domain& b) { return a.uuid < b.uuid; });
  return domains;
}

absl::StatusOr<std::unique_ptr<Connection>> ConnectTo(
    const std::string& uri, const ListenerReference& listener) {
  if (uri.empty()) {
    return absl::InvalidArgumentError(
        "no libvirt URI is given, e.g. xen:///system");
  }
  // libxml2 prints what it cannot open; who did this is known per thread.
  xmlSetGenericErrorFunc(nullptr, IgnoreXmlError);
  // Before the connection: libvirt takes the event loop that it finds then.
  auto loop = std::make_unique<EventLoop::User>();
  ConnectHandle connect(virConnectOpenReadOnly(uri.c_str()));
  if (connect == nullptr) return LastError();
  return std::make_unique<LibvirtConnection>(std::move(loop),
                                             std::move(connect), listener);
}

}  // namespace

std::unique_ptr<Hypervisor> MakeLibvirtHypervisor(
    const LibvirtOptions& options) {
  WatchingHypervisor::Options watching;
  watching.refresh = options.refresh;
  watching.retry_first = options.retry_first;
  watching.retry_longest = options.retry_longest;
  watching.seed =
      std::hash<std::string>()(options.uri) ^ static_cast<uint64_t>(getpid());
  return std::make_unique<WatchingHypervisor>(
      [uri = options.uri](const ListenerReference& listener) {
        return ConnectTo(uri, listener);
      },
      watching);
}

}  // namespace noonmark
