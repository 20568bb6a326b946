#include "tests/integration/trusted_fleet.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/integration/real_host.h"

namespace noonmark::testing {

TrustedFleet::TrustedFleet(std::string fleet) {
  Pki({"init", std::move(fleet)});
}

void TrustedFleet::Pki(std::vector<std::string> words) const {
  words.insert(words.begin(), {Program("noonmark"), "pki"});
  words.insert(words.end(), {"--dir", directory_.Path("ca")});
  const Outcome outcome = RunProgram(words);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

NetworkAgent::NetworkAgent(const std::string& folder, const std::string& lines,
                           std::vector<std::string> within) {
  const std::string file = directory_.Write(
      "agent.toml",
      absl::StrCat("[agent]\nlisten = \"127.0.0.1:0\"\n", lines,
                   "[pki]\nfolder = \"", folder, "\"\nreload = \"1s\"\n",
                   "[hunter]\nenabled = false\n[watch]\nenabled = false\n"));
  within.insert(within.end(), {Program("noonmark-agent"), "--config", file});
  process_ = std::make_unique<ChildProcess>(std::move(within));
  const std::string line = process_->ReadLineWith("listening on ");
  address_ = line.substr(line.rfind(' ') + 1);
}

}  // namespace noonmark::testing
