#include "common/rpc/printable_text.h"

#include <gtest/gtest.h>

#include <string_view>

namespace noonmark {
namespace {

using std::literals::operator""sv;

TEST(CountPrintableTest, CountsCharactersNotBytes) {
  EXPECT_EQ(CountPrintable(""), 0u);
  EXPECT_EQ(CountPrintable("tsc"), 3u);
  EXPECT_EQ(CountPrintable(" ~"), 2u);
  EXPECT_EQ(CountPrintable("Zürich"), 6u);
  EXPECT_EQ(CountPrintable("\u20AC\U0001F550"), 2u);
  EXPECT_EQ(CountPrintable("\xF4\x8F\xBF\xBF"), 1u);  // the last code point
}

TEST(CountPrintableTest, RefusesWhatDrivesATerminal) {
  for (const std::string_view text :
       {"\0"sv, "\n"sv, "a\rb"sv, "\t"sv, "\x1B[31m"sv, "\x7F"sv, "\xC2\x80"sv,
        "\xC2\x9B"sv, "\u061C"sv, "\u200E"sv, "\u200F"sv, "\u2028"sv,
        "\u2029"sv, "\u202A"sv, "\u202E"sv, "\u2066"sv, "\u2069"sv}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(CountPrintable(text), std::nullopt);
  }
}

TEST(CountPrintableTest, RefusesMalformedUtf8) {
  for (const std::string_view text :
       {"\x80"sv, "\xBF"sv, "\xC3"sv, "\xC3("sv, "\xE2\x82"sv, "\xE2(\xA1"sv,
        "\xF0\x9F\x95"sv, "\xFF"sv, "\xFE"sv, "\xF8\x88\x80\x80\x80"sv,
        // Overlong.
        "\xC0\x80"sv, "\xC1\xBF"sv, "\xE0\x80\xAF"sv, "\xF0\x80\x80\xAF"sv,
        // A surrogate, and beyond the last code point.
        "\xED\xA0\x80"sv, "\xED\xBF\xBF"sv, "\xF4\x90\x80\x80"sv}) {
    EXPECT_EQ(CountPrintable(text), std::nullopt);
  }
}

}  // namespace
}  // namespace noonmark
