// Each number that an agent sends, one at a time, is a hundred and more that no
// sound one sends, in every answer from some moment on: refused, or without an
// effect. A guest that is wrong never becomes ok by it, and to one that is
// right nothing is done.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/detect/fleet_assessor.h"
#include "common/rpc/clock_wire.h"
#include "host/policy/plan.h"
#include "noonmark/v1/agent.pb.h"
#include "tests/host/policy/plan_facts.h"
#include "tests/support/virtual_machine.h"

namespace noonmark {
namespace {

using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;
using ::noonmark::testing::VirtualMachine;
using ::noonmark::testing::VirtualPair;

const std::string kGuest = "guest";
constexpr absl::Duration kMistake = absl::Seconds(10);

// Of a message, by the fields that lead to it; of a list its first entry.
struct Number {
  std::string name;
  std::vector<const FieldDescriptor*> path;
};
void PrintTo(const Number& number, std::ostream* out) { *out << number.name; }

bool IsNumber(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
         field.cpp_type() != FieldDescriptor::CPPTYPE_BOOL;
}

void AddNumbers(const google::protobuf::Descriptor& message, Number until_here,
                std::vector<Number>& numbers) {
  for (int i = 0; i < message.field_count(); ++i) {
    const FieldDescriptor* const field = message.field(i);
    Number number = until_here;
    absl::StrAppend(&number.name, number.name.empty() ? "" : ".",
                    field->name());
    number.path.push_back(field);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      AddNumbers(*field->message_type(), std::move(number), numbers);
    } else if (IsNumber(*field)) {
      numbers.push_back(std::move(number));
    }
  }
}

std::vector<Number> AllNumbers() {
  std::vector<Number> numbers;
  AddNumbers(*v1::ClockExchange::descriptor(), {}, numbers);
  return numbers;
}

// The bits of hostile values of that kind: ends, and powers of two and what is
// beside them.
std::vector<uint64_t> HostileValues(FieldDescriptor::CppType type) {
  std::set<uint64_t> values;
  const bool wide = type == FieldDescriptor::CPPTYPE_INT64 ||
                    type == FieldDescriptor::CPPTYPE_UINT64;
  const int bits = wide ? 64 : 32;
  for (int i = 1; i < bits; ++i) {
    const uint64_t power = uint64_t{1} << i;
    for (const uint64_t value :
         {power, power - 1, power + 1, power + power / 2}) {
      values.insert(value);
      values.insert(~value + 1);
    }
  }
  values.insert(std::numeric_limits<uint64_t>::max());
  values.insert(static_cast<uint64_t>(std::numeric_limits<int64_t>::min()));
  return {values.begin(), values.end()};
}

void Set(Message* message, const Number& number, uint64_t bits) {
  for (size_t i = 0; i + 1 < number.path.size(); ++i) {
    const Reflection* const reflection = message->GetReflection();
    const FieldDescriptor* const field = number.path[i];
    if (!field->is_repeated()) {
      message = reflection->MutableMessage(message, field);
    } else if (reflection->FieldSize(*message, field) > 0) {
      message = reflection->MutableRepeatedMessage(message, field, 0);
    } else {
      message = reflection->AddMessage(message, field);
    }
  }
  const Reflection* const reflection = message->GetReflection();
  const FieldDescriptor* const field = number.path.back();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->SetInt64(message, field, static_cast<int64_t>(bits));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection->SetUInt64(message, field, bits);
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->SetInt32(message, field, static_cast<int32_t>(bits));
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->SetUInt32(message, field, static_cast<uint32_t>(bits));
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->SetEnumValue(message, field, static_cast<int>(bits));
    default:
      FAIL() << number.name
             << ": a kind of number that this test does not know";
  }
}

// A dom0 and its one guest, which is ahead by `offset`.
class Dom0 {
 public:
  explicit Dom0(absl::Duration offset)
      : core_(HostOptions(), AssessorOptions()) {
    VirtualMachine::Start guest;
    guest.realtime += offset;
    pair_.guest = VirtualMachine(guest);
    pair_.now = absl::Seconds(1);
    core_.Apply(PolicyInput{kGuest, GuestPolicy(), Now()});
  }

  // A burst, in whose answers that number is that.
  void Poll(const Number* number = nullptr, uint64_t bits = 0) {
    KernelDiscipline hosts;  // it is proven
    hosts.max_error = absl::Microseconds(20'003);
    hosts.estimated_error = absl::Microseconds(10);
    core_.Apply(HostReadingInput{pair_.host.Read(pair_.now)});
    core_.Apply(DisciplineInput{hosts, Now()});
    for (int i = 0; i < 3; ++i) {
      Exchange exchange = pair_.Ask();
      v1::ClockExchange wire;
      EncodeGuestReading(exchange.guest, &wire);
      // What the rest of a list's first entry needs to be one.
      if (number != nullptr) Complete(number->path[0]->name(), wire);
      if (number != nullptr) Set(&wire, *number, bits);
      absl::StatusOr<GuestReading> reading = DecodeClockExchange(wire);
      if (!reading.ok()) {
        EXPECT_EQ(reading.status().code(), absl::StatusCode::kInvalidArgument);
        EXPECT_FALSE(reading.status().message().empty());
        ++refused_;
        continue;
      }
      ++taken_;
      exchange.guest = *std::move(reading);
      discipline_ = exchange.guest.discipline;
      core_.Apply(ExchangeInput{kGuest, exchange});
    }
    core_.Apply(BurstEndInput{kGuest, Now()});
    pair_.now += absl::Seconds(5);
  }

  Verdict verdict() { return core_.guest(kGuest).verdict(); }
  // With every condition met that the guest has no part in.
  Plan MakeItsPlan() {
    const GuestAssessor& guest = core_.guest(kGuest);
    PlanFacts facts = testing::WrongBy(kMistake);
    facts.verdict = guest.verdict();
    facts.reason = guest.reason();
    facts.verdict_since = guest.verdict_since();
    facts.offset = guest.offset();
    facts.findings = guest.findings();
    facts.drift = guest.drift();
    facts.discipline = discipline_;
    facts.host_realtime = pair_.host.Realtime(pair_.now).FloorNanoseconds();
    return MakePlan(facts, PlanLimits(), Now());
  }
  int refused() const { return refused_; }
  int taken() const { return taken_; }

 private:
  static void Complete(const std::string& field, v1::ClockExchange& wire) {
    if (field == "glitch_hunt") {
      v1::Glitch& glitch = *wire.mutable_glitch_hunt()->add_recent();
      glitch.mutable_off()->set_realtime_ns(4'398'046'511'104);
      glitch.set_off_reads(1);
      for (int i = 0; i < 3; ++i) glitch.add_after();
      wire.mutable_glitch_hunt()->set_reads(1'000);
      wire.mutable_glitch_hunt()->set_glitches(1);
    }
    if (field == "log_watch") {
      v1::ToldJump& jump = *wire.mutable_log_watch()->add_recent();
      jump.set_teller(v1::JUMP_TELLER_DOVECOT);
      jump.set_way(v1::JUMP_WAY_BACK);
      wire.mutable_log_watch()->set_lines(1);
    }
  }
  MonotonicTime Now() {
    return MonotonicTime::FromReading(
        pair_.host.Monotonic(pair_.now).FloorNanoseconds());
  }

  FleetAssessor core_;
  VirtualPair pair_;
  std::optional<KernelDiscipline> discipline_;
  int refused_ = 0;
  int taken_ = 0;
};

class HostileFieldsTest : public ::testing::TestWithParam<Number> {};

TEST_P(HostileFieldsTest, MakeNobodyOkAndHaveNothingDone) {
  const Number& number = GetParam();
  const std::vector<uint64_t> values =
      HostileValues(number.path.back()->cpp_type());
  ASSERT_GE(values.size(), 120u);
  for (const uint64_t bits : values) {
    SCOPED_TRACE(absl::StrCat(number.name, " = ", absl::Hex(bits)));
    Dom0 of_wrong(kMistake);
    for (int i = 0; i < 3; ++i) of_wrong.Poll();
    ASSERT_EQ(of_wrong.verdict(), Verdict::kWrong);
    Dom0 of_right(absl::ZeroDuration());
    for (int i = 0; i < 3; ++i) of_right.Poll();
    ASSERT_EQ(of_right.verdict(), Verdict::kOk);
    for (int i = 0; i < 3; ++i) {
      of_wrong.Poll(&number, bits);
      EXPECT_NE(of_wrong.verdict(), Verdict::kOk);
      of_right.Poll(&number, bits);
      EXPECT_FALSE(of_right.MakeItsPlan().Moves());
    }
    // And all is over with it.
    for (int i = 0; i < 8; ++i) of_right.Poll();
    EXPECT_EQ(of_right.verdict(), Verdict::kOk);
  }
}

std::string NameOf(const ::testing::TestParamInfo<Number>& info) {
  std::string name;
  for (const char c : info.param.name) name += c == '.' ? '_' : c;
  return name;
}

INSTANTIATE_TEST_SUITE_P(Each, HostileFieldsTest,
                         ::testing::ValuesIn(AllNumbers()), NameOf);

// That what moves a clock here would be seen to.
TEST(HostileFieldsControlTest, AWrongGuestIsPlannedFor) {
  Dom0 dom0(kMistake);
  for (int i = 0; i < 3; ++i) dom0.Poll();
  EXPECT_TRUE(dom0.MakeItsPlan().Moves());
  EXPECT_EQ(dom0.refused(), 0);
  EXPECT_EQ(dom0.taken(), 9);
}

}  // namespace
}  // namespace noonmark
