#ifndef NOONMARK_HOST_PROBE_PROBE_WORKER_H_
#define NOONMARK_HOST_PROBE_PROBE_WORKER_H_

#include "host/probe/probe_message.h"

namespace noonmark {

// Who speaks with guests for us: the seam to the worker's process.
class ProbeWorker {
 public:
  virtual ~ProbeWorker() = default;
  // Never waits. False: there is none just now, and nothing was sent; another
  // is started soon.
  virtual bool Send(const ProbeOrder& order) = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_PROBE_PROBE_WORKER_H_
