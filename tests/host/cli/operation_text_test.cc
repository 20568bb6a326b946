#include "host/cli/operation_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/host/cli/messages.h"

namespace noonmark::cli {
namespace {

using ::noonmark::testing::FromText;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

v1::Operation Corrected() {
  return FromText<v1::Operation>(R"(
id: "6e6f6f6e-6d61-4b00-8000-000000000001"
by_order: true corrects: true quiesces: true
method: CORRECTION_METHOD_STEP
phase: "closed" words: "the clock is right" over: true
result: "corrected" reason: "none"
before { lo { seconds: 4398 nanos: 46500000 } hi { seconds: 4398 nanos: 46520000 } }
after { lo { nanos: -5000 } hi { nanos: 15000 } }
fate: "moved" moved { seconds: -4398 nanos: -46511104 }
mail_at_rest { seconds: 2 nanos: 340000000 }
lasted { seconds: 5 nanos: 120000000 })");
}

TEST(OperationTextTest, TellsWhatWasDoneAndWhatItCost) {
  EXPECT_EQ(OperationText("mail-1", "dom0-a", Corrected(), Style()),
            "mail-1 on dom0-a: corrected: its clock was set back by "
            "4398.046511 s.\n"
            "  before        +4398.046510 s ± 0.000010 s\n"
            "  after         +0.000005 s ± 0.000010 s\n"
            "  mail at rest  2.3 s\n"
            "  took          5.1 s\n"
            "  operation     6e6f6f6e-6d61-4b00-8000-000000000001\n");
  EXPECT_TRUE(HasSucceeded(Corrected()));
}

TEST(OperationTextTest, SaysThatAGuestIsHeldAndWhatToDo) {
  v1::Operation operation = Corrected();
  operation.set_held(true);
  operation.set_reason("resume-failed");
  v1::ServiceStatus* service = operation.add_services();
  service->set_unit("dovecot.service");
  service->set_state(v1::SERVICE_STATE_FAILED);
  const std::string text =
      OperationText("mail-1", "dom0-a", operation, Style());
  EXPECT_THAT(text, StartsWith("mail-1 on dom0-a: HELD (resume-failed): its "
                               "clock was set back by"));
  EXPECT_THAT(text, HasSubstr("noonmark release mail-1."));
  EXPECT_THAT(text, HasSubstr("still down    dovecot.service\n"));
  EXPECT_FALSE(HasSucceeded(operation));
  operation.set_fate("unknown");
  EXPECT_THAT(OperationText("mail-1", "dom0-a", operation, Style()),
              ContainsRegex("nobody knows whether its clock was\\s+moved"));
}

TEST(OperationTextTest, SaysWhyNothingWasMoved) {
  v1::Operation operation = Corrected();
  operation.set_result("not-corrected");
  operation.set_reason("refused");
  operation.set_refusal("would-not-stop");
  operation.set_refusal_meaning("A service would not stop.");
  operation.set_fate("not-moved");
  operation.clear_after();
  operation.clear_moved();
  const std::string text =
      OperationText("mail-1", "dom0-a", operation, Style());
  EXPECT_THAT(text, StartsWith("mail-1 on dom0-a: not corrected (refused: "
                               "would-not-stop): its clock was not"));
  EXPECT_THAT(text, HasSubstr("why           A service would not stop.\n"));
  EXPECT_THAT(text, Not(HasSubstr("after")));
  EXPECT_FALSE(HasSucceeded(operation));
}

TEST(OperationTextTest, SaysThatAMoveWasNotMeasured) {
  v1::Operation operation = Corrected();
  operation.clear_after();
  EXPECT_THAT(OperationText("mail-1", "dom0-a", operation, Style()),
              HasSubstr("after         not measured\n"));
}

TEST(OperationTextTest, TellsOfRestWithoutACorrection) {
  v1::Operation operation = Corrected();
  operation.set_corrects(false);
  operation.set_result("not-corrected");
  operation.set_reason("cancelled");
  operation.clear_before();
  operation.clear_after();
  operation.set_fate("not-moved");
  EXPECT_THAT(OperationText("mail-1", "dom0-a", operation, Style()),
              StartsWith("mail-1 on dom0-a: its services are back.\n"));
  EXPECT_TRUE(HasSucceeded(operation));
  operation.set_over(false);
  operation.set_words("mail rests");
  EXPECT_THAT(OperationText("mail-1", "dom0-a", operation, Style()),
              StartsWith("mail-1 on dom0-a: mail rests.\n"));
  EXPECT_FALSE(HasSucceeded(operation));
}

TEST(OperationTextTest, ShowsProgressOnALine) {
  v1::Operation operation = Corrected();
  operation.set_words("mail\x1b rests");
  EXPECT_EQ(ProgressLine(operation), "   5.1 s  mail\\x1b rests\n");
}

TEST(OperationTextTest, SaysWhatIsUnderWay) {
  v1::Operation operation = Corrected();
  EXPECT_EQ(UnderWayText(operation), "");
  EXPECT_EQ(UnderWayText(v1::Operation()), "");
  operation.set_over(false);
  EXPECT_EQ(UnderWayText(operation), "being corrected: the clock is right");
  operation.set_corrects(false);
  EXPECT_EQ(UnderWayText(operation), "at rest by order: the clock is right");
}

}  // namespace
}  // namespace noonmark::cli
