#include "guest/corrector/message.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace noonmark {
namespace {

constexpr uint32_t kRequestMagic = 0x716E6D6E;  // "nmnq"
constexpr uint32_t kAnswerMagic = 0x616E6D6E;   // "nmna"
constexpr uint32_t kVersion = 1;

enum class RequestKind : uint8_t {
  kQuiesce,
  kCorrect,
  kResume,
  kStatus,
  kReload,
};
enum class AnswerKind : uint8_t { kStatus, kReloadBegun, kReloadRefused };

bool IsPrintable(char c) { return c >= ' ' && c <= '~'; }

// Fields one after the other, then zeros up to the packet's size.
class Packer {
 public:
  explicit Packer(size_t bytes) { packet_.reserve(bytes); }

  template <typename T>
  void Number(T value) {
    static_assert(std::is_integral_v<T>);
    std::array<char, sizeof(T)> bytes;
    std::memcpy(bytes.data(), &value, sizeof(T));
    packet_.append(bytes.data(), bytes.size());
  }
  template <typename T>
  void Enumeration(T value) {
    Number(static_cast<uint8_t>(value));
  }
  void Duration(absl::Duration value) {
    Number<int64_t>(absl::ToInt64Nanoseconds(value));
  }
  template <typename T>
  void Id(const T& id) {
    for (const uint8_t byte : id.bytes) Number(byte);
  }
  // At most `room` characters, zeros behind them.
  void Text(std::string_view text, size_t room) {
    text = text.substr(0, room);
    for (const char c : text) packet_.push_back(IsPrintable(c) ? c : '?');
    packet_.append(room - text.size(), '\0');
  }
  std::string Packet(size_t bytes) && {
    packet_.resize(bytes, '\0');
    return std::move(packet_);
  }

 private:
  std::string packet_;
};

// Takes the fields off again and remembers the first that is none.
class Unpacker {
 public:
  explicit Unpacker(std::string_view packet) : rest_(packet) {}

  template <typename T>
  T Number() {
    T value = 0;
    if (rest_.size() < sizeof(T)) {
      Fault("size");
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  template <typename T>
  T Enumeration(T last, std::string_view name) {
    const uint8_t value = Number<uint8_t>();
    if (value > static_cast<uint8_t>(last)) {
      Fault(name);
      return T();
    }
    return static_cast<T>(value);
  }
  bool Bool(std::string_view name) {
    const uint8_t value = Number<uint8_t>();
    if (value > 1) Fault(name);
    return value == 1;
  }
  absl::Duration Duration() { return absl::Nanoseconds(Number<int64_t>()); }
  template <typename T>
  T Id() {
    T id;
    for (uint8_t& byte : id.bytes) byte = Number<uint8_t>();
    return id;
  }
  std::string Text(size_t room, std::string_view name) {
    if (rest_.size() < room) {
      Fault("size");
      return "";
    }
    const std::string_view field = rest_.substr(0, room);
    rest_.remove_prefix(room);
    const std::string_view text = field.substr(0, field.find('\0'));
    if (!std::all_of(text.begin(), text.end(), IsPrintable) ||
        field.find_first_not_of('\0', text.size()) != field.npos) {
      Fault(name);
    }
    return std::string(text);
  }
  void Require(bool holds, std::string_view name) {
    if (!holds) Fault(name);
  }
  // After the last field: nothing but zeros may follow.
  absl::Status End() {
    if (rest_.find_first_not_of('\0') != rest_.npos) Fault("padding");
    if (fault_.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("a packet with a bad ", fault_));
  }

 private:
  void Fault(std::string_view name) {
    if (fault_.empty()) fault_ = std::string(name);
  }

  std::string_view rest_;
  std::string fault_;
};

// The same fields for all kinds; one that does not use a field leaves it zero.
struct RequestFields {
  RequestKind kind = RequestKind::kStatus;
  OrderHeader header = {};
  absl::Duration lease = {};
  absl::Duration valid_until = {};
  absl::Duration amount = {};
  absl::Duration real_minus_boot = {};
  absl::Duration hold_max = {};
  CorrectionMethod method = CorrectionMethod::kStep;
  std::string profile = {};
};

RequestFields FieldsOf(const QuiesceOrder& order) {
  return {.kind = RequestKind::kQuiesce,
          .header = order.header,
          .lease = order.lease,
          .valid_until = order.valid_until,
          .amount = order.amount};
}
RequestFields FieldsOf(const CorrectOrder& order) {
  return {.kind = RequestKind::kCorrect,
          .header = order.header,
          .valid_until = order.valid_until,
          .amount = order.amount,
          .real_minus_boot = order.real_minus_boot,
          .hold_max = order.hold_max,
          .method = order.method};
}
RequestFields FieldsOf(const ResumeOrder& order) {
  return {.kind = RequestKind::kResume, .header = order.header};
}
RequestFields FieldsOf(const StatusOrder& /*order*/) { return {}; }
RequestFields FieldsOf(const ReloadRequest& request) {
  return {.kind = RequestKind::kReload, .profile = request.profile};
}
RequestFields FieldsOf(const Order& order) {
  return std::visit([](const auto& o) { return FieldsOf(o); }, order);
}

std::variant<Order, ReloadRequest> FromFields(RequestFields fields) {
  switch (fields.kind) {
    case RequestKind::kQuiesce:
      return QuiesceOrder{.header = fields.header,
                          .lease = fields.lease,
                          .amount = fields.amount,
                          .valid_until = fields.valid_until};
    case RequestKind::kCorrect:
      return CorrectOrder{.header = fields.header,
                          .method = fields.method,
                          .amount = fields.amount,
                          .valid_until = fields.valid_until,
                          .real_minus_boot = fields.real_minus_boot,
                          .hold_max = fields.hold_max};
    case RequestKind::kResume:
      return ResumeOrder{.header = fields.header};
    case RequestKind::kStatus:
      return StatusOrder{};
    case RequestKind::kReload:
      return ReloadRequest{.profile = std::move(fields.profile)};
  }
  return StatusOrder{};
}

void PackStatus(const OperationStatus& status, Packer& packer) {
  packer.Enumeration(status.refusal);
  packer.Enumeration(status.phase);
  packer.Enumeration(status.fate);
  packer.Enumeration(status.outcome);
  packer.Enumeration(status.given_up);
  packer.Id(status.operation);
  packer.Number(status.epoch);
  packer.Id(status.boot);
  packer.Duration(status.boottime);
  packer.Duration(status.lease_end);
  packer.Duration(status.moved);
  packer.Duration(status.moved_by_others);
  packer.Duration(status.at_rest_for);
  const size_t services = std::min(status.services.size(), kMostServices);
  packer.Number(static_cast<uint8_t>(services));
  for (size_t i = 0; i < services; ++i) {
    const ServiceStatus& service = status.services[i];
    packer.Text(service.unit, kMostUnitCharacters);
    packer.Text(service.profile, kMostProfileCharacters);
    packer.Enumeration(service.role);
    packer.Enumeration(service.state);
    packer.Number<uint8_t>(service.has_socket ? 1 : 0);
    packer.Number<uint8_t>(service.stopped_by_us ? 1 : 0);
  }
}

OperationStatus UnpackStatus(Unpacker& unpacker) {
  OperationStatus status;
  status.refusal = unpacker.Enumeration(Refusal::kRange, "refusal");
  status.phase = unpacker.Enumeration(OperationPhase::kEnded, "phase");
  status.fate = unpacker.Enumeration(CorrectionFate::kUnknown, "fate");
  status.outcome =
      unpacker.Enumeration(OperationOutcome::kResumeFailed, "outcome");
  status.given_up = unpacker.Enumeration(Refusal::kRange, "given_up");
  status.operation = unpacker.Id<OperationId>();
  status.epoch = unpacker.Number<uint64_t>();
  status.boot = unpacker.Id<BootId>();
  status.boottime = unpacker.Duration();
  status.lease_end = unpacker.Duration();
  status.moved = unpacker.Duration();
  status.moved_by_others = unpacker.Duration();
  status.at_rest_for = unpacker.Duration();
  const uint8_t services = unpacker.Number<uint8_t>();
  unpacker.Require(services <= kMostServices, "number of services");
  for (size_t i = 0; i < std::min<size_t>(services, kMostServices); ++i) {
    ServiceStatus service;
    service.unit = unpacker.Text(kMostUnitCharacters, "unit");
    service.profile = unpacker.Text(kMostProfileCharacters, "profile");
    service.role = unpacker.Enumeration(ServiceRole::kOther, "role");
    service.state = unpacker.Enumeration(ServiceState::kFailed, "state");
    service.has_socket = unpacker.Bool("has_socket");
    service.stopped_by_us = unpacker.Bool("stopped_by_us");
    status.services.push_back(std::move(service));
  }
  return status;
}

}  // namespace

std::string EncodeRequest(const CorrectorRequest& request) {
  const RequestFields fields =
      std::visit([](const auto& what) { return FieldsOf(what); }, request.what);
  Packer packer(kRequestBytes);
  packer.Number(kRequestMagic);
  packer.Number(kVersion);
  packer.Number(request.number);
  packer.Enumeration(fields.kind);
  packer.Enumeration(fields.method);
  packer.Id(fields.header.operation);
  packer.Number(fields.header.epoch);
  packer.Id(fields.header.boot);
  packer.Duration(fields.lease);
  packer.Duration(fields.valid_until);
  packer.Duration(fields.amount);
  packer.Duration(fields.real_minus_boot);
  packer.Duration(fields.hold_max);
  packer.Text(fields.profile, kMostProfileCharacters);
  return std::move(packer).Packet(kRequestBytes);
}

absl::StatusOr<CorrectorRequest> DecodeRequest(std::string_view packet) {
  Unpacker unpacker(packet);
  unpacker.Require(packet.size() == kRequestBytes, "size");
  unpacker.Require(unpacker.Number<uint32_t>() == kRequestMagic, "beginning");
  unpacker.Require(unpacker.Number<uint32_t>() == kVersion, "version");
  CorrectorRequest request;
  request.number = unpacker.Number<uint64_t>();
  RequestFields fields;
  fields.kind = unpacker.Enumeration(RequestKind::kReload, "kind");
  fields.method = unpacker.Enumeration(CorrectionMethod::kSlew, "method");
  fields.header.operation = unpacker.Id<OperationId>();
  fields.header.epoch = unpacker.Number<uint64_t>();
  fields.header.boot = unpacker.Id<BootId>();
  fields.lease = unpacker.Duration();
  fields.valid_until = unpacker.Duration();
  fields.amount = unpacker.Duration();
  fields.real_minus_boot = unpacker.Duration();
  fields.hold_max = unpacker.Duration();
  fields.profile = unpacker.Text(kMostProfileCharacters, "profile");
  const absl::Status status = unpacker.End();
  if (!status.ok()) return status;
  request.what = FromFields(std::move(fields));
  // What the kind does not use would come back as zero.
  if (EncodeRequest(request) != packet) {
    return absl::InvalidArgumentError(
        "a packet with a field that its kind does not have");
  }
  return request;
}

std::string EncodeAnswer(const CorrectorAnswer& answer) {
  Packer packer(kAnswerBytes);
  packer.Number(kAnswerMagic);
  packer.Number(kVersion);
  packer.Number(answer.number);
  if (const auto* status = std::get_if<OperationStatus>(&answer.what)) {
    packer.Enumeration(AnswerKind::kStatus);
    packer.Text(status->detail, kMostDetailCharacters);
    PackStatus(*status, packer);
  } else {
    const absl::Status& reload = std::get<absl::Status>(answer.what);
    packer.Enumeration(reload.ok() ? AnswerKind::kReloadBegun
                                   : AnswerKind::kReloadRefused);
    const absl::string_view why = reload.message();
    packer.Text(std::string_view(why.data(), why.size()),
                kMostDetailCharacters);
  }
  return std::move(packer).Packet(kAnswerBytes);
}

absl::StatusOr<CorrectorAnswer> DecodeAnswer(std::string_view packet) {
  Unpacker unpacker(packet);
  unpacker.Require(packet.size() == kAnswerBytes, "size");
  unpacker.Require(unpacker.Number<uint32_t>() == kAnswerMagic, "beginning");
  unpacker.Require(unpacker.Number<uint32_t>() == kVersion, "version");
  CorrectorAnswer answer;
  answer.number = unpacker.Number<uint64_t>();
  const AnswerKind kind =
      unpacker.Enumeration(AnswerKind::kReloadRefused, "kind");
  std::string detail = unpacker.Text(kMostDetailCharacters, "detail");
  switch (kind) {
    case AnswerKind::kStatus: {
      OperationStatus status = UnpackStatus(unpacker);
      status.detail = std::move(detail);
      answer.what = std::move(status);
      break;
    }
    case AnswerKind::kReloadBegun:
      unpacker.Require(detail.empty(), "detail");
      answer.what = absl::OkStatus();
      break;
    case AnswerKind::kReloadRefused:
      answer.what = absl::FailedPreconditionError(detail);
      break;
  }
  if (absl::Status status = unpacker.End(); !status.ok()) return status;
  return answer;
}

}  // namespace noonmark
