#ifndef NOONMARK_TESTS_SIMULATION_FAULT_DISK_H_
#define NOONMARK_TESTS_SIMULATION_FAULT_DISK_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/correct/journal_record.h"
#include "tests/simulation/random.h"

namespace noonmark::simulation {

enum class DiskFault : uint8_t {
  kNone,
  kNoSpace,  // nothing is written, and it is said
  kInputOutput,
  kShort,      // a part is written, and it is said
  kSyncFails,  // all is written, and perhaps on the disk; it is said that not
  kForgets,    // it is said to be durable, and nothing was done: a bug of ours
};

// One journal: what the disk has, what only the kernel has, and the copy in
// /run. Who dies leaves what the kernel has; a machine that dies, what the disk
// has.
class FaultDisk {
 public:
  explicit FaultDisk(Random random) : random_(random) {}

  // The next write, counted from 1, and from then on if `for_good`.
  void FailAt(uint64_t write, DiskFault fault, bool for_good = false);
  void Heal();
  uint64_t Writes() const { return writes_; }

  // Numbers and writes a batch. False: it is not known to be durable.
  bool Append(std::vector<JournalRecord> batch);
  // The writer dies after so many bytes of it.
  void AppendTorn(std::vector<JournalRecord> batch, size_t bytes);
  // All is written and nothing synchronised.
  void AppendUnsynchronised(std::vector<JournalRecord> batch);

  // The writer starts again: it takes its number from what it can read.
  void Open();
  // The machine dies: any sector that was not synchronised may be old or new.
  void LosePower();

  // As the machine's programs read it.
  JournalContents Read() const;
  // What would be left if the power failed now; for the checker.
  JournalContents Durable() const;

 private:
  void Put(std::string& image, const std::vector<JournalRecord>& batch,
           size_t bytes) const;

  Random random_;
  std::string disk_ = std::string(kJournalBytes, '\0');
  std::string kernel_ = std::string(kJournalBytes, '\0');
  std::string copy_ = std::string(kJournalBytes, '\0');
  uint64_t next_sequence_ = 1;
  uint64_t writes_ = 0;
  std::map<uint64_t, DiskFault> faults_;
  DiskFault for_good_ = DiskFault::kNone;
  uint64_t for_good_from_ = 0;
  // The last answers, as reading 64 KiB is most of a run's cost.
  mutable bool read_valid_ = false;
  mutable bool durable_valid_ = false;
  mutable JournalContents read_;
  mutable JournalContents durable_;
};

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_FAULT_DISK_H_
