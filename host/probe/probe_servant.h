#ifndef NOONMARK_HOST_PROBE_PROBE_SERVANT_H_
#define NOONMARK_HOST_PROBE_PROBE_SERVANT_H_

#include <functional>
#include <map>
#include <memory>

#include "host/guests/guest_link.h"
#include "host/probe/probe_message.h"

namespace noonmark {

// The worker's side: does what noonmarkd orders, by a dialer, and tells what
// comes of it. All on the dialer's thread.
class ProbeServant {
 public:
  // `dialer` outlives it. `tell` must not call it back.
  ProbeServant(GuestDialer& dialer, std::function<void(const ProbeNews&)> tell);
  ~ProbeServant();

  // Orders for a link that is over are late, and no fault: nothing happens.
  void Obey(const ProbeOrder& order);
  // Ends all connections; tells nothing of it.
  void Stop();

 private:
  class Link;
  // From a link, within its own call.
  void OnOver(LinkId link);

  GuestDialer& dialer_;
  const std::function<void(const ProbeNews&)> tell_;
  std::map<LinkId, std::unique_ptr<Link>> links_;
  // Over, and to be destroyed outside of their own calls.
  std::unique_ptr<Link> over_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_PROBE_PROBE_SERVANT_H_
