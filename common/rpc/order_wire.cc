#include "common/rpc/order_wire.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/rpc/printable_text.h"
#include "common/rpc/wire_faults.h"
#include "noonmark/v1/agent.pb.h"

namespace noonmark {
namespace {

// `Id` is an OperationId or a BootId: 16 bytes, not all zero.
template <typename Id>
Id DecodeId(absl::string_view field, const std::string& wire,
            WireFaults* faults) {
  Id id;
  if (wire.size() != id.bytes.size()) {
    faults->Add(field,
                absl::StrCat(wire.size(), " bytes, not ", id.bytes.size()));
    return id;
  }
  std::copy(wire.begin(), wire.end(), id.bytes.begin());
  if (id.IsNone()) faults->Add(field, "is all zero");
  return id;
}

// Empty: there is none.
template <typename Id>
Id DecodeIdOrNone(absl::string_view field, const std::string& wire,
                  WireFaults* faults) {
  return wire.empty() ? Id() : DecodeId<Id>(field, wire, faults);
}

template <typename Id>
std::string EncodeId(const Id& id) {
  if (id.IsNone()) return "";
  return {id.bytes.begin(), id.bytes.end()};
}

template <typename Request>
OrderHeader DecodeHeader(const Request& wire, bool needs_boot,
                         WireFaults* faults) {
  if (!wire.has_header()) {
    faults->Add("header", "is missing");
    return {};
  }
  const v1::OrderHeader& header = wire.header();
  return {.operation = DecodeId<OperationId>("header.operation_id",
                                             header.operation_id(), faults),
          .epoch = header.epoch(),
          .boot = needs_boot ? DecodeId<BootId>("header.boot_id",
                                                header.boot_id(), faults)
                             : DecodeIdOrNone<BootId>(
                                   "header.boot_id", header.boot_id(), faults)};
}

void EncodeHeader(const OrderHeader& header, v1::OrderHeader* wire) {
  wire->set_operation_id(EncodeId(header.operation));
  wire->set_epoch(header.epoch);
  wire->set_boot_id(EncodeId(header.boot));
}

absl::StatusOr<Order> OrderUnless(const WireFaults& faults, Order order) {
  if (!faults.status().ok()) return faults.status();
  return order;
}

ServiceStatus DecodeService(const std::string& field,
                            const v1::ServiceStatus& wire, WireFaults* faults) {
  if (wire.unit().empty()) faults->Add(field + ".unit", "is missing");
  faults->CheckText(field + ".unit", wire.unit(), kMostUnitCharacters);
  faults->CheckText(field + ".profile", wire.profile(), kMostProfileCharacters);
  return {.unit = wire.unit(),
          .profile = wire.profile(),
          .role = DecodeEnum(field + ".role", wire.role(), ServiceRole::kOther,
                             faults),
          .state = DecodeEnum(field + ".state", wire.state(),
                              ServiceState::kFailed, faults),
          .has_socket = wire.has_socket(),
          .stopped_by_us = wire.stopped_by_us()};
}

// As much of `text` as the limit allows, without a part of a character.
std::string Cut(const std::string& text, size_t most) {
  if (!CountPrintable(text).has_value()) return "";
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && ++characters > most) return text.substr(0, i);
  }
  return text;
}

}  // namespace

absl::StatusOr<Order> DecodeOrder(const v1::QuiesceRequest& wire) {
  WireFaults faults;
  QuiesceOrder order{
      .header = DecodeHeader(wire, /*needs_boot=*/true, &faults),
      .lease = absl::Nanoseconds(wire.lease_ns()),
      .amount = absl::Nanoseconds(wire.amount_ns()),
      .valid_until = absl::Nanoseconds(wire.valid_until_boottime_ns())};
  if (wire.lease_ns() <= 0) {
    faults.Add("lease_ns", absl::StrCat(wire.lease_ns(), " is not above 0"));
  }
  return OrderUnless(faults, order);
}

absl::StatusOr<Order> DecodeOrder(const v1::CorrectRequest& wire) {
  WireFaults faults;
  CorrectOrder order{
      .header = DecodeHeader(wire, /*needs_boot=*/true, &faults),
      .method =
          DecodeEnum("method", wire.method(), CorrectionMethod::kSlew, &faults),
      .amount = absl::Nanoseconds(wire.amount_ns()),
      .valid_until = absl::Nanoseconds(wire.valid_until_boottime_ns()),
      .real_minus_boot = absl::Nanoseconds(wire.real_minus_boot_ns()),
      .hold_max = absl::Nanoseconds(wire.hold_max_ns())};
  if (wire.hold_max_ns() < 0) {
    faults.Add("hold_max_ns", absl::StrCat(wire.hold_max_ns(), " is below 0"));
  }
  return OrderUnless(faults, order);
}

absl::StatusOr<Order> DecodeOrder(const v1::ResumeRequest& wire) {
  WireFaults faults;
  ResumeOrder order{.header =
                        DecodeHeader(wire, /*needs_boot=*/false, &faults)};
  return OrderUnless(faults, order);
}

absl::StatusOr<Order> DecodeOrder(const v1::StatusRequest& /*wire*/) {
  return Order(StatusOrder());
}

absl::StatusOr<OperationStatus> DecodeOperationStatus(
    const v1::OperationStatus& wire) {
  WireFaults faults;
  OperationStatus status;
  status.refusal =
      DecodeEnum("refusal", wire.refusal(), Refusal::kRange, &faults);
  faults.CheckText("detail", wire.detail(), kMostDetailCharacters);
  status.detail = wire.detail();
  status.operation =
      DecodeIdOrNone<OperationId>("operation_id", wire.operation_id(), &faults);
  status.epoch = wire.epoch();
  status.phase =
      DecodeEnum("phase", wire.phase(), OperationPhase::kEnded, &faults);
  status.fate =
      DecodeEnum("fate", wire.fate(), CorrectionFate::kUnknown, &faults);
  status.outcome = DecodeEnum("outcome", wire.outcome(),
                              OperationOutcome::kResumeFailed, &faults);
  status.given_up =
      DecodeEnum("given_up", wire.given_up(), Refusal::kRange, &faults);
  status.boot = DecodeIdOrNone<BootId>("boot_id", wire.boot_id(), &faults);
  status.boottime = absl::Nanoseconds(wire.boottime_ns());
  status.lease_end = absl::Nanoseconds(wire.lease_end_boottime_ns());
  status.moved = absl::Nanoseconds(wire.moved_ns());
  status.moved_by_others = absl::Nanoseconds(wire.moved_by_others_ns());
  status.at_rest_for = absl::Nanoseconds(wire.at_rest_for_ns());
  faults.CheckRange("at_rest_for_ns", wire.at_rest_for_ns(), 0,
                    std::numeric_limits<int64_t>::max());
  if (static_cast<size_t>(wire.services_size()) > kMostServices) {
    faults.Add("services",
               absl::StrCat(wire.services_size(), " entries, but at most ",
                            kMostServices, " are allowed"));
  }
  for (int i = 0; faults.status().ok() && i < wire.services_size(); ++i) {
    status.services.push_back(DecodeService(absl::StrCat("services[", i, "]"),
                                            wire.services(i), &faults));
  }
  if (!faults.status().ok()) return faults.status();
  return status;
}

void EncodeOrder(const QuiesceOrder& order, v1::QuiesceRequest* wire) {
  EncodeHeader(order.header, wire->mutable_header());
  wire->set_lease_ns(absl::ToInt64Nanoseconds(order.lease));
  wire->set_amount_ns(absl::ToInt64Nanoseconds(order.amount));
  wire->set_valid_until_boottime_ns(
      absl::ToInt64Nanoseconds(order.valid_until));
}

void EncodeOrder(const CorrectOrder& order, v1::CorrectRequest* wire) {
  EncodeHeader(order.header, wire->mutable_header());
  wire->set_method(EncodeEnum<v1::CorrectionMethod>(order.method));
  wire->set_amount_ns(absl::ToInt64Nanoseconds(order.amount));
  wire->set_valid_until_boottime_ns(
      absl::ToInt64Nanoseconds(order.valid_until));
  wire->set_real_minus_boot_ns(absl::ToInt64Nanoseconds(order.real_minus_boot));
  wire->set_hold_max_ns(
      std::max(int64_t{0}, absl::ToInt64Nanoseconds(order.hold_max)));
}

void EncodeOrder(const ResumeOrder& order, v1::ResumeRequest* wire) {
  EncodeHeader(order.header, wire->mutable_header());
}

void EncodeOrder(const StatusOrder& /*order*/, v1::StatusRequest* wire) {
  wire->Clear();
}

void EncodeOperationStatus(const OperationStatus& status,
                           v1::OperationStatus* wire) {
  wire->Clear();
  wire->set_refusal(EncodeEnum<v1::Refusal>(status.refusal));
  wire->set_detail(Cut(status.detail, kMostDetailCharacters));
  wire->set_operation_id(EncodeId(status.operation));
  wire->set_epoch(status.epoch);
  wire->set_phase(EncodeEnum<v1::OperationPhase>(status.phase));
  wire->set_fate(EncodeEnum<v1::CorrectionFate>(status.fate));
  wire->set_outcome(EncodeEnum<v1::OperationOutcome>(status.outcome));
  wire->set_given_up(EncodeEnum<v1::Refusal>(status.given_up));
  wire->set_boot_id(EncodeId(status.boot));
  wire->set_boottime_ns(absl::ToInt64Nanoseconds(status.boottime));
  wire->set_lease_end_boottime_ns(absl::ToInt64Nanoseconds(status.lease_end));
  wire->set_moved_ns(absl::ToInt64Nanoseconds(status.moved));
  wire->set_moved_by_others_ns(
      absl::ToInt64Nanoseconds(status.moved_by_others));
  wire->set_at_rest_for_ns(
      std::max(int64_t{0}, absl::ToInt64Nanoseconds(status.at_rest_for)));
  for (const ServiceStatus& service : status.services) {
    if (static_cast<size_t>(wire->services_size()) == kMostServices) break;
    const std::string& unit = AllowedText(service.unit, kMostUnitCharacters);
    if (unit.empty()) continue;
    v1::ServiceStatus* to = wire->add_services();
    to->set_unit(unit);
    to->set_profile(AllowedText(service.profile, kMostProfileCharacters));
    to->set_role(EncodeEnum<v1::ServiceRole>(service.role));
    to->set_state(EncodeEnum<v1::ServiceState>(service.state));
    to->set_has_socket(service.has_socket);
    to->set_stopped_by_us(service.stopped_by_us);
  }
}

}  // namespace noonmark
