#include "guest/service/order_desk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/rpc/caller.h"
#include "common/sync/mutex.h"

namespace noonmark {
namespace {

grpc::Status WhyNoAnswer(const absl::Status& status) {
  const std::string why(status.message());
  switch (status.code()) {
    case absl::StatusCode::kNotFound:
      return {grpc::StatusCode::FAILED_PRECONDITION,
              absl::StrCat("nobody in this guest may correct its clock: ", why,
                           "; install noonmark-corrector there and start "
                           "noonmark-corrector.service")};
    case absl::StatusCode::kResourceExhausted:
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, why};
    default:
      return {grpc::StatusCode::UNAVAILABLE,
              absl::StrCat("whether the order was heard is not known: ", why,
                           "; ask for the status")};
  }
}

}  // namespace

// Lets an answer in as long as the desk is there.
class OrderDesk::Door {
 public:
  Door(OrderDesk* desk, Post post) : desk_(desk), post_(std::move(post)) {}

  // Any thread.
  void Bring(const std::shared_ptr<Door>& self, uint64_t number,
             absl::StatusOr<OperationStatus> answer) {
    MutexLock lock(mutex_);
    if (desk_ == nullptr) return;
    post_([self, number, answer = std::move(answer)] {
      self->HandOver(number, answer);
    });
  }
  void Close() {
    MutexLock lock(mutex_);
    desk_ = nullptr;
  }

 private:
  // The loop's thread, on which the desk is closed too.
  void HandOver(uint64_t number,
                const absl::StatusOr<OperationStatus>& answer) {
    OrderDesk* desk;
    {
      MutexLock lock(mutex_);
      desk = desk_;
    }
    if (desk != nullptr) desk->OnAnswer(number, answer);
  }

  Mutex mutex_;
  OrderDesk* desk_ ABSL_GUARDED_BY(mutex_);
  const Post post_ ABSL_GUARDED_BY(mutex_);
};

OrderDesk::~OrderDesk() {
  if (door_ != nullptr) door_->Close();
}

void OrderDesk::Start(v1::AgentService::AsyncService* service,
                      grpc::ServerCompletionQueue* queue, Post post) {
  service_ = service;
  queue_ = queue;
  door_ = std::make_shared<Door>(this, std::move(post));
  Accept(OrderCall::Quiesce(this));
  Accept(OrderCall::Correct(this));
  Accept(OrderCall::Resume(this));
  Accept(OrderCall::Status(this));
}

void OrderDesk::Stop() {
  stopping_ = true;
  if (door_ != nullptr) door_->Close();
  for (const auto& [number, call] : std::exchange(asked_, {})) {
    call->Fail({grpc::StatusCode::UNAVAILABLE, "the agent is stopping"});
  }
}

grpc::Status OrderDesk::OnOrder(OrderCall* call,
                                const grpc::ServerContext& context,
                                absl::string_view method) {
  Accept(call->Another());
  // The first thing that is asked of every order, and the one place where it
  // is.
  if (grpc::Status status = MayHandle(
          CallerOf(*context.auth_context(), local_, CallerByRole), method);
      !status.ok()) {
    return status;
  }
  if (asked_.size() >= kMostOrders) {
    return {grpc::StatusCode::RESOURCE_EXHAUSTED,
            absl::StrCat(kMostOrders, " orders wait for their answers")};
  }
  return grpc::Status::OK;
}

void OrderDesk::OnDecoded(OrderCall* call, const Order& order) {
  const uint64_t number = ++last_number_;
  asked_[number] = call;
  if (corrector_ == nullptr) {
    return OnAnswer(number,
                    absl::NotFoundError("the agent was told of no corrector"));
  }
  corrector_->Ask(
      order, [door = door_, number](absl::StatusOr<OperationStatus> answer) {
        door->Bring(door, number, std::move(answer));
      });
}

void OrderDesk::OnAnswer(uint64_t number,
                         const absl::StatusOr<OperationStatus>& answer) {
  const auto it = asked_.find(number);
  if (it == asked_.end()) return;
  OrderCall* const call = it->second;
  asked_.erase(it);
  if (answer.ok()) {
    call->Answer(*answer);
  } else {
    call->Fail(WhyNoAnswer(answer.status()));
  }
}

void OrderDesk::OnEnded(OrderCall* call) {
  calls_.erase(std::find_if(calls_.begin(), calls_.end(),
                            [call](const std::unique_ptr<OrderCall>& each) {
                              return each.get() == call;
                            }));
}

void OrderDesk::Accept(std::unique_ptr<OrderCall> call) {
  calls_.push_back(std::move(call));
  calls_.back()->Accept(service_, queue_);
}

}  // namespace noonmark
