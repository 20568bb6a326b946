#ifndef NOONMARK_COMMON_RUNTIME_DESCRIPTOR_LIMIT_H_
#define NOONMARK_COMMON_RUNTIME_DESCRIPTOR_LIMIT_H_

namespace noonmark {

// As many descriptors as this process may have: a connection needs one.
void RaiseDescriptorLimit();

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_DESCRIPTOR_LIMIT_H_
