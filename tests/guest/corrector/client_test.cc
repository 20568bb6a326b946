#include "guest/corrector/client.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/runtime/system_clock.h"
#include "tests/support/corrector_socket.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temporary_directory.h"

namespace noonmark {
namespace {

using ::noonmark::testing::CorrectorSocket;
using ::noonmark::testing::FakeClock;
using ::noonmark::testing::IsOk;
using ::noonmark::testing::StatusIs;
using ::noonmark::testing::TemporaryDirectory;

class CorrectorClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<CorrectorClient> Client() {
    return std::make_unique<CorrectorClient>(&clock_, path_, absl::Minutes(1));
  }
  static std::future<absl::StatusOr<OperationStatus>> Ask(
      CorrectorClient& client, const Order& order = StatusOrder{}) {
    auto promise =
        std::make_shared<std::promise<absl::StatusOr<OperationStatus>>>();
    client.Ask(order, [promise](absl::StatusOr<OperationStatus> answer) {
      promise->set_value(std::move(answer));
    });
    return promise->get_future();
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_.Path("corrector.sock");
  SystemClock clock_;
};

TEST_F(CorrectorClientTest, BringsTheAnswerToEachQuestionInTurn) {
  CorrectorSocket corrector(path_);
  const auto client = Client();
  auto first = Ask(*client);
  auto second = Ask(*client, ResumeOrder{});
  corrector.Accept();
  for (const uint64_t epoch : {11, 12}) {
    const auto request = corrector.Hear();
    ASSERT_TRUE(request.has_value());
    corrector.Answer(request->number, epoch);
  }
  const auto one = first.get();
  const auto two = second.get();
  ASSERT_THAT(one, IsOk());
  ASSERT_THAT(two, IsOk());
  EXPECT_EQ(one->epoch, 11u);
  EXPECT_EQ(two->epoch, 12u);
}

TEST_F(CorrectorClientTest, FindsACorrectorThatWasRestarted) {
  const auto client = Client();
  for (const uint64_t epoch : {1, 2}) {
    CorrectorSocket corrector(path_);
    auto answer = Ask(*client);
    corrector.Accept();
    const auto request = corrector.Hear();
    ASSERT_TRUE(request.has_value());
    corrector.Answer(request->number, epoch);
    const auto came = answer.get();
    ASSERT_THAT(came, IsOk());
    EXPECT_EQ(came->epoch, epoch);
  }
}

TEST_F(CorrectorClientTest, SaysWhenNobodyListens) {
  const auto client = Client();
  EXPECT_THAT(Ask(*client).get(), StatusIs(absl::StatusCode::kNotFound, path_));
}

TEST_F(CorrectorClientTest, SaysWhenTheCorrectorWentAwayBeforeItAnswered) {
  CorrectorSocket corrector(path_);
  const auto client = Client();
  auto answer = Ask(*client);
  corrector.Accept();
  corrector.Hear();
  corrector.HangUp();
  EXPECT_THAT(answer.get(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(CorrectorClientTest, DoesNotSayThatNobodyHeardWhatSomebodyMayHaveHeard) {
  CorrectorSocket corrector(path_);
  const auto client = Client();
  auto before = Ask(*client);
  corrector.Accept();
  corrector.Answer(corrector.Hear()->number, 1);
  ASSERT_THAT(before.get(), IsOk());
  auto answer = Ask(*client);
  ASSERT_TRUE(corrector.Hear().has_value());
  corrector.StopListening();
  corrector.HangUp();
  EXPECT_THAT(answer.get(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(CorrectorClientTest, WaitsNoLongerThanItsLimitAndTakesNoLateAnswer) {
  CorrectorSocket corrector(path_);
  FakeClock clock;
  CorrectorClient client(&clock, path_, absl::Minutes(1));
  auto answer = Ask(client);
  corrector.Accept();
  ASSERT_TRUE(corrector.Hear().has_value());
  clock.Advance(absl::Minutes(1));
  auto next = Ask(client);  // it looks at its clock when it is woken
  EXPECT_THAT(answer.get(), StatusIs(absl::StatusCode::kDeadlineExceeded));
  // It hung up: an answer now would reach nobody.
  EXPECT_FALSE(corrector.Hear().has_value());
}

TEST_F(CorrectorClientTest, TakesNoAnswerToAnotherQuestionAndNoNonsense) {
  CorrectorSocket corrector(path_);
  const auto client = Client();
  auto other = Ask(*client);
  corrector.Accept();
  auto request = corrector.Hear();
  ASSERT_TRUE(request.has_value());
  corrector.Answer(request->number + 1, 1);
  EXPECT_THAT(other.get(), StatusIs(absl::StatusCode::kInternal, "another"));

  auto nonsense = Ask(*client);
  corrector.Accept();
  request = corrector.Hear();
  ASSERT_TRUE(request.has_value());
  corrector.Say(std::string(kAnswerBytes, 'x'));
  EXPECT_THAT(nonsense.get(),
              StatusIs(absl::StatusCode::kInternal, "beginning"));
}

TEST_F(CorrectorClientTest, RefusesOneQuestionTooManyAndAnswersAllOthers) {
  CorrectorSocket corrector(path_);
  const auto client = Client();
  auto first = Ask(*client);
  corrector.Accept();
  auto request = corrector.Hear();  // the thread is busy with it now
  std::vector<std::future<absl::StatusOr<OperationStatus>>> waiting;
  for (size_t i = 0; i < CorrectorClient::kMostQuestions; ++i) {
    waiting.push_back(Ask(*client));
  }
  auto too_many = Ask(*client);
  corrector.Answer(request->number, 1);
  for (size_t i = 0; i < waiting.size(); ++i) {
    request = corrector.Hear();
    ASSERT_TRUE(request.has_value());
    corrector.Answer(request->number, 1);
  }
  EXPECT_THAT(first.get(), IsOk());
  for (auto& answer : waiting) EXPECT_THAT(answer.get(), IsOk());
  EXPECT_THAT(too_many.get(), StatusIs(absl::StatusCode::kResourceExhausted));
}

TEST_F(CorrectorClientTest, CancelsWhatIsOpenWhenItEnds) {
  CorrectorSocket corrector(path_);
  auto client = Client();
  auto asked = Ask(*client);
  corrector.Accept();
  corrector.Hear();
  auto waiting = Ask(*client);
  client.reset();
  EXPECT_THAT(asked.get(), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_THAT(waiting.get(), StatusIs(absl::StatusCode::kCancelled));
}

TEST_F(CorrectorClientTest, BringsAReloadsAnswer) {
  CorrectorSocket corrector(path_);
  const auto client = Client();
  std::promise<absl::Status> promise;
  client->Reload("dovecot", [&promise](absl::Status status) {
    promise.set_value(std::move(status));
  });
  corrector.Accept();
  const auto request = corrector.Hear();
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(std::get<ReloadRequest>(request->what).profile, "dovecot");
  corrector.Say(EncodeAnswer({request->number, absl::FailedPreconditionError(
                                                   "a correction is open")}));
  EXPECT_THAT(promise.get_future().get(),
              StatusIs(absl::StatusCode::kFailedPrecondition, "is open"));
}

}  // namespace
}  // namespace noonmark
