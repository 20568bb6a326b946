#include "common/detect/card.h"

#include <gtest/gtest.h>

#include <string_view>

namespace noonmark {
namespace {

TEST(CardTest, IsThereForEveryFindingInItsOrder) {
  ASSERT_EQ(AllCards().size(), AllFindingCodes().size());
  for (size_t i = 0; i < AllCards().size(); ++i) {
    const Card& card = AllCards()[i];
    const FindingCode code = AllFindingCodes()[i];
    EXPECT_EQ(card.code, code);
    EXPECT_EQ(&CardOf(code), &card);
    EXPECT_EQ(FindCard(CodeName(code)), &card);
    for (const std::string_view text :
         {card.title, card.meaning, card.how_seen, card.advice}) {
      EXPECT_FALSE(text.empty()) << CodeName(code);
    }
    EXPECT_NE(card.title.back(), '.') << CodeName(code);
  }
}

TEST(CardTest, IsNotThereForAnotherName) {
  EXPECT_EQ(FindCard("counter_jump"), nullptr);
  EXPECT_EQ(FindCard(""), nullptr);
  EXPECT_EQ(FindCard("Counter-Jump"), nullptr);
}

}  // namespace
}  // namespace noonmark
