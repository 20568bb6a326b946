#ifndef NOONMARK_TESTS_FUZZ_REQUIRE_H_
#define NOONMARK_TESTS_FUZZ_REQUIRE_H_

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/ascii.h"

namespace noonmark::fuzz {

// What must hold for any input: else the fuzzer keeps it as a crash.
inline void Require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline bool HasControlCharacter(const std::string& text) {
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return true;
  }
  return false;
}

}  // namespace noonmark::fuzz

#endif  // NOONMARK_TESTS_FUZZ_REQUIRE_H_
