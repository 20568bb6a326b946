#include "host/cli/pki_command.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "host/cli/safe_text.h"
#include "host/cli/text_table.h"
#include "host/cli/wording.h"
#include "host/pki/pki_folder.h"

namespace noonmark::cli {
namespace {

using Issued = PkiFolder::Issued;
constexpr size_t kSerialFigures = 12;

std::string StateText(const Issued& issued) {
  switch (issued.state) {
    case Issued::State::kRevoked:
      return "revoked";
    case Issued::State::kReplaced:
      return issued.by_old_authority ? "replaced, old authority" : "replaced";
    case Issued::State::kCurrent:
      return issued.by_old_authority ? "good, old authority" : "good";
  }
  return "";
}

Colour StateColour(const Issued& issued) {
  switch (issued.state) {
    case Issued::State::kRevoked:
      return Colour::kQuiet;
    case Issued::State::kReplaced:
      return Colour::kDoubtful;
    case Issued::State::kCurrent:
      return issued.by_old_authority ? Colour::kDoubtful : Colour::kGood;
  }
  return Colour::kNone;
}

// Where a role's files go, and whose they are there.
struct Destination {
  absl::string_view folder;
  absl::string_view owner;
  absl::string_view folder_mode;
  absl::string_view key_mode;
};

Destination DestinationOf(Role role) {
  switch (role) {
    case Role::kHost:
      return {"/etc/noonmark/pki", "-o root -g noonmark ", "750", "640"};
    case Role::kGuest:
      return {"/etc/noonmark/pki", "-o root -g noonmark-agent ", "750", "640"};
    case Role::kOperator:
      return {"~/.config/noonmark/pki", "", "700", "600"};
  }
  return {};
}

// The same for all of a role, so that it is printed once for many.
std::string InstallSteps(Role role) {
  const Destination to = DestinationOf(role);
  std::string keys;
  for (const Use use : UsesOf(role)) {
    absl::StrAppend(&keys, UseName(use), ".pem ");
  }
  return absl::StrCat(
      role == Role::kOperator ? "in the folder, as the operator:\n"
                              : "in the folder, as root:\n",
      "  install -d -m ", to.folder_mode, " ", to.owner, to.folder, "\n",
      "  install -m 644 ", to.owner, "ca.crt deny.list ", to.folder, "\n",
      "  install -m ", to.key_mode, " ", to.owner, keys, to.folder, "\n");
}

std::string WhereTo(const PkiFolder::Given& given) {
  switch (given.identity.role) {
    case Role::kHost:
      return absl::StrCat("the dom0 ", given.identity.id);
    case Role::kGuest:
      return "the guest";
    case Role::kOperator:
      return "the operator's machine";
  }
  return "";
}

std::string GivenText(const std::vector<PkiFolder::Given>& all,
                      absl::string_view done) {
  std::string text;
  for (const PkiFolder::Given& given : all) {
    std::string files = "ca.crt, deny.list";
    for (const Use use : given.uses) {
      absl::StrAppend(&files, ", ", UseName(use), ".pem");
    }
    absl::StrAppend(&text, done, " ", ShortName(given.identity), ": ",
                    SafeText(given.folder), "/ (", files, ")\n");
  }
  if (all.empty()) return text;
  absl::StrAppend(&text, "Next: bring ",
                  all.size() == 1 ? "that folder" : "each folder", " to ",
                  all.size() == 1 ? WhereTo(all[0]) : "whom it is for",
                  " over a way that nobody else reads (it holds a key), and "
                  "there, ",
                  InstallSteps(all[0].identity.role));
  return text;
}

std::string EverywhereText(const std::string& folder, absl::string_view file) {
  return absl::StrCat("Next: bring ", SafeText(folder), "/", file,
                      " to every host, guest and operator: it is no secret; "
                      "hosts and guests\nhave it in /etc/noonmark/pki, "
                      "operators in ~/.config/noonmark/pki.\n");
}

ExitCode Init(const PkiRequest& request, const Speaker& speaker) {
  const absl::Status status = PkiFolder::Init(request.folder, request.fleet);
  if (!status.ok()) return speaker.Fail(kFailed, status.message());
  const std::string folder = SafeText(request.folder);
  return speaker.Print(absl::StrCat(
      "made the authority of the fleet ", request.fleet, " in ", folder, "/\n",
      "Keep ", folder,
      "/authority.pem to yourself: who has it can be anybody. It is needed for "
      "noonmark pki alone,\nand best kept where no network is.\n"
      "Next: noonmark pki issue host NAME     for each dom0, as the fleet file "
      "calls it\n"
      "      noonmark pki issue guest UUID    for each guest, as virsh domuuid "
      "tells\n"
      "      noonmark pki issue operator NAME\n"));
}

ExitCode Issue(const PkiRequest& request, PkiFolder& pki, absl::Time now,
               const Speaker& speaker) {
  std::vector<PkiFolder::Given> given;
  absl::Status failed;
  for (const std::string& id : request.ids) {
    absl::StatusOr<PkiFolder::Given> one = pki.Issue(*request.role, id, now);
    if (!one.ok()) {
      failed = one.status();
      break;
    }
    given.push_back(*std::move(one));
  }
  const ExitCode code = speaker.Print(GivenText(given, "issued to"));
  if (!failed.ok()) return speaker.Fail(kFailed, failed.message());
  return code;
}

ExitCode Rotate(const PkiRequest& request, PkiFolder& pki, absl::Time now,
                const Speaker& speaker) {
  const absl::StatusOr<PkiFolder::Given> given =
      pki.Rotate(*request.role, request.ids[0], now);
  if (!given.ok()) return speaker.Fail(kFailed, given.status().message());
  return speaker.Print(absl::StrCat(
      GivenText({*given}, "new keys for"), "Then: noonmark pki revoke ",
      ShortName(given->identity),
      " --replaced, unless its old keys were never seen by others.\n"));
}

ExitCode List(const PkiFolder& pki, const Speaker& speaker) {
  const absl::StatusOr<std::vector<Issued>> all = pki.List();
  if (!all.ok()) return speaker.Fail(kFailed, all.status().message());
  TextTable table(
      {{"ROLE"}, {"ID"}, {"FOR"}, {"SERIAL"}, {"ISSUED"}, {"STATE"}});
  size_t good = 0;
  for (const Issued& issued : *all) {
    good += issued.state == Issued::State::kCurrent ? 1 : 0;
    table.AddRow({{std::string(RoleName(issued.identity.role))},
                  {issued.identity.id},
                  {std::string(UseName(issued.use))},
                  {issued.serial.substr(0, kSerialFigures)},
                  {SafeText(issued.when)},
                  {StateText(issued), StateColour(issued)}});
  }
  return speaker.Print(absl::StrCat(
      all->empty() ? "" : table.Render(speaker.StyleNow()), "fleet ",
      pki.fleet(), ": ", Counted(all->size(), "certificate"), ", ", good,
      " in use\n"));
}

ExitCode Revoke(const PkiRequest& request, PkiFolder& pki, absl::Time now,
                const Speaker& speaker) {
  const absl::StatusOr<std::vector<Issued>> revoked =
      pki.Revoke({.role = request.role,
                  .id = request.ids.empty() ? "" : request.ids[0],
                  .serial = request.serial,
                  .replaced_only = request.replaced_only},
                 request.why, now);
  if (!revoked.ok()) return speaker.Fail(kFailed, revoked.status().message());
  std::string text;
  for (const Issued& issued : *revoked) {
    absl::StrAppend(&text, "revoked ", ShortName(issued.identity), ", ",
                    UseName(issued.use), ", serial ", issued.serial, "\n");
  }
  if (revoked->empty()) {
    text = "nothing to revoke: none of these is good any more\n";
  }
  return speaker.Print(
      absl::StrCat(text, EverywhereText(request.folder, "deny.list")));
}

ExitCode RotateAuthority(const PkiRequest& request, PkiFolder& pki,
                         const Speaker& speaker) {
  if (absl::Status status = pki.RotateAuthority(); !status.ok()) {
    return speaker.Fail(kFailed, status.message());
  }
  return speaker.Print(absl::StrCat(
      "a new authority signs from now on; the one before is still trusted\n",
      EverywhereText(request.folder, "ca.crt"),
      "Then: noonmark pki rotate ROLE ID for each that noonmark pki list calls "
      "\"old authority\",\nand bring it its files; when none is left: noonmark "
      "pki rotate authority --finish\n"));
}

ExitCode FinishRotation(const PkiRequest& request, PkiFolder& pki,
                        const Speaker& speaker) {
  if (absl::Status status = pki.FinishRotation(); !status.ok()) {
    return speaker.Fail(kFailed, status.message());
  }
  return speaker.Print(
      absl::StrCat("the authority before this one is trusted no more\n",
                   EverywhereText(request.folder, "ca.crt")));
}

}  // namespace

ExitCode RunPki(const PkiRequest& request, absl::Time now,
                const Speaker& speaker) {
  using Act = PkiRequest::Act;
  if (request.act == Act::kInit) return Init(request, speaker);
  absl::StatusOr<PkiFolder> pki = PkiFolder::Open(request.folder);
  if (!pki.ok()) return speaker.Fail(kFailed, pki.status().message());
  switch (request.act) {
    case Act::kIssue:
      return Issue(request, *pki, now, speaker);
    case Act::kList:
      return List(*pki, speaker);
    case Act::kRevoke:
      return Revoke(request, *pki, now, speaker);
    case Act::kRotate:
      return Rotate(request, *pki, now, speaker);
    case Act::kRotateAuthority:
      return RotateAuthority(request, *pki, speaker);
    case Act::kFinishRotation:
      return FinishRotation(request, *pki, speaker);
    case Act::kInit:
      break;
  }
  return kDone;
}

}  // namespace noonmark::cli
