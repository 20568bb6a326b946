#ifndef NOONMARK_COMMON_DETECT_CARD_H_
#define NOONMARK_COMMON_DETECT_CARD_H_

#include <string_view>

#include "absl/types/span.h"
#include "common/detect/finding.h"

namespace noonmark {

// What a person should know of a finding, whatever the guest.
struct Card {
  FindingCode code;
  std::string_view title;
  std::string_view meaning;   // what it means, and for mail
  std::string_view how_seen;  // the test that finds it
  std::string_view advice;    // what to do
};

// In the order of AllFindingCodes().
absl::Span<const Card> AllCards();
const Card& CardOf(FindingCode code);
// By its name, "counter-jump"; null: there is no such finding.
const Card* FindCard(std::string_view code_name);

}  // namespace noonmark

#endif  // NOONMARK_COMMON_DETECT_CARD_H_
