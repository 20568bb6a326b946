#include "common/correct/journal_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string>

#include "absl/strings/escaping.h"

namespace noonmark {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const OperationId kOperation = {
    {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};

JournalRecord RecordOf(RecordBody body) {
  JournalRecord record;
  record.sequence = 7;
  record.operation = kOperation;
  record.epoch = 0x1122334455667788;
  record.boot.bytes[0] = 0xaa;
  record.boottime = absl::Nanoseconds(-5);
  record.body = std::move(body);
  return record;
}

// A journal's file with its writer.
class File {
 public:
  // Writes a batch of `size` records, each with its sequence as its epoch.
  void Append(size_t size = 1) { Write(Batch(size)); }

  std::vector<JournalRecord> Batch(size_t size) const {
    std::vector<JournalRecord> batch(size, RecordOf(EpochRecord()));
    NumberBatch(next_, batch);
    for (JournalRecord& record : batch) record.epoch = record.sequence;
    return batch;
  }
  void Write(const std::vector<JournalRecord>& batch) {
    for (const JournalRecord& record : batch) Put(record, kRecordBytes);
    next_ += batch.size();
  }
  // The first `bytes` of it alone.
  void Put(const JournalRecord& record, size_t bytes) {
    const std::array<char, kRecordBytes> encoded = EncodeRecord(record);
    std::memcpy(&image_[RecordOffset(record.sequence)], encoded.data(), bytes);
  }

  std::string& Image() { return image_; }
  std::vector<uint64_t> Sequences() const { return SequencesOf(image_); }
  static std::vector<uint64_t> SequencesOf(const std::string& image) {
    std::vector<uint64_t> sequences;
    for (const JournalRecord& record : ReadJournal(image).records) {
      EXPECT_EQ(record.epoch, record.sequence);
      sequences.push_back(record.sequence);
    }
    return sequences;
  }

 private:
  std::string image_ = std::string(kJournalBytes, '\0');
  uint64_t next_ = 1;
};

std::vector<uint64_t> FromTo(uint64_t first, uint64_t last) {
  std::vector<uint64_t> numbers(last - first + 1);
  std::iota(numbers.begin(), numbers.end(), first);
  return numbers;
}

std::vector<RecordBody> AllBodies() {
  return {
      EpochRecord{{absl::Seconds(1), absl::Seconds(2)}},
      UnitRecord{"dovecot.service", "dovecot", ServiceRole::kMailStore, true},
      IntentRecord{absl::Seconds(120), -absl::Seconds(4398), false, 3},
      MoveIntentRecord{CorrectionMethod::kSlew, -absl::Milliseconds(50),
                       absl::Seconds(9), absl::Seconds(10)},
      MovedRecord{CorrectionFate::kUnknown, absl::Nanoseconds(1)},
      EndedRecord{OperationOutcome::kDisputed, Refusal::kClockMoved,
                  CorrectionFate::kMoved, absl::Seconds(1), absl::Seconds(2),
                  absl::Seconds(3)},
      BroughtBackRecord{2, 1},
      PlannedRecord{{9, 8},
                    "mail-1",
                    CorrectionMethod::kStep,
                    true,
                    absl::Seconds(120),
                    absl::Seconds(1),
                    absl::Seconds(2)},
      PhaseRecord{3, absl::Seconds(1), absl::Seconds(2), BootId{{7}}, 4},
      ClosedRecord{1, 2, true, CorrectionFate::kMoved, absl::Seconds(1),
                   absl::Seconds(2), absl::Seconds(3), absl::Seconds(4),
                   absl::Seconds(5), absl::Seconds(6)},
  };
}

TEST(JournalRecordTest, ComesBackAsItWasWritten) {
  ASSERT_EQ(AllBodies().size(), std::variant_size_v<RecordBody>);
  for (const RecordBody& body : AllBodies()) {
    SCOPED_TRACE(body.index());
    const auto bytes = EncodeRecord(RecordOf(body));
    const auto back = DecodeRecord(bytes);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->sequence, 7u);
    EXPECT_EQ(back->operation, kOperation);
    EXPECT_EQ(back->epoch, 0x1122334455667788u);
    EXPECT_EQ(back->boot.bytes[0], 0xaa);
    EXPECT_EQ(back->boottime, absl::Nanoseconds(-5));
    EXPECT_EQ(back->body.index(), body.index());
    // All of the body, as its bytes are the same again.
    EXPECT_EQ(EncodeRecord(*back), bytes);
  }
}

TEST(JournalRecordTest, DistinguishesWhatItsFieldsSay) {
  // No field is left out of the bytes: two of them that differ give others.
  const auto intent = [](absl::Duration end, absl::Duration amount, bool all,
                         uint8_t units) {
    return EncodeRecord(RecordOf(IntentRecord{end, amount, all, units}));
  };
  const auto one = intent(absl::Seconds(1), absl::Seconds(2), true, 3);
  EXPECT_NE(one, intent(absl::Seconds(2), absl::Seconds(2), true, 3));
  EXPECT_NE(one, intent(absl::Seconds(1), absl::Seconds(3), true, 3));
  EXPECT_NE(one, intent(absl::Seconds(1), absl::Seconds(2), false, 3));
  EXPECT_NE(one, intent(absl::Seconds(1), absl::Seconds(2), true, 4));
}

TEST(JournalRecordTest, HasTheFormatOfEveryOtherVersion) {
  // As another implementation of CRC32C and of this layout wrote it.
  const auto bytes = EncodeRecord(
      RecordOf(MovedRecord{CorrectionFate::kMoved, absl::Nanoseconds(-2)}));
  const std::string text(bytes.begin(), bytes.end());
  EXPECT_EQ(absl::BytesToHexString(text.substr(0, 80)),
            "4e4d4a3104000100"
            "0700000000000000"
            "8877665544332211"
            "0102030405060708090a0b0c0d0e0f10"
            "aa000000000000000000000000000000"
            "fbffffffffffffff"
            "01feffffffffffffff00000000000000");
  EXPECT_EQ(absl::BytesToHexString(text.substr(252)), "65ca792d");
}

TEST(JournalRecordTest, IsNoneIfAnyBitIsWrong) {
  auto bytes = EncodeRecord(RecordOf(AllBodies()[1]));
  for (size_t bit = 0; bit < kRecordBytes * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    EXPECT_FALSE(DecodeRecord(bytes).has_value()) << bit;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
  }
  EXPECT_TRUE(DecodeRecord(bytes).has_value());
  EXPECT_FALSE(
      DecodeRecord(absl::MakeConstSpan(bytes).first(kRecordBytes - 1)));
}

TEST(JournalRecordTest, CutsTextToWhatFits) {
  UnitRecord body;
  body.unit = std::string(kMostUnitCharacters + 9, 'u');
  body.profile = std::string(kMostProfileCharacters + 9, 'p');
  const auto back = DecodeRecord(EncodeRecord(RecordOf(body)));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(std::get<UnitRecord>(back->body).unit,
            std::string(kMostUnitCharacters, 'u'));
  EXPECT_EQ(std::get<UnitRecord>(back->body).profile,
            std::string(kMostProfileCharacters, 'p'));
}

TEST(JournalRecordTest, RemembersTheLatestBeginningsOfTooMany) {
  EpochRecord body;
  for (int i = 0; i < 12; ++i) body.begun.push_back(absl::Seconds(i));
  const auto back = DecodeRecord(EncodeRecord(RecordOf(body)));
  ASSERT_TRUE(back.has_value());
  const auto& begun = std::get<EpochRecord>(back->body).begun;
  ASSERT_EQ(begun.size(), EpochRecord::kMostBegun);
  EXPECT_EQ(begun.front(), absl::Seconds(4));
  EXPECT_EQ(begun.back(), absl::Seconds(11));
}

TEST(ReadJournalTest, ReadsNothingFromZeros) {
  const JournalContents contents = ReadJournal(File().Image());
  EXPECT_THAT(contents.records, IsEmpty());
  EXPECT_EQ(contents.next_sequence, 1u);
  EXPECT_EQ(contents.unreadable, 0u);
}

TEST(ReadJournalTest, KeepsTheLatestRecordsOfALongLife) {
  File file;
  for (int i = 0; i < 1000; ++i) file.Append();
  EXPECT_EQ(file.Sequences(), FromTo(1000 - kJournalRecords + 1, 1000));
  EXPECT_EQ(ReadJournal(file.Image()).next_sequence, 1001u);
}

TEST(ReadJournalTest, LeavesOutATornWriteOfAnyLength) {
  File before;
  for (int i = 0; i < 300; ++i) before.Append();
  for (size_t bytes = 0; bytes <= kRecordBytes; ++bytes) {
    File file = before;
    file.Put(file.Batch(1)[0], bytes);
    const JournalContents contents = ReadJournal(file.Image());
    const bool whole = bytes == kRecordBytes;
    // In its place was the oldest, which is gone as soon as a byte differs.
    const bool intact = file.Image() == before.Image();
    EXPECT_EQ(file.Sequences(), FromTo(intact ? 45 : 46, whole ? 301 : 300))
        << bytes;
    EXPECT_EQ(contents.next_sequence, whole ? 302u : 301u);
    EXPECT_EQ(contents.unreadable, whole || intact ? 0u : 1u);
  }
}

TEST(ReadJournalTest, CountsABatchAsAWholeOrNotAtAll) {
  File before;
  for (int i = 0; i < 300; ++i) before.Append();
  const std::vector<JournalRecord> batch = before.Batch(4);
  // A disk may have written any of its sectors.
  for (unsigned written = 0; written < 16; ++written) {
    File file = before;
    for (size_t i = 0; i < 4; ++i) {
      if ((written >> i & 1) != 0) file.Put(batch[i], kRecordBytes);
    }
    const std::vector<uint64_t> sequences = file.Sequences();
    EXPECT_EQ(sequences.back(), written == 15 ? 304u : 300u) << written;
    // Whoever writes next uses no sequence that is on the disk.
    const uint64_t next = ReadJournal(file.Image()).next_sequence;
    for (size_t i = 0; i < 4; ++i) {
      if ((written >> i & 1) != 0) {
        EXPECT_GT(next, 301 + i);
      }
    }
  }
}

TEST(ReadJournalTest, GoesOnAfterABatchThatFailed) {
  File file;
  file.Append();
  file.Put(file.Batch(3)[1], kRecordBytes);  // 3 of 2...4
  const uint64_t next = ReadJournal(file.Image()).next_sequence;
  EXPECT_EQ(next, 4u);
  std::vector<JournalRecord> batch(2, RecordOf(EpochRecord()));
  NumberBatch(next, batch);
  for (JournalRecord& record : batch) record.epoch = record.sequence;
  for (const JournalRecord& record : batch) file.Put(record, kRecordBytes);
  EXPECT_THAT(file.Sequences(), ElementsAre(1u, 4u, 5u));
}

TEST(ReadJournalTest, DoesNotBelieveWhatIsInAWrongPlace) {
  File file;
  file.Append();
  file.Append();
  const auto astray = EncodeRecord(file.Batch(1)[0]);
  std::memcpy(&file.Image()[40 * kRecordBytes], astray.data(), kRecordBytes);
  const JournalContents contents = ReadJournal(file.Image());
  EXPECT_THAT(file.Sequences(), ElementsAre(1u, 2u));
  EXPECT_EQ(contents.unreadable, 1u);
  EXPECT_EQ(contents.next_sequence, 3u);
}

TEST(ReadJournalTest, ReadsAnyImage) {
  File file;
  for (int i = 0; i < 10; ++i) file.Append();
  for (size_t size : {0, 1, 255, 256, 257, 700, 65535}) {
    const auto sequences = File::SequencesOf(file.Image().substr(0, size));
    EXPECT_LE(sequences.size(), size / kRecordBytes);
  }
  EXPECT_EQ(File::SequencesOf(file.Image() + std::string(999, 'x')),
            FromTo(1, 10));
  EXPECT_EQ(ReadJournal(std::string(kJournalBytes, 'x')).unreadable,
            kJournalRecords);
}

TEST(ReadJournalsTest, HasWhatEitherHas) {
  File disk;
  for (int i = 0; i < 3; ++i) disk.Append();
  File copy = disk;
  copy.Append(2);
  // The disk failed in the middle of that batch; the copy has it all.
  disk.Put(disk.Batch(2)[0], 100);
  const JournalContents contents = ReadJournals(disk.Image(), copy.Image());
  EXPECT_EQ(contents.records.size(), 5u);
  EXPECT_EQ(contents.next_sequence, 6u);
  // And without the copy, as after a reboot.
  EXPECT_EQ(ReadJournals(disk.Image(), "").records.size(), 3u);
  EXPECT_EQ(ReadJournals("", copy.Image()).records.size(), 5u);
}

}  // namespace
}  // namespace noonmark
