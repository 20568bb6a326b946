#ifndef NOONMARK_GUEST_SERVICE_CORRECTOR_H_
#define NOONMARK_GUEST_SERVICE_CORRECTOR_H_

#include <functional>

#include "absl/status/statusor.h"
#include "common/correct/order.h"

namespace noonmark {

// The seam to whoever has the rights that the agent lacks: all orders go there
// as they came.
class Corrector {
 public:
  using Answer = std::function<void(absl::StatusOr<OperationStatus>)>;
  virtual ~Corrector() = default;

  // Never waits. `answer` is called once, within a few seconds by a clock that
  // nobody sets, on any thread, even from within this call. An order that was
  // refused is an answer.
  //
  // Errors:
  //   kNotFound           there is none to be asked: nothing was done.
  //   kResourceExhausted  too many questions wait: nothing was done.
  //   others              whether the order was heard is not known.
  virtual void Ask(const Order& order, Answer answer) = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_CORRECTOR_H_
