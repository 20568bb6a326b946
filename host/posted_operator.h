#ifndef NOONMARK_HOST_POSTED_OPERATOR_H_
#define NOONMARK_HOST_POSTED_OPERATOR_H_

#include <functional>
#include <string>
#include <utility>

#include "host/correct/corrections.h"
#include "host/service/operator.h"

namespace noonmark {

// From the API's threads to the monitor's, on which corrections are made.
class PostedOperator final : public Operator {
 public:
  // Runs a function on the monitor's thread, or never: see CompletionLoop.
  using Post = std::function<void(std::function<void()>)>;

  // Both must outlive it.
  PostedOperator(Post post, Corrections& corrections)
      : post_(std::move(post)), corrections_(corrections) {}

  void Correct(const std::string& guest, Begun done) override {
    post_([this, guest, done = std::move(done)] {
      done(corrections_.Correct(guest));
    });
  }
  void Quiesce(const std::string& guest, absl::Duration lease,
               Begun done) override {
    post_([this, guest, lease, done = std::move(done)] {
      done(corrections_.Quiesce(guest, lease));
    });
  }
  void Resume(const std::string& guest, Begun done) override {
    post_([this, guest, done = std::move(done)] {
      done(corrections_.Resume(guest));
    });
  }
  void Hold(const std::string& guest, const std::string& why,
            Done done) override {
    post_([this, guest, why, done = std::move(done)] {
      done(corrections_.Hold(guest, why));
    });
  }
  void Release(const std::string& guest, Done done) override {
    post_([this, guest, done = std::move(done)] {
      done(corrections_.Release(guest));
    });
  }
  void HoldAll(const std::string& why, Done done) override {
    post_([this, why, done = std::move(done)] {
      done(corrections_.HoldAll(why));
    });
  }
  void ReleaseAll(Done done) override {
    post_([this, done = std::move(done)] { done(corrections_.ReleaseAll()); });
  }

 private:
  const Post post_;
  Corrections& corrections_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_POSTED_OPERATOR_H_
