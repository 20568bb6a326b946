#ifndef NOONMARK_HOST_CLI_PKI_WORDS_H_
#define NOONMARK_HOST_CLI_PKI_WORDS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "host/cli/pki_request.h"

namespace noonmark::cli {

// The words of `noonmark pki`, below the other commands.
class PkiWords {
 public:
  // `app` must outlive it, and it `app`'s parsing.
  void AddTo(CLI::App& app);

  // `pki` itself, which does nothing without a word after it.
  const CLI::App* command() const { return pki_; }
  // Whether `selected` is one of those below.
  bool Has(const CLI::App* selected) const;
  // What was asked for. Throws a CLI::ValidationError.
  PkiRequest Checked(const CLI::App* selected) const;

 private:
  CLI::App* Add(const char* name, const char* description, const char* footer);

  CLI::App* pki_ = nullptr;
  CLI::App* init_ = nullptr;
  CLI::App* issue_ = nullptr;
  CLI::App* list_ = nullptr;
  CLI::App* revoke_ = nullptr;
  CLI::App* rotate_ = nullptr;

  std::string folder_ = kPkiFolder;
  std::string fleet_;
  std::vector<std::string> words_;
  std::string serial_;
  std::string why_;
  bool replaced_ = false;
  bool finish_ = false;
};

}  // namespace noonmark::cli

#endif  // NOONMARK_HOST_CLI_PKI_WORDS_H_
