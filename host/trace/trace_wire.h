#ifndef NOONMARK_HOST_TRACE_TRACE_WIRE_H_
#define NOONMARK_HOST_TRACE_TRACE_WIRE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/detect/core_input.h"
#include "common/detect/fleet_assessor.h"
#include "noonmark/v1/trace.pb.h"

namespace noonmark {

inline constexpr uint32_t kTraceVersion = 1;

// What the core runs with.
struct CoreOptions {
  HostOptions host;
  AssessorOptions guests;
};

void EncodeCoreOptions(const CoreOptions& options, v1::TraceOptions& wire);
// Errors: kInvalidArgument: an option that the core cannot run with.
absl::StatusOr<CoreOptions> DecodeCoreOptions(const v1::TraceOptions& wire);

// The guest that an input is about; null: none, it is about the host.
const std::string* GuestOf(const CoreInput& input);

// From inputs of the core to records. Guests become numbers; a guest's first
// input is two records.
class TraceEncoder {
 public:
  // Calls `write(const v1::TraceRecord&)` once or twice.
  template <typename Write>
  void Encode(const CoreInput& input, Write write) {
    if (const std::string* uuid = GuestOf(input)) {
      const auto [it, fresh] = numbers_.try_emplace(
          *uuid, static_cast<uint32_t>(numbers_.size()) + 1);
      number_ = it->second;
      if (fresh) {
        record_.Clear();
        record_.mutable_guest()->set_number(number_);
        record_.mutable_guest()->set_uuid(*uuid);
        write(record_);
      }
    }
    std::visit([this](const auto& kind) { this->Fill(kind); }, input);
    write(record_);
  }

 private:
  void Fill(const HostReadingInput& input);
  void Fill(const DisciplineInput& input);
  void Fill(const ChronyInput& input);
  void Fill(const PolicyInput& input);
  void Fill(const StreamInput& input);
  void Fill(const ExchangeInput& input);
  void Fill(const BurstEndInput& input);
  void Fill(const SilenceInput& input);
  void Fill(const PausedInput& input);
  void Fill(const LifecycleInput& input);
  void Fill(const TscInput& input);
  void Fill(const ListeningInput& input);
  void Fill(const GoneInput& input);

  std::map<std::string, uint32_t> numbers_;
  uint32_t number_ = 0;
  v1::TraceRecord record_;
};

// And back.
class TraceDecoder {
 public:
  // Nothing for a record that only numbers a guest.
  //
  // Errors: kInvalidArgument: the record makes no sense; says how.
  absl::StatusOr<std::optional<CoreInput>> Decode(
      const v1::TraceRecord& record);

 private:
  absl::StatusOr<std::string> Guest(uint32_t number) const;
  std::map<uint32_t, std::string> guests_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_TRACE_TRACE_WIRE_H_
