// A journal of any bytes, as a crash, a bad disk or a later version leaves it:
// what is taken of it is what was written, whole batches, in order, and the
// next sequence is one that nobody had.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "common/correct/journal_record.h"
#include "common/correct/open_operation.h"
#include "tests/fuzz/require.h"

namespace noonmark {
namespace {

void CheckRecord(const JournalRecord& record) {
  const auto first = EncodeRecord(record);
  const auto again = DecodeRecord(first);
  fuzz::Require(again.has_value(), "what was taken once is taken again");
  fuzz::Require(EncodeRecord(*again) == first, "and is the same");
}

void CheckContents(const JournalContents& contents) {
  fuzz::Require(contents.unreadable <= kJournalRecords, "places are counted");
  uint64_t last = 0;
  for (const JournalRecord& record : contents.records) {
    fuzz::Require(record.sequence > last, "records come in order, each once");
    fuzz::Require(record.batch_index < record.batch_size &&
                      record.batch_size <= kMostBatchRecords,
                  "each has a place in its batch");
    last = record.sequence;
    CheckRecord(record);
  }
  fuzz::Require(contents.next_sequence > last, "the next one is new");
  if (const auto operation = LastOperation(contents.records)) {
    fuzz::Require(operation->units.size() <= contents.records.size(),
                  "each unit has a record");
  }
}

// CRC32C, of which each record's last four bytes are: by chance no input would
// ever have it.
uint32_t Checksum(absl::Span<const char> bytes) {
  uint32_t sum = ~0u;
  for (const char byte : bytes) {
    sum ^= static_cast<uint8_t>(byte);
    for (int i = 0; i < 8; ++i) sum = sum >> 1 ^ (sum & 1 ? 0x82f63b78u : 0u);
  }
  return ~sum;
}

std::string WithChecksums(absl::Span<const char> image) {
  constexpr size_t kSummed = kRecordBytes - sizeof(uint32_t);
  std::string summed(image.begin(), image.end());
  for (size_t at = 0; at + kRecordBytes <= summed.size(); at += kRecordBytes) {
    const uint32_t sum =
        Checksum(absl::MakeConstSpan(summed).subspan(at, kSummed));
    for (size_t i = 0; i < sizeof sum; ++i) {
      summed[at + kSummed + i] = static_cast<char>(sum >> (8 * i));
    }
  }
  return summed;
}

void CheckImage(absl::Span<const char> image) {
  CheckContents(ReadJournal(image));
  // Of two files the first has a part, and the second the rest.
  const size_t half = image.size() / 2 / kRecordBytes * kRecordBytes;
  CheckContents(ReadJournals(image.first(half), image.subspan(half)));
}

}  // namespace
}  // namespace noonmark

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace noonmark;  // NOLINT
  const absl::Span<const char> image(reinterpret_cast<const char*>(data), size);
  CheckImage(image);
  const std::string summed = WithChecksums(image);
  CheckImage(summed);
  return 0;
}
