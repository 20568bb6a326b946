#ifndef NOONMARK_GUEST_CORRECTOR_MESSAGE_H_
#define NOONMARK_GUEST_CORRECTOR_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/correct/order.h"

namespace noonmark {

// What noonmark-agent and noonmark-corrector say to each other: a question and
// its answer, each one packet of a fixed size over a unix socket of packets.
// Both are of one machine and one package, so bytes stand in its own order; the
// version tells a half-made upgrade.

inline constexpr char kCorrectorSocket[] =
    "/run/noonmark-corrector/corrector.sock";

// Somebody set the clock and a service suffers: reload it, start it if it
// failed, and run the action that its profile has for that.
struct ReloadRequest {
  std::string profile;
};

struct CorrectorRequest {
  uint64_t number = 0;  // comes back with the answer
  std::variant<Order, ReloadRequest> what;
};

struct CorrectorAnswer {
  uint64_t number = 0;
  // An order's status, or whether a reload was begun; kFailedPrecondition says
  // why it was not.
  std::variant<OperationStatus, absl::Status> what;
};

inline constexpr size_t kRequestBytes = 136;
inline constexpr size_t kAnswerBytes = 1920;

// Names that are too long are cut and what is not printable ASCII becomes "?";
// more than kMostServices services are left out. The corrector refuses what
// makes no sense.
std::string EncodeRequest(const CorrectorRequest& request);
std::string EncodeAnswer(const CorrectorAnswer& answer);

// Every field is checked: the size of the packet, its version, enumerations,
// characters of names, and that what a kind doesn't use is zero. Amounts and
// durations may be any; limits are the state machine's.
//
// Errors: kInvalidArgument, with the field's name.
absl::StatusOr<CorrectorRequest> DecodeRequest(std::string_view packet);
absl::StatusOr<CorrectorAnswer> DecodeAnswer(std::string_view packet);

}  // namespace noonmark

#endif  // NOONMARK_GUEST_CORRECTOR_MESSAGE_H_
