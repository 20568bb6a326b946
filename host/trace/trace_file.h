#ifndef NOONMARK_HOST_TRACE_TRACE_FILE_H_
#define NOONMARK_HOST_TRACE_TRACE_FILE_H_

#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/sync/mutex.h"
#include "host/trace/trace_wire.h"

namespace noonmark {

// Records inputs of the core in a file. Whoever records never waits for the
// disk: a thread writes, and if it falls behind by more than a few MiB, or the
// disk is full, recording ends with a word in the log and the daemon goes on.
//
// A file that has reached half of `most_bytes` is kept as PATH.1 in place of
// the former one, and a new one begins: replayed, it starts from nothing known.
class TraceWriter {
 public:
  // Begins a new file; one that is there becomes PATH.1.
  //
  // Errors: kUnavailable: the file cannot be made; the message has the path and
  // the system's reason.
  static absl::StatusOr<std::unique_ptr<TraceWriter>> Create(
      const std::string& path, int64_t most_bytes, const std::string& host_name,
      const std::string& daemon_version, const CoreOptions& options);
  // Writes what is waiting.
  ~TraceWriter();
  TraceWriter(const TraceWriter&) = delete;
  TraceWriter& operator=(const TraceWriter&) = delete;

  // One thread.
  void Record(const CoreInput& input);

 private:
  // Bytes for one file; a later chunk that begins a new one.
  struct Chunk {
    bool new_file = false;
    std::string bytes;
  };

  TraceWriter(std::string path, int64_t most_bytes, std::string header,
              std::FILE* file);
  void WriteWaiting();
  absl::Status Write(const Chunk& chunk);

  const std::string path_;
  const int64_t most_bytes_;
  const std::string header_;
  // Of the recording thread.
  TraceEncoder encoder_;
  int64_t recorded_ = 0;
  std::string scratch_;
  // Of the writing thread.
  std::FILE* file_;

  Mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Chunk> waiting_ ABSL_GUARDED_BY(mutex_);
  size_t waiting_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

// Reads a trace.
class TraceReader {
 public:
  // Errors, with the path:
  //   kNotFound, kUnavailable  it cannot be read.
  //   kInvalidArgument         no trace, or of a later version.
  static absl::StatusOr<TraceReader> Open(const std::string& path);
  TraceReader(TraceReader&&) noexcept;
  TraceReader& operator=(TraceReader&&) noexcept;
  ~TraceReader();

  const v1::TraceHeader& header() const;
  const CoreOptions& options() const;

  // The next input; nothing at the end.
  //
  // Errors:
  //   kDataLoss         the file ends within a record, as after a crash: what
  //                     came before is good.
  //   kInvalidArgument  a record makes no sense; the message has its number.
  absl::StatusOr<std::optional<CoreInput>> Next();

 private:
  struct State;
  explicit TraceReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_TRACE_TRACE_FILE_H_
