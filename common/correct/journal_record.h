#ifndef NOONMARK_COMMON_CORRECT_JOURNAL_RECORD_H_
#define NOONMARK_COMMON_CORRECT_JOURNAL_RECORD_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/correct/order.h"

namespace noonmark {

// What is written down, durably, before it is done: one format for the guest's
// journal, for the marks of noonmark-resume and for dom0's operations. A record
// is there because something decides by it after a death.

// --- the guest's ---

// The epoch of the record was accepted. With it goes what a ring full of such
// records would forget: when corrections began in this boot, by BOOTTIME.
struct EpochRecord {
  static constexpr size_t kMostBegun = 8;
  std::vector<absl::Duration> begun;
};
// One unit that runs and is about to be stopped, before its IntentRecord.
struct UnitRecord {
  std::string unit;
  std::string profile;
  ServiceRole role = ServiceRole::kOther;
  bool acts_before_start = false;
};
// From here on the units in this batch may be stopped; they are back at
// `lease_end` at the latest.
struct IntentRecord {
  absl::Duration lease_end;
  absl::Duration amount;
  // False: the time daemons alone.
  bool all_rest = true;
  uint8_t units = 0;
};
// The clock may be moved from here on.
struct MoveIntentRecord {
  CorrectionMethod method = CorrectionMethod::kStep;
  absl::Duration amount;
  // REALTIME - BOOTTIME before, between these.
  absl::Duration real_minus_boot_lo;
  absl::Duration real_minus_boot_hi;
};
// What came of it.
struct MovedRecord {
  CorrectionFate fate = CorrectionFate::kNotMoved;
  absl::Duration moved;
};
// All that was stopped was started; nothing is owed any more.
struct EndedRecord {
  OperationOutcome outcome = OperationOutcome::kOpen;
  Refusal given_up = Refusal::kNone;
  CorrectionFate fate = CorrectionFate::kNotMoved;
  absl::Duration moved;
  absl::Duration moved_by_others;
  absl::Duration at_rest_for;
};

// --- noonmark-resume's ---

// It started what the operation had stopped, for the `attempt`th time.
struct BroughtBackRecord {
  uint8_t attempt = 1;
  // Units that did not start.
  uint8_t failed = 0;
};

// --- dom0's ---

// An operation of a guest is planned; nothing was done yet.
struct PlannedRecord {
  std::array<uint8_t, 16> guest = {};  // libvirt's UUID
  std::string name;                    // of the guest; cut to what fits
  CorrectionMethod method = CorrectionMethod::kStep;
  bool quiesces = true;
  absl::Duration lease;
  absl::Duration offset_lo;  // guest minus host
  absl::Duration offset_hi;
};
// It is at this phase (HostPhase) from here on; what the phase does comes
// after.
struct PhaseRecord {
  uint8_t phase = 0;
  // kQuiesceSent, kCorrectSent: the order's amount and end, and the boot of the
  // guest that the end is of.
  absl::Duration amount;
  absl::Duration valid_until;
  BootId guest_boot;
  // kAborting, kHeld: HostReason.
  uint8_t reason = 0;
};
// It is over, and its slot is free.
struct ClosedRecord {
  uint8_t result = 0;  // HostResult
  uint8_t reason = 0;  // HostReason
  bool held = false;
  CorrectionFate fate = CorrectionFate::kNotMoved;
  absl::Duration moved;
  absl::Duration at_rest_for;
  absl::Duration offset_before_lo;
  absl::Duration offset_before_hi;
  absl::Duration offset_after_lo;
  absl::Duration offset_after_hi;
};

using RecordBody =
    std::variant<EpochRecord, UnitRecord, IntentRecord, MoveIntentRecord,
                 MovedRecord, EndedRecord, BroughtBackRecord, PlannedRecord,
                 PhaseRecord, ClosedRecord>;

struct JournalRecord {
  // Counts up through the life of a journal; 0: not given yet.
  uint64_t sequence = 0;
  // Its place in the batch that it was written with, and how many those were. A
  // batch counts as a whole or not at all.
  uint8_t batch_index = 0;
  uint8_t batch_size = 1;
  OperationId operation;
  uint64_t epoch = 0;
  // Of the machine that keeps the journal.
  BootId boot;
  absl::Duration boottime;
  RecordBody body;
};

inline constexpr size_t kRecordBytes = 256;
inline constexpr size_t kJournalRecords = 256;
inline constexpr size_t kJournalBytes = kRecordBytes * kJournalRecords;
// A batch of a guest's operation has its units and its intent.
inline constexpr size_t kMostBatchRecords = kMostServices + 1;

// Durations in whole nanoseconds; text is cut to what fits.
std::array<char, kRecordBytes> EncodeRecord(const JournalRecord& record);
// Absent: it is no whole record of this format.
std::optional<JournalRecord> DecodeRecord(absl::Span<const char> bytes);

// Where a record of this sequence is in the journal's file: a ring.
inline size_t RecordOffset(uint64_t sequence) {
  return static_cast<size_t>(sequence % kJournalRecords) * kRecordBytes;
}

// What a journal's file says.
struct JournalContents {
  // By their sequence, of whole batches alone. What a death or a failed write
  // left of a batch was never told to be durable, and is left out.
  std::vector<JournalRecord> records;
  // What the next record gets; >= 1. Above all that were seen.
  uint64_t next_sequence = 1;
  // Places that hold neither a record nor zeros: a torn write leaves one or a
  // few, until they are written over.
  size_t unreadable = 0;
};

// Any image is read: a shorter one as if the rest were zeros, of a longer one
// what is beyond is ignored.
JournalContents ReadJournal(absl::Span<const char> image);

// Of the file on the disk and its copy in /run, which is written after it, what
// both together say: the records of either.
JournalContents ReadJournals(absl::Span<const char> disk,
                             absl::Span<const char> copy);

// Gives a batch its sequences and places. 1 to kMostBatchRecords records. A
// sequence is never given twice, not even after a write that failed: what the
// disk has of that one must not complete another.
void NumberBatch(uint64_t next_sequence, std::vector<JournalRecord>& batch);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_CORRECT_JOURNAL_RECORD_H_
