#ifndef NOONMARK_COMMON_TRUST_DENY_LIST_H_
#define NOONMARK_COMMON_TRUST_DENY_LIST_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/trust/key_hash.h"

namespace noonmark {

// Keys that are trusted no more, whatever certificate they have. A list without
// dates, unlike a CRL: it means the same to a machine whose clock is wrong.
//
//   # Lines of comment, empty lines, and, for each key:
//   sha256:HEX   # who, when, why
class DenyList {
 public:
  DenyList() = default;

  // Whole or not at all: a list of which a line is damaged may lack the very
  // key that matters.
  //
  // Errors: kInvalidArgument, with the line's number and what it should be.
  static absl::StatusOr<DenyList> Parse(absl::string_view text);

  bool Contains(const KeyHash& key) const { return keys_.count(key) > 0; }
  size_t size() const { return keys_.size(); }

 private:
  std::set<KeyHash> keys_;
};

// "sha256:HEX", lower case.
std::string FormatKeyHash(const KeyHash& key);

// A line of a deny-list, with its end. `remark` is made to fit in it.
std::string DenyLine(const KeyHash& key, absl::string_view remark);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_TRUST_DENY_LIST_H_
