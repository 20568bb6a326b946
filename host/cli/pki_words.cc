#include "host/cli/pki_words.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace noonmark::cli {
namespace {

constexpr char kAuthorityWord[] = "authority";

[[noreturn]] void Reject(const std::string& what) {
  throw CLI::ValidationError(what);
}

Role RoleOf(const std::string& command, const std::string& word) {
  const absl::StatusOr<Role> role = ParseRole(word);
  if (!role.ok()) {
    Reject(absl::StrCat("pki ", command, ": ", role.status().message()));
  }
  return *role;
}

}  // namespace

CLI::App* PkiWords::Add(const char* name, const char* description,
                        const char* footer) {
  CLI::App* command = pki_->add_subcommand(name, description);
  command->footer(footer);
  command
      ->add_option("--dir", folder_,
                   absl::StrCat("the authority's folder [", kPkiFolder, "]"))
      ->option_text(" DIR");
  return command;
}

void PkiWords::AddTo(CLI::App& app) {
  pki_ = app.add_subcommand(
      "pki",
      "Keys and certificates of a fleet without an authority of its own");
  pki_->footer(
      "Examples:\n"
      "  noonmark pki init example.net\n"
      "  noonmark pki issue guest 4dea22b3-1d52-d8f3-2516-782e98ab3fa0\n");
  init_ = Add("init", "Makes a certificate authority in a new folder",
              "Examples:\n"
              "  noonmark pki init example.net\n"
              "  noonmark pki init example.net --dir /media/stick/ca\n"
              "Nothing that is there is overwritten.\n");
  init_->add_option("FLEET", fleet_, "its name: a-z 0-9 . - _, not secret");
  issue_ = Add("issue", "Gives hosts, guests, operators their keys",
               "Examples:\n"
               "  noonmark pki issue host dom0-a\n"
               "  noonmark pki issue guest $(virsh domuuid mail-1)\n"
               "  noonmark pki issue operator alice\n");
  list_ = Add("list", "Every certificate that was issued, and if it is good",
              "Examples:\n"
              "  noonmark pki list\n"
              "  noonmark pki list --dir /media/stick/ca\n");
  revoke_ = Add("revoke", "Has keys trusted no more",
                "Examples:\n"
                "  noonmark pki revoke operator alice --why 'left us'\n"
                "  noonmark pki revoke guest UUID --replaced\n"
                "  noonmark pki revoke --serial 5f3c09aa\n");
  revoke_
      ->add_option("--serial", serial_,
                   "one certificate; 8 figures of it are enough")
      ->option_text(" FIGURES");
  revoke_->add_flag("--replaced", replaced_,
                    "only those for which it has newer ones");
  revoke_->add_option("--why", why_, "for whoever reads it later")
      ->option_text(" TEXT");
  rotate_ = Add("rotate", "Makes new keys for somebody, or for the authority",
                "Examples:\n"
                "  noonmark pki rotate host dom0-a\n"
                "  noonmark pki rotate authority\n"
                "  noonmark pki rotate authority --finish\n"
                "The old ones stay good until revoked, or --finish.\n");
  rotate_->add_flag("--finish", finish_,
                    "trust the authority before this one no more");
  for (CLI::App* command : {issue_, revoke_, rotate_}) {
    command->add_option("WHO", words_,
                        "host NAME, guest UUID or operator NAME");
  }
}

bool PkiWords::Has(const CLI::App* selected) const {
  return selected != nullptr && selected->get_parent() == pki_;
}

PkiRequest PkiWords::Checked(const CLI::App* selected) const {
  const std::string name = selected->get_name();
  const auto reject = [&name](const std::string& what) {
    Reject(absl::StrCat("pki ", name, ": ", what));
  };
  PkiRequest request;
  request.folder = folder_;
  request.why = why_;
  request.replaced_only = replaced_;
  request.serial = serial_;
  if (folder_.empty()) reject("--dir names no folder");
  using Act = PkiRequest::Act;
  if (selected == list_) return request;
  if (selected == init_) {
    if (fleet_.empty()) reject("name the fleet, as in pki init example.net");
    request.act = Act::kInit;
    request.fleet = fleet_;
    return request;
  }
  if (selected == rotate_ && !words_.empty() && words_[0] == kAuthorityWord) {
    if (words_.size() > 1) reject("the authority has no name");
    request.act = finish_ ? Act::kFinishRotation : Act::kRotateAuthority;
    return request;
  }
  if (finish_) reject("--finish is for rotate authority");
  if (selected == revoke_ && !serial_.empty()) {
    if (!words_.empty()) reject("give --serial or a name, not both");
    if (replaced_) reject("--replaced is for a name, not for --serial");
    request.act = Act::kRevoke;
    return request;
  }
  if (words_.size() < 2) {
    reject("say whom: host NAME, guest UUID or operator NAME");
  }
  request.role = RoleOf(name, words_[0]);
  request.ids.assign(words_.begin() + 1, words_.end());
  if (selected != issue_ && request.ids.size() > 1) reject("one at a time");
  request.act = selected == issue_    ? Act::kIssue
                : selected == revoke_ ? Act::kRevoke
                                      : Act::kRotate;
  return request;
}

}  // namespace noonmark::cli
