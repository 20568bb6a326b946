#include "common/detect/finding.h"

#include <gtest/gtest.h>

#include <set>
#include <string_view>

#include "absl/time/time.h"

namespace noonmark {
namespace {

constexpr absl::Duration kNs = absl::Nanoseconds(1);

TEST(FindingCodeTest, HasANameOfItsOwnInKebabCase) {
  std::set<std::string_view> names;
  int last = -1;
  for (const FindingCode code : AllFindingCodes()) {
    EXPECT_EQ(static_cast<int>(code), ++last);  // all, in their order
    const std::string_view name = CodeName(code);
    EXPECT_FALSE(name.empty());
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-"),
              std::string_view::npos);
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(CodeName(FindingCode::kCounterJump), "counter-jump");
}

TEST(SeverityTest, IsDecidedByWhatIsCertain) {
  const Thresholds t;
  const auto of = [&](absl::Duration lo, absl::Duration hi) {
    return SeverityOf({lo, hi}, t);
  };
  const absl::Duration far = absl::Hours(1);
  EXPECT_EQ(of(t.warning, far), Severity::kInfo);
  EXPECT_EQ(of(t.warning + kNs, far), Severity::kWarning);
  EXPECT_EQ(of(t.fault, far), Severity::kWarning);
  EXPECT_EQ(of(t.fault + kNs, far), Severity::kFault);
  EXPECT_EQ(of(-far, -t.warning), Severity::kInfo);
  EXPECT_EQ(of(-far, -t.warning - kNs), Severity::kWarning);
  EXPECT_EQ(of(-far, -t.fault - kNs), Severity::kFault);
  EXPECT_EQ(of(-far, far), Severity::kInfo);
}

}  // namespace
}  // namespace noonmark
