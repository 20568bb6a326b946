#include "host/correct/rails_file.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

namespace noonmark {
namespace {

constexpr absl::string_view kFirstLine = "noonmark-rails 1";

// On one line.
std::string OneLine(const std::string& text) {
  return absl::StrReplaceAll(text, {{"\n", " "}, {"\r", " "}});
}

// "word rest"
std::pair<std::string, std::string> Split(absl::string_view line) {
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(line, absl::MaxSplits(' ', 1));
  return parts;
}

}  // namespace

std::string RailsText(const Rails::Memory& memory, const BootId& boot) {
  std::string text = absl::StrCat(
      kFirstLine, "\nboot ", OperationIdText(OperationId{boot.bytes}), "\n");
  if (!memory.breaker.empty()) {
    absl::StrAppend(&text, "breaker ", OneLine(memory.breaker), "\n");
  }
  if (memory.failed_resumes != 0) {
    absl::StrAppend(&text, "failed-resumes ", memory.failed_resumes, "\n");
  }
  for (const auto& [guest, why] : memory.held) {
    absl::StrAppend(&text, "held ", guest, " ", OneLine(why), "\n");
  }
  for (const auto& [guest, begun] : memory.begun) {
    for (const MonotonicTime when : begun) {
      absl::StrAppend(&text, "begun ", guest, " ",
                      absl::ToInt64Nanoseconds(when.Reading()), "\n");
    }
  }
  return text;
}

absl::StatusOr<Rails::Memory> ParseRailsText(absl::string_view text,
                                             const BootId& boot) {
  Rails::Memory memory;
  bool this_boot = false;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const auto fault = [number](absl::string_view what) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": ", what));
    };
    if (number == 1) {
      if (line != kFirstLine) return fault("is not \"noonmark-rails 1\"");
      continue;
    }
    if (line.empty()) continue;
    const auto [word, rest] = Split(line);
    if (word == "boot") {
      const std::optional<BootId> of = ParseBootId(rest);
      if (!of.has_value()) return fault("no boot id");
      this_boot = *of == boot;
    } else if (word == "breaker" && !rest.empty()) {
      memory.breaker = rest;
    } else if (word == "failed-resumes") {
      if (!absl::SimpleAtoi(rest, &memory.failed_resumes)) {
        return fault("no number");
      }
    } else if (word == "held") {
      auto [guest, why] = Split(rest);
      if (guest.empty() || why.empty()) return fault("no guest and reason");
      memory.held[guest] = std::move(why);
    } else if (word == "begun") {
      const auto [guest, when] = Split(rest);
      int64_t nanoseconds = 0;
      if (guest.empty() || !absl::SimpleAtoi(when, &nanoseconds)) {
        return fault("no guest and moment");
      }
      if (!this_boot) continue;
      memory.begun[guest].push_back(
          MonotonicTime::FromReading(absl::Nanoseconds(nanoseconds)));
    } else {
      return fault("is not understood");
    }
  }
  return memory;
}

}  // namespace noonmark
