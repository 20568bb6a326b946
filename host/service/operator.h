#ifndef NOONMARK_HOST_SERVICE_OPERATOR_H_
#define NOONMARK_HOST_SERVICE_OPERATOR_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/correct/order.h"

namespace noonmark {

// What an operator may order, for the API: each call returns at once and says
// later what came of it, on another thread. `done` is called once; never, if
// noonmarkd stops before. Guests are named by their UUIDs.
//
// Errors: as Corrections' calls of the same names.
class Operator {
 public:
  using Begun = std::function<void(const absl::StatusOr<OperationId>&)>;
  using Done = std::function<void(const absl::Status&)>;

  virtual ~Operator() = default;
  virtual void Correct(const std::string& guest, Begun done) = 0;
  virtual void Quiesce(const std::string& guest, absl::Duration lease,
                       Begun done) = 0;
  virtual void Resume(const std::string& guest, Begun done) = 0;
  virtual void Hold(const std::string& guest, const std::string& why,
                    Done done) = 0;
  virtual void Release(const std::string& guest, Done done) = 0;
  virtual void HoldAll(const std::string& why, Done done) = 0;
  virtual void ReleaseAll(Done done) = 0;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_OPERATOR_H_
