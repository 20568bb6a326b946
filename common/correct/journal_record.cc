#include "common/correct/journal_record.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

namespace noonmark {
namespace {

// Where what is in a record; integers little-endian.
constexpr uint32_t kMagic = 0x314a4d4e;  // "NMJ1"
constexpr size_t kTypeAt = 4;
constexpr size_t kBodyAt = 64;
constexpr size_t kChecksumAt = kRecordBytes - 4;
constexpr size_t kMostNameCharacters = 100;

// Of the types as they are written; the order of RecordBody.
constexpr uint8_t kTypes = std::variant_size_v<RecordBody>;

constexpr std::array<uint32_t, 256> MakeCrcTable() {
  std::array<uint32_t, 256> table = {};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    }
    table[i] = crc;
  }
  return table;
}

// CRC32C (Castagnoli), as iSCSI has it: abseil of this age has none that may be
// called, and the core links nothing else.
uint32_t Crc32c(absl::Span<const char> bytes) {
  static constexpr std::array<uint32_t, 256> kTable = MakeCrcTable();
  uint32_t crc = 0xffffffffu;
  for (const char byte : bytes) {
    crc = (crc >> 8) ^ kTable[(crc ^ static_cast<uint8_t>(byte)) & 0xff];
  }
  return ~crc;
}

// Writes field after field into a record of zeros.
class Writer {
 public:
  Writer(std::array<char, kRecordBytes>& bytes, size_t at)
      : bytes_(bytes), at_(at) {}

  template <typename T>
  void Integer(T value) {
    auto rest = static_cast<uint64_t>(value);
    for (size_t i = 0; i < sizeof(T); ++i) {
      bytes_[at_++] = static_cast<char>(rest & 0xff);
      rest >>= 8;
    }
  }
  void Span(absl::Duration d) { Integer(absl::ToInt64Nanoseconds(d)); }
  void Bytes(const std::array<uint8_t, 16>& value) {
    std::memcpy(&bytes_[at_], value.data(), value.size());
    at_ += value.size();
  }
  void Text(std::string_view text, size_t most) {
    text = text.substr(0, most);
    Integer(static_cast<uint8_t>(text.size()));
    std::memcpy(&bytes_[at_], text.data(), text.size());
    at_ += most;
  }
  template <typename Enum>
  void Code(Enum value) {
    Integer(static_cast<uint8_t>(value));
  }

 private:
  std::array<char, kRecordBytes>& bytes_;
  size_t at_;
};

// Reads them back in the same order; what is out of range is remembered.
class Reader {
 public:
  Reader(absl::Span<const char> bytes, size_t at) : bytes_(bytes), at_(at) {}

  bool Fits() const { return fits_; }

  template <typename T>
  T Integer() {
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof(T); ++i) {
      value |= uint64_t{static_cast<uint8_t>(bytes_[at_++])} << (8 * i);
    }
    return static_cast<T>(value);
  }
  absl::Duration Span() { return absl::Nanoseconds(Integer<int64_t>()); }
  std::array<uint8_t, 16> Bytes() {
    std::array<uint8_t, 16> value;
    std::memcpy(value.data(), &bytes_[at_], value.size());
    at_ += value.size();
    return value;
  }
  std::string Text(size_t most) {
    const size_t size = Integer<uint8_t>();
    if (size > most) fits_ = false;
    std::string text(&bytes_[at_], std::min(size, most));
    at_ += most;
    return text;
  }
  template <typename Enum>
  Enum Code(Enum last) {
    const uint8_t value = Integer<uint8_t>();
    if (value > static_cast<uint8_t>(last)) fits_ = false;
    return static_cast<Enum>(value);
  }
  bool Flag() { return Code<uint8_t>(1) != 0; }

 private:
  absl::Span<const char> bytes_;
  size_t at_;
  bool fits_ = true;
};

// --- each body, there and back ---

void Write(const EpochRecord& body, Writer& out) {
  const size_t count = std::min(body.begun.size(), EpochRecord::kMostBegun);
  out.Integer(static_cast<uint8_t>(count));
  // The latest, where they are too many.
  for (size_t i = body.begun.size() - count; i < body.begun.size(); ++i) {
    out.Span(body.begun[i]);
  }
}
void Read(Reader& in, EpochRecord& body) {
  const size_t count = in.Code(static_cast<uint8_t>(EpochRecord::kMostBegun));
  for (size_t i = 0; i < std::min(count, EpochRecord::kMostBegun); ++i) {
    body.begun.push_back(in.Span());
  }
}

void Write(const UnitRecord& body, Writer& out) {
  out.Text(body.unit, kMostUnitCharacters);
  out.Text(body.profile, kMostProfileCharacters);
  out.Code(body.role);
  out.Integer(uint8_t{body.acts_before_start});
}
void Read(Reader& in, UnitRecord& body) {
  body.unit = in.Text(kMostUnitCharacters);
  body.profile = in.Text(kMostProfileCharacters);
  body.role = in.Code(ServiceRole::kOther);
  body.acts_before_start = in.Flag();
}

void Write(const IntentRecord& body, Writer& out) {
  out.Span(body.lease_end);
  out.Span(body.amount);
  out.Integer(uint8_t{body.all_rest});
  out.Integer(body.units);
}
void Read(Reader& in, IntentRecord& body) {
  body.lease_end = in.Span();
  body.amount = in.Span();
  body.all_rest = in.Flag();
  body.units = in.Code(static_cast<uint8_t>(kMostServices));
}

void Write(const MoveIntentRecord& body, Writer& out) {
  out.Code(body.method);
  out.Span(body.amount);
  out.Span(body.real_minus_boot_lo);
  out.Span(body.real_minus_boot_hi);
}
void Read(Reader& in, MoveIntentRecord& body) {
  body.method = in.Code(CorrectionMethod::kSlew);
  body.amount = in.Span();
  body.real_minus_boot_lo = in.Span();
  body.real_minus_boot_hi = in.Span();
}

void Write(const MovedRecord& body, Writer& out) {
  out.Code(body.fate);
  out.Span(body.moved);
}
void Read(Reader& in, MovedRecord& body) {
  body.fate = in.Code(CorrectionFate::kUnknown);
  body.moved = in.Span();
}

void Write(const EndedRecord& body, Writer& out) {
  out.Code(body.outcome);
  out.Code(body.given_up);
  out.Code(body.fate);
  out.Span(body.moved);
  out.Span(body.moved_by_others);
  out.Span(body.at_rest_for);
}
void Read(Reader& in, EndedRecord& body) {
  body.outcome = in.Code(OperationOutcome::kResumeFailed);
  body.given_up = in.Code(Refusal::kRange);
  body.fate = in.Code(CorrectionFate::kUnknown);
  body.moved = in.Span();
  body.moved_by_others = in.Span();
  body.at_rest_for = in.Span();
}

void Write(const BroughtBackRecord& body, Writer& out) {
  out.Integer(body.attempt);
  out.Integer(body.failed);
}
void Read(Reader& in, BroughtBackRecord& body) {
  body.attempt = in.Integer<uint8_t>();
  body.failed = in.Integer<uint8_t>();
}

void Write(const PlannedRecord& body, Writer& out) {
  out.Bytes(body.guest);
  out.Text(body.name, kMostNameCharacters);
  out.Code(body.method);
  out.Integer(uint8_t{body.quiesces});
  out.Span(body.lease);
  out.Span(body.offset_lo);
  out.Span(body.offset_hi);
}
void Read(Reader& in, PlannedRecord& body) {
  body.guest = in.Bytes();
  body.name = in.Text(kMostNameCharacters);
  body.method = in.Code(CorrectionMethod::kSlew);
  body.quiesces = in.Flag();
  body.lease = in.Span();
  body.offset_lo = in.Span();
  body.offset_hi = in.Span();
}

void Write(const PhaseRecord& body, Writer& out) {
  out.Integer(body.phase);
  out.Integer(body.reason);
  out.Span(body.amount);
  out.Span(body.valid_until);
  out.Bytes(body.guest_boot.bytes);
}
void Read(Reader& in, PhaseRecord& body) {
  body.phase = in.Integer<uint8_t>();
  body.reason = in.Integer<uint8_t>();
  body.amount = in.Span();
  body.valid_until = in.Span();
  body.guest_boot.bytes = in.Bytes();
}

void Write(const ClosedRecord& body, Writer& out) {
  out.Integer(body.result);
  out.Integer(body.reason);
  out.Integer(uint8_t{body.held});
  out.Code(body.fate);
  out.Span(body.moved);
  out.Span(body.at_rest_for);
  out.Span(body.offset_before_lo);
  out.Span(body.offset_before_hi);
  out.Span(body.offset_after_lo);
  out.Span(body.offset_after_hi);
}
void Read(Reader& in, ClosedRecord& body) {
  body.result = in.Integer<uint8_t>();
  body.reason = in.Integer<uint8_t>();
  body.held = in.Flag();
  body.fate = in.Code(CorrectionFate::kUnknown);
  body.moved = in.Span();
  body.at_rest_for = in.Span();
  body.offset_before_lo = in.Span();
  body.offset_before_hi = in.Span();
  body.offset_after_lo = in.Span();
  body.offset_after_hi = in.Span();
}

// A body of the type with this number.
template <size_t... I>
RecordBody EmptyBody(size_t type, std::index_sequence<I...>) {
  RecordBody body;
  ((type == I ? (body.emplace<I>(), 0) : 0), ...);
  return body;
}

using BySequence = std::map<uint64_t, JournalRecord>;

// What of an image's places can be read; returns how many hold something else.
size_t ReadPlaces(absl::Span<const char> image, BySequence& found) {
  size_t unreadable = 0;
  for (size_t at = 0; at < kJournalBytes && at < image.size();
       at += kRecordBytes) {
    const absl::Span<const char> place = image.subspan(at, kRecordBytes);
    static constexpr std::array<char, kRecordBytes> kZeros = {};
    if (std::memcmp(place.data(), kZeros.data(), place.size()) == 0) {
      continue;
    }
    std::optional<JournalRecord> record = DecodeRecord(place);
    // One that is whole but where it does not belong was written astray.
    if (!record.has_value() || RecordOffset(record->sequence) != at) {
      ++unreadable;
      continue;
    }
    found.insert_or_assign(record->sequence, *std::move(record));
  }
  return unreadable;
}

// Whether all of the batch that this record is of are there.
bool HasWholeBatch(const BySequence& found, const JournalRecord& record) {
  const uint64_t first = record.sequence - record.batch_index;
  for (uint64_t i = 0; i < record.batch_size; ++i) {
    const auto other = found.find(first + i);
    if (other == found.end() || other->second.batch_index != i ||
        other->second.batch_size != record.batch_size) {
      return false;
    }
  }
  return true;
}

JournalContents ContentsOf(const BySequence& found, size_t unreadable) {
  JournalContents contents;
  contents.unreadable = unreadable;
  if (found.empty()) return contents;
  contents.next_sequence = found.rbegin()->first + 1;
  for (const auto& [sequence, record] : found) {
    if (HasWholeBatch(found, record)) contents.records.push_back(record);
  }
  return contents;
}

}  // namespace

std::array<char, kRecordBytes> EncodeRecord(const JournalRecord& record) {
  std::array<char, kRecordBytes> bytes = {};
  Writer out(bytes, 0);
  out.Integer(kMagic);
  out.Integer(static_cast<uint8_t>(record.body.index()));
  out.Integer(record.batch_index);
  out.Integer(record.batch_size);
  out.Integer(uint8_t{0});
  out.Integer(record.sequence);
  out.Integer(record.epoch);
  out.Bytes(record.operation.bytes);
  out.Bytes(record.boot.bytes);
  out.Span(record.boottime);
  Writer body(bytes, kBodyAt);
  std::visit([&body](const auto& b) { Write(b, body); }, record.body);
  Writer end(bytes, kChecksumAt);
  end.Integer(Crc32c(absl::MakeConstSpan(bytes).first(kChecksumAt)));
  return bytes;
}

std::optional<JournalRecord> DecodeRecord(absl::Span<const char> bytes) {
  if (bytes.size() != kRecordBytes) return std::nullopt;
  if (Reader(bytes, kChecksumAt).Integer<uint32_t>() !=
      Crc32c(bytes.first(kChecksumAt))) {
    return std::nullopt;
  }
  Reader in(bytes, 0);
  if (in.Integer<uint32_t>() != kMagic) return std::nullopt;
  const uint8_t type = static_cast<uint8_t>(bytes[kTypeAt]);
  if (type >= kTypes) return std::nullopt;
  JournalRecord record;
  in.Integer<uint8_t>();
  record.batch_index = in.Integer<uint8_t>();
  record.batch_size = in.Code(static_cast<uint8_t>(kMostBatchRecords));
  in.Integer<uint8_t>();
  record.sequence = in.Integer<uint64_t>();
  record.epoch = in.Integer<uint64_t>();
  record.operation.bytes = in.Bytes();
  record.boot.bytes = in.Bytes();
  record.boottime = in.Span();
  record.body = EmptyBody(type, std::make_index_sequence<kTypes>());
  Reader body(bytes, kBodyAt);
  std::visit([&body](auto& b) { Read(body, b); }, record.body);
  if (!in.Fits() || !body.Fits() || record.sequence == 0 ||
      record.sequence == UINT64_MAX ||
      record.batch_index >= record.batch_size ||
      record.batch_index >= record.sequence) {
    return std::nullopt;
  }
  return record;
}

JournalContents ReadJournal(absl::Span<const char> image) {
  BySequence found;
  const size_t unreadable = ReadPlaces(image, found);
  return ContentsOf(found, unreadable);
}

JournalContents ReadJournals(absl::Span<const char> disk,
                             absl::Span<const char> copy) {
  BySequence found;
  size_t unreadable = ReadPlaces(copy, found);
  unreadable += ReadPlaces(disk, found);
  return ContentsOf(found, unreadable);
}

void NumberBatch(uint64_t next_sequence, std::vector<JournalRecord>& batch) {
  for (size_t i = 0; i < batch.size(); ++i) {
    batch[i].sequence = next_sequence + i;
    batch[i].batch_index = static_cast<uint8_t>(i);
    batch[i].batch_size = static_cast<uint8_t>(batch.size());
  }
}

}  // namespace noonmark
