#ifndef NOONMARK_TESTS_HOST_CLI_MESSAGES_H_
#define NOONMARK_TESTS_HOST_CLI_MESSAGES_H_

#include <google/protobuf/text_format.h>

#include <cstdlib>
#include <string>

namespace noonmark::testing {

// A message written by hand in protobuf's text format.
template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) abort();
  return message;
}

}  // namespace noonmark::testing

#endif  // NOONMARK_TESTS_HOST_CLI_MESSAGES_H_
