#include "common/runtime/config_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <map>
#include <sstream>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/runtime/config_value.h"
#include "toml++/toml.h"

namespace noonmark {
namespace {

// Nobody writes more by hand; a device or a log given by mistake is no
// configuration.
constexpr size_t kMostBytes = size_t{1} << 20;

// An empty file has no position of its own.
struct Position {
  unsigned line = 1;
  unsigned column = 1;
};

Position PositionOf(const toml::source_region& source) {
  if (!source.begin) return {};
  return {source.begin.line, source.begin.column};
}

absl::Status ReadError(const std::string& path, int error) {
  const std::string text =
      absl::StrCat(path, ": ", std::generic_category().message(error),
                   "; name a file that this user can read");
  if (error == ENOENT) return absl::NotFoundError(text);
  if (error == EACCES || error == EPERM) {
    return absl::PermissionDeniedError(text);
  }
  return absl::UnavailableError(text);
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ReadError(path, errno);
  const absl::Cleanup close_fd = [fd] { close(fd); };
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t got = read(fd, buffer, sizeof(buffer));
    if (got == 0) return text;
    if (got < 0) {
      if (errno == EINTR) continue;
      return ReadError(path, errno);
    }
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > kMostBytes) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ":1:1: larger than 1 MiB, which is no configuration"));
    }
  }
}

// The value as a person finds it in the file.
std::string Shown(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "an array";
  if (const auto* text = node.as_string()) {
    return absl::StrCat("\"", ForMessage(text->get()), "\"");
  }
  std::ostringstream out;
  node.visit([&out](const auto& value) { out << value; });
  return out.str();
}

// What an array is instead; nothing where only its elements are wrong.
std::string NotWhat(const toml::node& node) {
  return node.is_array() ? "" : absl::StrCat(", not ", Shown(node));
}

std::string Range(absl::Duration least, absl::Duration most) {
  return absl::StrCat("from ", absl::FormatDuration(least), " to ",
                      absl::FormatDuration(most));
}

}  // namespace

struct ConfigTable::Node {
  ConfigFile::State* file = nullptr;
  // Null: the file has no such table.
  const toml::table* table = nullptr;
  std::string path;
  // Of the table, or of the nearest around it.
  Position position;
  // What was asked for, in that order.
  std::vector<std::string> known;
  std::map<std::string, std::vector<std::shared_ptr<Node>>> children;

  // Null: absent. The key is known from now on.
  const toml::node* Find(std::string_view key);
  std::string PathOf(std::string_view key) const;
  void Fault(std::string_view key, std::string_view what);
  void FindUnknown() const;
};

struct ConfigFile::State {
  struct Fault {
    Position position;
    std::string text;
    bool operator==(const Fault& other) const { return Key() == other.Key(); }
    bool operator<(const Fault& other) const { return Key() < other.Key(); }
    std::tuple<unsigned, unsigned, std::string_view> Key() const {
      return {position.line, position.column, text};
    }
  };

  std::string name;
  toml::table table;
  std::shared_ptr<ConfigTable::Node> root;
  std::vector<Fault> faults;
};

const toml::node* ConfigTable::Node::Find(std::string_view key) {
  if (!absl::c_linear_search(known, key)) known.emplace_back(key);
  return table == nullptr ? nullptr : table->get(key);
}

std::string ConfigTable::Node::PathOf(std::string_view key) const {
  const std::string shown = ForMessage(key);
  return path.empty() ? shown : absl::StrCat(path, ".", shown);
}

void ConfigTable::Node::Fault(std::string_view key, std::string_view what) {
  const toml::node* value = Find(key);
  file->faults.push_back(
      {value == nullptr ? position : PositionOf(value->source()),
       absl::StrCat(PathOf(key), ": ", std::string(what))});
}

void ConfigTable::Node::FindUnknown() const {
  if (table != nullptr) {
    for (const auto& [key, value] : *table) {
      if (absl::c_linear_search(known, key.str())) continue;
      std::string text =
          absl::StrCat("unknown key \"", PathOf(key.str()), "\"");
      if (!known.empty()) {
        absl::StrAppend(&text, "; known here: ", absl::StrJoin(known, ", "));
      }
      file->faults.push_back({PositionOf(key.source()), std::move(text)});
    }
  }
  for (const auto& [key, nodes] : children) {
    for (const auto& node : nodes) node->FindUnknown();
  }
}

ConfigFile::ConfigFile(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
ConfigFile::ConfigFile(ConfigFile&&) noexcept = default;
ConfigFile& ConfigFile::operator=(ConfigFile&&) noexcept = default;
ConfigFile::~ConfigFile() = default;

absl::StatusOr<ConfigFile> ConfigFile::Load(const std::string& path) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return text.status();
  return Parse(*text, path);
}

absl::StatusOr<ConfigFile> ConfigFile::Parse(std::string_view text,
                                             std::string_view name) {
  auto state = std::make_unique<State>();
  state->name = std::string(name);
  try {
    state->table = toml::parse(text);
  } catch (const toml::parse_error& error) {
    const Position at = PositionOf(error.source());
    return absl::InvalidArgumentError(
        absl::StrFormat("%s:%u:%u: %s", state->name, at.line, at.column,
                        ForMessage(error.description(), 500)));
  }
  state->root = std::make_shared<ConfigTable::Node>();
  state->root->file = state.get();
  state->root->table = &state->table;
  return ConfigFile(std::move(state));
}

ConfigTable ConfigFile::root() { return ConfigTable(state_->root); }

absl::Status ConfigFile::Check() {
  const std::vector<State::Fault> found = state_->faults;
  state_->root->FindUnknown();
  // What is unknown now may have been asked for by the next Check().
  std::vector<State::Fault> faults = std::exchange(state_->faults, found);
  if (faults.empty()) return absl::OkStatus();
  std::sort(faults.begin(), faults.end());
  faults.erase(std::unique(faults.begin(), faults.end()), faults.end());
  return absl::InvalidArgumentError(absl::StrJoin(
      faults, "\n", [this](std::string* out, const State::Fault& fault) {
        absl::StrAppendFormat(out, "%s:%u:%u: %s", state_->name,
                              fault.position.line, fault.position.column,
                              fault.text);
      }));
}

ConfigTable::ConfigTable(std::shared_ptr<Node> node) : node_(std::move(node)) {}

void ConfigTable::Leave(std::string_view key) { node_->Find(key); }

std::string ConfigTable::String(std::string_view key,
                                std::string_view otherwise) {
  const toml::node* value = node_->Find(key);
  if (value == nullptr) return std::string(otherwise);
  if (const auto* text = value->as_string()) return text->get();
  Fault(key, absl::StrCat("must be a string, not ", Shown(*value)));
  return std::string(otherwise);
}

std::string ConfigTable::RequiredString(std::string_view key) {
  const toml::node* value = node_->Find(key);
  std::string text = String(key, "");
  if (value == nullptr) {
    Fault(key, "must be given");
  } else if (value->is_string() && text.empty()) {
    Fault(key, "must not be empty");
  }
  return text;
}

std::string ConfigTable::OneOf(
    std::string_view key, std::string_view otherwise,
    std::initializer_list<std::string_view> choices) {
  const toml::node* value = node_->Find(key);
  if (value == nullptr) return std::string(otherwise);
  const auto* text = value->as_string();
  if (text != nullptr &&
      absl::c_linear_search(choices, std::string_view(text->get()))) {
    return text->get();
  }
  Fault(key, absl::StrCat(
                 "must be ",
                 absl::StrJoin(choices, " or ",
                               [](std::string* out, std::string_view choice) {
                                 absl::StrAppend(out, "\"", std::string(choice),
                                                 "\"");
                               }),
                 ", not ", Shown(*value)));
  return std::string(otherwise);
}

absl::Duration ConfigTable::Duration(std::string_view key,
                                     absl::Duration otherwise,
                                     absl::Duration least,
                                     absl::Duration most) {
  const toml::node* value = node_->Find(key);
  if (value == nullptr) return otherwise;
  if (value->is_number()) {
    const std::string number = Shown(*value);
    Fault(key, absl::StrCat("must be a duration ", Range(least, most), ", not ",
                            number, ": write it with its unit, e.g. \"5s\""));
    return otherwise;
  }
  const auto* text = value->as_string();
  const std::optional<absl::Duration> duration =
      text == nullptr ? std::nullopt : ParseConfigDuration(text->get());
  if (!duration.has_value()) {
    Fault(key, absl::StrCat("must be a duration ", Range(least, most),
                            " such as \"5s\", not ", Shown(*value)));
    return otherwise;
  }
  if (*duration < least || *duration > most) {
    Fault(key,
          absl::StrCat("must be ", Range(least, most), ", not ", text->get()));
    return otherwise;
  }
  return *duration;
}

int64_t ConfigTable::Integer(std::string_view key, int64_t otherwise,
                             int64_t least, int64_t most) {
  const toml::node* value = node_->Find(key);
  if (value == nullptr) return otherwise;
  if (const auto* number = value->as_integer();
      number != nullptr && number->get() >= least && number->get() <= most) {
    return number->get();
  }
  Fault(key, absl::StrCat("must be a whole number from ", least, " to ", most,
                          ", not ", Shown(*value)));
  return otherwise;
}

bool ConfigTable::Bool(std::string_view key, bool otherwise) {
  const toml::node* value = node_->Find(key);
  if (value == nullptr) return otherwise;
  if (const auto* flag = value->as_boolean()) return flag->get();
  Fault(key, absl::StrCat("must be true or false, not ", Shown(*value)));
  return otherwise;
}

std::vector<std::string> ConfigTable::Strings(std::string_view key,
                                              size_t most) {
  std::vector<std::string> texts;
  const toml::node* value = node_->Find(key);
  if (value == nullptr) return texts;
  const toml::array* array = value->as_array();
  if (array == nullptr || array->size() > most ||
      !absl::c_all_of(*array, [](const auto& e) { return e.is_string(); })) {
    Fault(key, absl::StrCat("must be at most ", most, " strings, [\"...\"]",
                            NotWhat(*value)));
    return texts;
  }
  for (const toml::node& element : *array) {
    texts.push_back(element.as_string()->get());
  }
  return texts;
}

std::vector<int64_t> ConfigTable::Integers(std::string_view key,
                                           size_t most_elements, int64_t least,
                                           int64_t most) {
  std::vector<int64_t> numbers;
  const toml::node* value = node_->Find(key);
  if (value == nullptr) return numbers;
  const toml::array* array = value->as_array();
  if (array == nullptr || array->size() > most_elements ||
      !absl::c_all_of(*array, [&](const auto& e) {
        const auto* number = e.as_integer();
        return number != nullptr && number->get() >= least &&
               number->get() <= most;
      })) {
    Fault(key, absl::StrCat("must be at most ", most_elements,
                            " whole numbers from ", least, " to ", most,
                            ", [...]", NotWhat(*value)));
    return numbers;
  }
  for (const toml::node& element : *array) {
    numbers.push_back(element.as_integer()->get());
  }
  return numbers;
}

ConfigTable ConfigTable::Table(std::string_view key) {
  const toml::node* value = node_->Find(key);
  auto& nodes = node_->children[std::string(key)];
  if (nodes.empty()) {
    auto node = std::make_shared<Node>();
    node->file = node_->file;
    node->path = node_->PathOf(key);
    node->position = node_->position;
    if (value != nullptr) {
      node->table = value->as_table();
      node->position = PositionOf(value->source());
      if (node->table == nullptr) {
        Fault(key, absl::StrCat("must be a table, [", node->path, "], not ",
                                Shown(*value)));
      }
    }
    nodes.push_back(std::move(node));
  }
  return ConfigTable(nodes.front());
}

std::vector<ConfigTable> ConfigTable::Tables(std::string_view key) {
  const toml::node* value = node_->Find(key);
  auto& nodes = node_->children[std::string(key)];
  if (nodes.empty() && value != nullptr) {
    const toml::array* array = value->as_array();
    if (array == nullptr || !absl::c_all_of(*array, [](const auto& element) {
          return element.is_table();
        })) {
      Fault(key, absl::StrCat("must be tables, each begun by [[",
                              node_->PathOf(key), "]], not ", Shown(*value)));
      return {};
    }
    for (const toml::node& element : *array) {
      auto node = std::make_shared<Node>();
      node->file = node_->file;
      node->table = element.as_table();
      node->path = node_->PathOf(key);
      node->position = PositionOf(element.source());
      nodes.push_back(std::move(node));
    }
  }
  std::vector<ConfigTable> tables;
  for (const auto& node : nodes) tables.push_back(ConfigTable(node));
  return tables;
}

std::vector<std::string> ConfigTable::Keys() const {
  std::vector<std::string> keys;
  if (node_->table == nullptr) return keys;
  for (const auto& [key, value] : *node_->table) {
    keys.emplace_back(key.str());
  }
  return keys;
}

void ConfigTable::Fault(std::string_view key, std::string_view what) {
  node_->Fault(key, what);
}

}  // namespace noonmark
