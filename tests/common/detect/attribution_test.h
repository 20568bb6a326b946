#ifndef NOONMARK_TESTS_COMMON_DETECT_ATTRIBUTION_TEST_H_
#define NOONMARK_TESTS_COMMON_DETECT_ATTRIBUTION_TEST_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/time/time.h"
#include "tests/common/detect/watched_guest.h"

namespace noonmark::testing {

inline constexpr absl::Duration kTwoTo42 = absl::Nanoseconds(int64_t{1} << 42);

// A guest that was found well for some polls.
class AttributionTest : public ::testing::Test {
 protected:
  AttributionTest() {
    w_.Polls(3);
    EXPECT_EQ(w_.guest.verdict(), Verdict::kOk);
    EXPECT_THAT(w_.Codes(), ::testing::IsEmpty());
  }
  Interval SizeOf(FindingCode code) {
    return w_.Get(code).size.value_or(Interval());
  }
  std::string SignatureOf(FindingCode code) {
    const Signature* signature = w_.Get(code).signature;
    return signature == nullptr ? "" : signature->name;
  }

  WatchedGuest w_;
};

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_COMMON_DETECT_ATTRIBUTION_TEST_H_
