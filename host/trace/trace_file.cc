#include "host/trace/trace_file.h"

#include <fcntl.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/runtime/log.h"

namespace noonmark {
namespace {

using ::google::protobuf::io::CodedInputStream;
using ::google::protobuf::io::FileInputStream;

// What may wait for the disk.
constexpr size_t kMostWaiting = 8 << 20;
// What is worth waking the writer for before its second is over.
constexpr size_t kMuch = 64 << 10;
// A record is an exchange at the most: some 400 bytes.
constexpr uint32_t kMostRecord = 64 << 10;

void AppendDelimited(const v1::TraceRecord& record, std::string& bytes) {
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::util::SerializeDelimitedToZeroCopyStream(record, &stream);
}

absl::Status Failed(const std::string& path, int error) {
  return absl::UnavailableError(absl::StrCat(path, ": ", strerror(error)));
}

// What was recorded before is kept as PATH.1.
absl::StatusOr<std::FILE*> BeginFile(const std::string& path) {
  if (std::rename(path.c_str(), (path + ".1").c_str()) != 0 &&
      errno != ENOENT) {
    return Failed(path, errno);
  }
  const int fd = open(
      path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
  if (fd < 0) return Failed(path, errno);
  return fdopen(fd, "w");
}

}  // namespace

absl::StatusOr<std::unique_ptr<TraceWriter>> TraceWriter::Create(
    const std::string& path, int64_t most_bytes, const std::string& host_name,
    const std::string& daemon_version, const CoreOptions& options) {
  v1::TraceRecord record;
  v1::TraceHeader& header = *record.mutable_header();
  header.set_version(kTraceVersion);
  header.set_daemon_version(daemon_version);
  header.set_host_name(host_name);
  EncodeCoreOptions(options, *header.mutable_options());
  std::string bytes;
  AppendDelimited(record, bytes);

  absl::StatusOr<std::FILE*> file = BeginFile(path);
  if (!file.ok()) return file.status();
  return std::unique_ptr<TraceWriter>(
      new TraceWriter(path, most_bytes, std::move(bytes), *file));
}

TraceWriter::TraceWriter(std::string path, int64_t most_bytes,
                         std::string header, std::FILE* file)
    : path_(std::move(path)),
      most_bytes_(most_bytes),
      header_(std::move(header)),
      file_(file) {
  waiting_.push_back({.new_file = false, .bytes = header_});
  waiting_bytes_ = header_.size();
  thread_ = std::thread([this] { WriteWaiting(); });
}

TraceWriter::~TraceWriter() {
  {
    MutexLock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
  if (file_ != nullptr) std::fclose(file_);
}

void TraceWriter::Record(const CoreInput& input) {
  const bool new_file = recorded_ >= most_bytes_ / 2;
  scratch_.clear();
  if (new_file) {
    encoder_ = TraceEncoder();
    recorded_ = 0;
    scratch_ = header_;
  }
  encoder_.Encode(input, [this](const v1::TraceRecord& record) {
    AppendDelimited(record, scratch_);
  });
  recorded_ += static_cast<int64_t>(scratch_.size());

  bool much = false;
  {
    MutexLock lock(mutex_);
    if (failed_) return;
    if (waiting_bytes_ > kMostWaiting) {
      failed_ = true;
      LogWarning(absl::StrCat("trace ", path_,
                              ": the disk is too slow; recording has ended"));
      return;
    }
    if (new_file || waiting_.empty()) waiting_.push_back({new_file, ""});
    waiting_.back().bytes += scratch_;
    waiting_bytes_ += scratch_.size();
    much = waiting_bytes_ > kMuch;
  }
  if (much) changed_.notify_one();
}

void TraceWriter::WriteWaiting() {
  bool last = false;
  while (!last) {
    std::deque<Chunk> chunks;
    {
      MutexLock lock(mutex_);
      if (!ended_ && waiting_bytes_ <= kMuch) {
        changed_.wait_for(mutex_, std::chrono::seconds(1));
      }
      chunks.swap(waiting_);
      waiting_bytes_ = 0;
      last = ended_;
    }
    for (const Chunk& chunk : chunks) {
      const absl::Status status = Write(chunk);
      if (status.ok()) continue;
      LogWarning(absl::StrCat("trace ", std::string(status.message()),
                              "; recording has ended"));
      MutexLock lock(mutex_);
      failed_ = true;
      return;
    }
  }
}

absl::Status TraceWriter::Write(const Chunk& chunk) {
  if (chunk.new_file) {
    std::fclose(file_);
    absl::StatusOr<std::FILE*> file = BeginFile(path_);
    file_ = file.ok() ? *file : nullptr;
    if (!file.ok()) return file.status();
  }
  if (std::fwrite(chunk.bytes.data(), 1, chunk.bytes.size(), file_) !=
          chunk.bytes.size() ||
      std::fflush(file_) != 0) {
    return Failed(path_, errno);
  }
  return absl::OkStatus();
}

struct TraceReader::State {
  State(const std::string& p, int fd) : path(p), stream(fd) {
    stream.SetCloseOnDelete(true);
  }

  // False: the end. The reader's own, since protobuf's does not tell the end
  // of a file from the middle of a record.
  absl::StatusOr<bool> ReadRecord() {
    CodedInputStream coded(&stream);
    uint32_t size = 0;
    ++number;
    if (!coded.ReadVarint32(&size)) {
      if (stream.GetErrno() != 0) return Failed(path, stream.GetErrno());
      if (coded.CurrentPosition() == 0) return false;
      return Torn();
    }
    if (size > kMostRecord) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": record ", number, ": ", size,
                       " bytes is more than a record has: no trace, or a "
                       "damaged one"));
    }
    std::string bytes;
    if (!coded.ReadString(&bytes, static_cast<int>(size))) return Torn();
    record.Clear();
    if (!record.ParseFromString(bytes)) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": record ", number, ": no trace, or a damaged one"));
    }
    return true;
  }

  absl::Status Torn() const {
    return absl::DataLossError(
        absl::StrCat(path, ": ends within record ", number,
                     ", as after a crash; what came before is used"));
  }

  std::string path;
  FileInputStream stream;
  int64_t number = 0;
  v1::TraceRecord record;
  v1::TraceHeader header;
  CoreOptions options;
  TraceDecoder decoder;
};

TraceReader::TraceReader(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
TraceReader::TraceReader(TraceReader&&) noexcept = default;
TraceReader& TraceReader::operator=(TraceReader&&) noexcept = default;
TraceReader::~TraceReader() = default;

absl::StatusOr<TraceReader> TraceReader::Open(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    const int error = errno;
    if (error != ENOENT) return Failed(path, error);
    return absl::NotFoundError(absl::StrCat(path, ": ", strerror(error)));
  }
  auto state = std::make_unique<State>(path, fd);
  const absl::StatusOr<bool> read = state->ReadRecord();
  if (!read.ok()) return read.status();
  if (!*read || !state->record.has_header()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": no trace: noonmarkd writes them where [trace] file says"));
  }
  state->header = state->record.header();
  if (state->header.version() != kTraceVersion) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": a trace of version ", state->header.version(),
                     "; this program reads version ", kTraceVersion));
  }
  absl::StatusOr<CoreOptions> options =
      DecodeCoreOptions(state->header.options());
  if (!options.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": ", std::string(options.status().message())));
  }
  state->options = *options;
  return TraceReader(std::move(state));
}

const v1::TraceHeader& TraceReader::header() const { return state_->header; }
const CoreOptions& TraceReader::options() const { return state_->options; }

absl::StatusOr<std::optional<CoreInput>> TraceReader::Next() {
  while (true) {
    const absl::StatusOr<bool> read = state_->ReadRecord();
    if (!read.ok()) return read.status();
    if (!*read) return std::optional<CoreInput>();
    absl::StatusOr<std::optional<CoreInput>> input =
        state_->decoder.Decode(state_->record);
    if (!input.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(state_->path, ": record ", state_->number, ": ",
                       std::string(input.status().message())));
    }
    if (input->has_value()) return input;
  }
}

}  // namespace noonmark
