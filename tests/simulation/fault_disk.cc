#include "tests/simulation/fault_disk.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace noonmark::simulation {
namespace {

constexpr size_t kSector = 512;

}  // namespace

void FaultDisk::FailAt(uint64_t write, DiskFault fault, bool for_good) {
  if (for_good) {
    for_good_ = fault;
    for_good_from_ = write;
  } else {
    faults_[write] = fault;
  }
}

void FaultDisk::Heal() {
  faults_.clear();
  for_good_ = DiskFault::kNone;
}

void FaultDisk::Put(std::string& image, const std::vector<JournalRecord>& batch,
                    size_t bytes) const {
  for (const JournalRecord& record : batch) {
    const auto encoded = EncodeRecord(record);
    const size_t count = std::min(bytes, encoded.size());
    std::memcpy(&image[RecordOffset(record.sequence)], encoded.data(), count);
    bytes -= count;
  }
}

bool FaultDisk::Append(std::vector<JournalRecord> batch) {
  read_valid_ = durable_valid_ = false;
  NumberBatch(next_sequence_, batch);
  next_sequence_ += batch.size();
  ++writes_;
  DiskFault fault = DiskFault::kNone;
  if (const auto found = faults_.find(writes_); found != faults_.end()) {
    fault = found->second;
  } else if (for_good_ != DiskFault::kNone && writes_ >= for_good_from_) {
    fault = for_good_;
  }
  const size_t all = batch.size() * kRecordBytes;
  bool ok = false;
  switch (fault) {
    case DiskFault::kNone:
      Put(kernel_, batch, all);
      disk_ = kernel_;
      ok = true;
      break;
    case DiskFault::kNoSpace:
    case DiskFault::kInputOutput:
      break;
    case DiskFault::kShort:
      Put(kernel_, batch,
          static_cast<size_t>(random_.From(0, static_cast<int64_t>(all) - 1)));
      break;
    case DiskFault::kSyncFails:
      Put(kernel_, batch, all);
      break;
    case DiskFault::kForgets:
      return true;
  }
  // The copy is written in any case, after the disk.
  Put(copy_, batch, all);
  return ok;
}

void FaultDisk::AppendTorn(std::vector<JournalRecord> batch, size_t bytes) {
  read_valid_ = durable_valid_ = false;
  NumberBatch(next_sequence_, batch);
  Put(kernel_, batch, bytes);
}

void FaultDisk::AppendUnsynchronised(std::vector<JournalRecord> batch) {
  const size_t all = batch.size() * kRecordBytes;
  AppendTorn(std::move(batch), all);
}

void FaultDisk::Open() { next_sequence_ = Read().next_sequence; }

void FaultDisk::LosePower() {
  read_valid_ = durable_valid_ = false;
  for (size_t at = 0; at < kJournalBytes; at += kSector) {
    if (random_.OneIn(2)) {
      std::memcpy(&disk_[at], &kernel_[at], kSector);
    }
  }
  kernel_ = disk_;
  copy_.assign(kJournalBytes, '\0');
}

JournalContents FaultDisk::Read() const {
  if (!read_valid_) {
    read_ = ReadJournals(kernel_, copy_);
    read_valid_ = true;
  }
  return read_;
}

JournalContents FaultDisk::Durable() const {
  if (!durable_valid_) {
    durable_ = ReadJournal(disk_);
    durable_valid_ = true;
  }
  return durable_;
}

}  // namespace noonmark::simulation
