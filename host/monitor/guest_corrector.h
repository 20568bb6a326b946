#ifndef NOONMARK_HOST_MONITOR_GUEST_CORRECTOR_H_
#define NOONMARK_HOST_MONITOR_GUEST_CORRECTOR_H_

#include <memory>
#include <optional>
#include <string>

#include "common/correct/host_act.h"
#include "common/correct/order.h"
#include "common/estimate/exchange.h"
#include "common/estimate/interval.h"
#include "common/time/monotonic_time.h"
#include "host/monitor/snapshot.h"

namespace noonmark {

// What a burst showed, for whoever is about to move a clock by it.
struct BurstReport {
  std::string guest;  // its UUID
  Verdict verdict = Verdict::kUnknown;
  // All of its samples were taken after this moment.
  MonotonicTime begun;
  // Guest minus host, proven by this burst alone. Absent: it proved none.
  std::optional<Interval> offset;
  // The guest's last answer in it.
  GuestReading last;
};

// What whoever corrects may ask of the monitor. Guests are named by their
// UUIDs.
class GuestHands {
 public:
  virtual ~GuestHands() = default;
  // The answer, if one comes, by GuestCorrector::OnStatus(). False: nobody is
  // connected, and nothing was sent.
  virtual bool GiveOrder(const std::string& guest, const Order& order) = 0;
  // A burst as soon as may be, told by GuestCorrector::OnBurst().
  virtual void MeasureNow(const std::string& guest) = 0;
  // What is known of it at this moment. Null: there is no such guest.
  virtual std::shared_ptr<const GuestRow> RowOf(const std::string& guest) = 0;
  // The host's own standing.
  virtual HostView HostNow() = 0;
  // GuestCorrector::Tick() is wanted then, if not earlier.
  virtual void TickAt(MonotonicTime when) = 0;
  // What is published of corrections has changed. At once: whoever is told of
  // it next shall find it.
  virtual void PublishSoon() = 0;
  virtual void PublishNow() = 0;
};

// Whoever corrects, as the monitor sees it: told of what happens, on the
// monitor's thread, and asked what to publish of it.
class GuestCorrector {
 public:
  virtual ~GuestCorrector() = default;

  // Before all other calls; they last as long as the monitor.
  virtual void Begin(GuestHands& hands) = 0;

  virtual void OnBurst(const BurstReport& burst, MonotonicTime now) = 0;
  virtual void OnStatus(const std::string& guest, const OperationStatus& status,
                        MonotonicTime now) = 0;
  virtual void OnLife(const std::string& guest, DomainLife life,
                      MonotonicTime now) = 0;
  // The host's standing may be another; `stepped`: it was set just now.
  virtual void OnHost(bool stepped, MonotonicTime now) = 0;

  // Does what is due; when the time asked for has come, or earlier.
  virtual void Tick(MonotonicTime now) = 0;

  // `snapshot` is about to be published. Returns what is published of
  // corrections with it; never null.
  virtual std::shared_ptr<const CorrectionView> OnSnapshot(
      const HostSnapshot& snapshot, MonotonicTime now) = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_MONITOR_GUEST_CORRECTOR_H_
