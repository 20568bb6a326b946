#ifndef NOONMARK_GUEST_SERVICE_METHOD_TAG_H_
#define NOONMARK_GUEST_SERVICE_METHOD_TAG_H_

#include "common/rpc/completion_loop.h"

namespace noonmark {

// Brings a completion to a method of its owner, of which it is a part.
template <typename Owner>
class MethodTag final : public CompletionTag {
 public:
  using Method = void (Owner::*)(bool ok);
  MethodTag(Owner* owner, Method method) : owner_(owner), method_(method) {}
  MethodTag(const MethodTag&) = delete;
  MethodTag& operator=(const MethodTag&) = delete;

  void Complete(bool ok) override { (owner_->*method_)(ok); }

  // What gRPC is given: the loop takes it for a CompletionTag.
  void* tag() { return static_cast<CompletionTag*>(this); }

 private:
  Owner* const owner_;
  const Method method_;
};

}  // namespace noonmark

#endif  // NOONMARK_GUEST_SERVICE_METHOD_TAG_H_
