#ifndef NOONMARK_COMMON_RUNTIME_CONFIG_FILE_H_
#define NOONMARK_COMMON_RUNTIME_CONFIG_FILE_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace noonmark {

class ConfigTable;

// A TOML file read strictly: a key that nobody asked for, a value of the wrong
// type or out of its range is an error that names file, line and column.
//
//   absl::StatusOr<ConfigFile> file = ConfigFile::Load(path);
//   if (!file.ok()) return file.status();
//   ConfigTable poll = file->root().Table("poll");
//   config.poll = poll.Duration("interval", absl::Seconds(5), absl::Seconds(1),
//                               absl::Hours(1));
//   if (absl::Status status = file->Check(); !status.ok()) return status;
//
// The getters return the default when a key is absent or bad, and remember
// what was bad: one Check() at the end tells all of it.
class ConfigFile {
 public:
  // Errors:
  //   kNotFound         there is no such file.
  //   kPermissionDenied, kUnavailable  it cannot be read; the message has the
  //                     system's reason.
  //   kInvalidArgument  not TOML: "FILE:LINE:COLUMN: what is wrong".
  static absl::StatusOr<ConfigFile> Load(const std::string& path);
  // `name` stands for the file in messages.
  static absl::StatusOr<ConfigFile> Parse(std::string_view text,
                                          std::string_view name);

  ConfigFile(ConfigFile&&) noexcept;
  ConfigFile& operator=(ConfigFile&&) noexcept;
  ~ConfigFile();

  // The table that is the whole file.
  ConfigTable root();

  // OK if every getter so far was satisfied and every key in the file was
  // asked for. Else kInvalidArgument, a line for each fault in the order of
  // the file: "FILE:LINE:COLUMN: poll.interval: must be from 1s to 1h, not 3d".
  // An unknown key is told with the known keys beside it.
  absl::Status Check();

 private:
  friend class ConfigTable;
  struct State;
  explicit ConfigFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One table of the file, or an empty one where the file has none. Valid as long
// as its ConfigFile.
class ConfigTable {
 public:
  // Each getter takes the key, the default, and what is allowed.
  std::string String(std::string_view key, std::string_view otherwise);
  // As String(), and absent or empty is a fault.
  std::string RequiredString(std::string_view key);
  std::string OneOf(std::string_view key, std::string_view otherwise,
                    std::initializer_list<std::string_view> choices);
  // Written as a string with its unit: "50ms", "5s", "2m", "1h30m", "-6s".
  // A bare number is a fault. Ends included.
  absl::Duration Duration(std::string_view key, absl::Duration otherwise,
                          absl::Duration least, absl::Duration most);
  int64_t Integer(std::string_view key, int64_t otherwise, int64_t least,
                  int64_t most);
  bool Bool(std::string_view key, bool otherwise);
  // Arrays, of at most so many elements; absent: empty.
  std::vector<std::string> Strings(std::string_view key, size_t most);
  std::vector<int64_t> Integers(std::string_view key, size_t most_elements,
                                int64_t least, int64_t most);

  // [key]; an empty table where there is none.
  ConfigTable Table(std::string_view key);
  // [[key]], in the order of the file.
  std::vector<ConfigTable> Tables(std::string_view key);

  // The keys of this table, in byte order: for tables whose keys are names of
  // the user's. None is known by that.
  std::vector<std::string> Keys() const;

  // The key is another program's: it may be there, and nobody looks at it.
  void Leave(std::string_view key);

  // Records a fault of this key's value that only the caller can see; shown by
  // Check() as if a getter had found it.
  void Fault(std::string_view key, std::string_view what);

 private:
  friend class ConfigFile;
  struct Node;
  explicit ConfigTable(std::shared_ptr<Node> node);
  std::shared_ptr<Node> node_;
};

}  // namespace noonmark

#endif  // NOONMARK_COMMON_RUNTIME_CONFIG_FILE_H_
