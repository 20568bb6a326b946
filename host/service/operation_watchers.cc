#include "host/service/operation_watchers.h"

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "host/service/operation_wire.h"
#include "host/service/report.h"

namespace noonmark {
namespace {

// The operation that is meant, as the snapshot has it.
//
// Errors: as SelectGuest(); kNotFound where the guest has no such operation.
absl::StatusOr<v1::Operation> Find(const HostSnapshot& snapshot,
                                   const std::string& selector,
                                   const std::string& id,
                                   const ClockReading& now) {
  const absl::StatusOr<const GuestRow*> row = SelectGuest(snapshot, selector);
  if (!row.ok()) return row.status();
  if (snapshot.correction != nullptr) {
    const auto& operations = snapshot.correction->operations;
    const auto it = operations.find((*row)->domain.uuid);
    if (it != operations.end()) {
      v1::Operation operation;
      FillOperation(it->second, (*row)->policy.intended_offset, now, operation);
      if (id.empty() || operation.id() == id) return operation;
    }
  }
  return absl::NotFoundError(
      absl::StrCat((*row)->domain.name, " has no ",
                   id.empty() ? "operation since noonmarkd's start"
                              : absl::StrCat("operation ", id, " (any more)")));
}

// What one call was told.
class Told {
 public:
  Told(Clock& clock, const v1::WatchOperationRequest& request)
      : clock_(clock),
        selector_(request.selector()),
        id_(request.operation_id()) {}

  WatchWord operator()(const HostSnapshot& latest,
                       v1::WatchOperationResponse& response) {
    WatchWord word;
    absl::StatusOr<v1::Operation> found =
        Find(latest, selector_, id_, clock_.Read());
    if (!found.ok()) {
      word.status = {static_cast<grpc::StatusCode>(found.status().code()),
                     std::string(found.status().message())};
      return word;
    }
    id_ = found->id();
    // The same but for its age.
    v1::Operation compared = *found;
    compared.clear_lasted();
    compared.clear_begun();
    std::string words;
    compared.SerializeToString(&words);
    if (words == words_) return word;
    words_ = std::move(words);
    *response.mutable_operation() = *std::move(found);
    word.tells = true;
    word.ends = response.operation().over();
    return word;
  }

 private:
  Clock& clock_;
  std::string selector_;
  std::string id_;
  std::string words_;
};

}  // namespace

OperationWatchers::OperationWatchers(SnapshotBoard& board, Clock& clock)
    : clock_(clock),
      watchers_(board,
                "as many watch already as noonmarkd serves at once; noonmark "
                "report shows operations too") {}

grpc::ServerWriteReactor<v1::WatchOperationResponse>* OperationWatchers::Add(
    const v1::WatchOperationRequest& request) {
  return watchers_.Add(Told(clock_, request));
}

}  // namespace noonmark
