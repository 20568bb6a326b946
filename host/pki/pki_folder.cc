#include "host/pki/pki_folder.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "common/runtime/durable_file.h"
#include "common/x509/certificate.h"
#include "host/pki/folder_calls.h"

namespace noonmark {
namespace {

constexpr char kAuthority[] = "authority.pem";
constexpr char kTrusted[] = "ca.crt";
constexpr char kDenied[] = "deny.list";
constexpr char kIssued[] = "issued";
constexpr absl::string_view kCertificateEnd = ".crt";
constexpr absl::string_view kIssuedMark = "# issued ";
constexpr Role kRoles[] = {Role::kHost, Role::kGuest, Role::kOperator};
constexpr mode_t kSecret = 0600;
constexpr mode_t kPublic = 0644;

std::string FilesName(Use use) { return absl::StrCat(UseName(use), ".pem"); }

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

absl::Status WithPath(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

}  // namespace

std::vector<Use> UsesOf(Role role) {
  switch (role) {
    case Role::kHost:
      return {Use::kServer, Use::kClient};
    case Role::kGuest:
      return {Use::kServer};
    case Role::kOperator:
      return {Use::kClient};
  }
  return {};
}

PkiFolder::PkiFolder(std::string path, int lock, Authority authority)
    : path_(std::move(path)), lock_(lock), authority_(std::move(authority)) {}

PkiFolder::PkiFolder(PkiFolder&& other) noexcept
    : path_(std::move(other.path_)),
      lock_(std::exchange(other.lock_, -1)),
      authority_(std::move(other.authority_)) {}

PkiFolder::~PkiFolder() {
  if (lock_ >= 0) close(lock_);
}

absl::Status PkiFolder::Init(const std::string& path, absl::string_view fleet) {
  // Before anything is made.
  const absl::StatusOr<KeyPair> pair = Authority::Make(fleet);
  if (!pair.ok()) return pair.status();
  const absl::StatusOr<std::vector<std::string>> names = NamesIn(path);
  if (!names.ok()) return names.status();
  if (!names->empty()) {
    return absl::AlreadyExistsError(absl::StrCat(
        path,
        ": is not empty, and stays as it is; name a new folder with "
        "--dir"));
  }
  if (absl::Status status = MakeFolder(path); !status.ok()) return status;
  const absl::StatusOr<int> lock = LockFolder(path);
  if (!lock.ok()) return lock.status();
  const std::string deny_head = absl::StrCat("# Keys that nobody of the fleet ",
                                             fleet, " trusts any more.\n");
  absl::Status status =
      CreateDurably(absl::StrCat(path, "/", kDenied), deny_head, kPublic);
  if (status.ok()) {
    status = CreateDurably(absl::StrCat(path, "/", kTrusted),
                           pair->certificate_pem, kPublic);
  }
  // Last: with it there is an authority.
  if (status.ok()) {
    status = CreateDurably(absl::StrCat(path, "/", kAuthority), pair->Text(),
                           kSecret);
  }
  close(*lock);
  return status;
}

absl::StatusOr<PkiFolder> PkiFolder::Open(const std::string& path) {
  const absl::StatusOr<int> lock = LockFolder(path);
  if (!lock.ok()) return lock.status();
  const std::string file = absl::StrCat(path, "/", kAuthority);
  absl::Status status = CheckSecret(file);
  if (status.ok()) {
    const absl::StatusOr<std::string> text = ReadDurable(file);
    if (text.ok()) {
      absl::StatusOr<Authority> authority = Authority::Load(*text);
      if (authority.ok()) return PkiFolder(path, *lock, *std::move(authority));
      status = WithPath(file, authority.status());
    } else {
      status = absl::IsNotFound(text.status())
                   ? absl::NotFoundError(absl::StrCat(
                         file,
                         ": there is none; bring it back from where it "
                         "is kept, or make one with noonmark pki init"))
                   : text.status();
    }
  }
  close(*lock);
  return status;
}

std::string PkiFolder::FolderOf(const Identity& identity) const {
  return absl::StrCat(path_, "/", RoleName(identity.role), "/", identity.id);
}

absl::StatusOr<std::string> PkiFolder::FileOf(absl::string_view name) const {
  return ReadDurable(absl::StrCat(path_, "/", name));
}

absl::StatusOr<DenyList> PkiFolder::Denied() const {
  const absl::StatusOr<std::string> text = FileOf(kDenied);
  if (!text.ok()) return text.status();
  absl::StatusOr<DenyList> list = DenyList::Parse(*text);
  if (list.ok()) return list;
  return WithPath(absl::StrCat(path_, "/", kDenied), list.status());
}

absl::StatusOr<PkiFolder::Given> PkiFolder::Give(const Identity& identity,
                                                 absl::Time now) {
  Given given = {identity, FolderOf(identity), UsesOf(identity.role)};
  for (const std::string& folder :
       {absl::StrCat(path_, "/", kIssued),
        absl::StrCat(path_, "/", RoleName(identity.role)), given.folder}) {
    if (absl::Status status = MakeFolder(folder); !status.ok()) return status;
  }
  if (absl::Status status = HandOutTo(given.folder); !status.ok()) {
    return status;
  }
  const std::string head = absl::StrCat(kIssuedMark, TimeText(now), "\n");
  for (const Use use : given.uses) {
    const absl::StatusOr<KeyPair> pair = authority_.Issue(identity, use);
    if (!pair.ok()) return pair.status();
    const auto facts = ReadCertificates(pair->certificate_pem);
    if (!facts.ok()) return facts.status();
    // Known before it can be used: one that is not known cannot be revoked.
    absl::Status status =
        CreateDurably(absl::StrCat(path_, "/", kIssued, "/",
                                   facts->front().serial, kCertificateEnd),
                      absl::StrCat(head, pair->certificate_pem), kPublic);
    if (status.ok()) {
      status = WriteDurably(absl::StrCat(given.folder, "/", FilesName(use)),
                            pair->Text(), kSecret);
    }
    if (!status.ok()) return status;
  }
  return given;
}

absl::StatusOr<PkiFolder::Given> PkiFolder::Issue(Role role,
                                                  absl::string_view id,
                                                  absl::Time now) {
  const absl::StatusOr<Identity> identity = MakeIdentity(fleet(), role, id);
  if (!identity.ok()) return identity.status();
  for (const Use use : UsesOf(role)) {
    const std::string file =
        absl::StrCat(FolderOf(*identity), "/", FilesName(use));
    std::error_code error;
    if (std::filesystem::exists(file, error)) {
      return absl::AlreadyExistsError(absl::StrCat(
          file,
          ": is there already, and stays as it is; for new keys: noonmark "
          "pki rotate ",
          ShortName(*identity)));
    }
    if (error) return SystemFault(file, error.value());
  }
  return Give(*identity, now);
}

absl::StatusOr<PkiFolder::Given> PkiFolder::Rotate(Role role,
                                                   absl::string_view id,
                                                   absl::Time now) {
  const absl::StatusOr<Identity> identity = MakeIdentity(fleet(), role, id);
  if (!identity.ok()) return identity.status();
  std::error_code error;
  if (!std::filesystem::exists(FolderOf(*identity), error)) {
    return absl::NotFoundError(
        absl::StrCat(ShortName(*identity),
                     " has no certificate; give it one: noonmark pki "
                     "issue ",
                     ShortName(*identity)));
  }
  return Give(*identity, now);
}

absl::StatusOr<PkiFolder::Issued> PkiFolder::ReadIssued(
    const std::string& file, const DenyList& denied) const {
  const std::string path = absl::StrCat(path_, "/", kIssued, "/", file);
  const absl::StatusOr<std::string> text = ReadDurable(path);
  if (!text.ok()) return text.status();
  const auto facts = ReadCertificates(*text);
  if (!facts.ok()) return WithPath(path, facts.status());
  const CertificateFacts& certificate = facts->front();
  Issued issued;
  issued.use = certificate.server_auth ? Use::kServer : Use::kClient;
  absl::StatusOr<Identity> identity = IdentityOf(certificate, issued.use);
  if (!identity.ok()) return WithPath(path, identity.status());
  issued.identity = *std::move(identity);
  issued.serial = certificate.serial;
  issued.key = certificate.key;
  absl::string_view head = *text;
  if (absl::ConsumePrefix(&head, kIssuedMark)) {
    issued.when = std::string(head.substr(0, head.find('\n')));
  }
  const absl::StatusOr<bool> is_ours = authority_.Signed(*text);
  if (!is_ours.ok()) return WithPath(path, is_ours.status());
  issued.by_old_authority = !*is_ours;

  if (denied.Contains(issued.key)) {
    issued.state = Issued::State::kRevoked;
    return issued;
  }
  const std::string in_use =
      absl::StrCat(FolderOf(issued.identity), "/", FilesName(issued.use));
  const absl::StatusOr<std::string> current = ReadDurable(in_use);
  if (!current.ok() && !absl::IsNotFound(current.status())) {
    return current.status();
  }
  const auto current_facts = ReadCertificates(current.value_or(""));
  issued.state = current_facts.ok() && current_facts->front().key == issued.key
                     ? Issued::State::kCurrent
                     : Issued::State::kReplaced;
  return issued;
}

absl::StatusOr<std::vector<PkiFolder::Issued>> PkiFolder::List() const {
  const absl::StatusOr<DenyList> denied = Denied();
  if (!denied.ok()) return denied.status();
  const auto names = NamesIn(absl::StrCat(path_, "/", kIssued));
  if (!names.ok()) return names.status();
  std::vector<Issued> all;
  for (const std::string& name : *names) {
    if (!absl::EndsWith(name, kCertificateEnd)) continue;
    absl::StatusOr<Issued> issued = ReadIssued(name, *denied);
    if (!issued.ok()) return issued.status();
    all.push_back(*std::move(issued));
  }
  std::sort(all.begin(), all.end(), [](const Issued& a, const Issued& b) {
    return std::tie(a.identity.role, a.identity.id, a.use, a.when, a.serial) <
           std::tie(b.identity.role, b.identity.id, b.use, b.when, b.serial);
  });
  return all;
}

absl::StatusOr<std::vector<PkiFolder::Issued>> PkiFolder::Revoke(
    const Selection& selection, absl::string_view why, absl::Time now) {
  constexpr size_t kLeastFigures = 8;
  Identity identity;
  if (selection.role.has_value()) {
    absl::StatusOr<Identity> named =
        MakeIdentity(fleet(), *selection.role, selection.id);
    if (!named.ok()) return named.status();
    identity = *std::move(named);
  } else if (selection.serial.size() < kLeastFigures) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", selection.serial, "\" is no serial: give at least ",
                     kLeastFigures,
                     " of its figures, as noonmark pki list "
                     "prints them"));
  }
  absl::StatusOr<std::vector<Issued>> all = List();
  if (!all.ok()) return all.status();
  std::vector<Issued> found;
  for (Issued& issued : *all) {
    const bool fits = selection.role.has_value()
                          ? issued.identity == identity
                          : absl::StartsWith(issued.serial, selection.serial);
    if (fits) found.push_back(std::move(issued));
  }
  const std::string what = selection.role.has_value()
                               ? ShortName(identity)
                               : absl::StrCat("serial ", selection.serial);
  if (found.empty()) {
    return absl::NotFoundError(absl::StrCat(
        what,
        ": there is no such certificate; noonmark pki list has them all"));
  }
  if (!selection.role.has_value() && found.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " is the beginning of ", found.size(),
                     " serials; give more figures"));
  }
  std::erase_if(found, [&selection](const Issued& issued) {
    return issued.state == Issued::State::kRevoked ||
           (selection.replaced_only &&
            issued.state != Issued::State::kReplaced);
  });
  if (!found.empty()) {
    absl::StatusOr<std::string> text = FileOf(kDenied);
    if (!text.ok()) return text.status();
    if (!text->empty() && text->back() != '\n') text->push_back('\n');
    for (const Issued& issued : found) {
      absl::StrAppend(
          &*text,
          DenyLine(issued.key, absl::StrCat(ShortName(issued.identity), ", ",
                                            UseName(issued.use), ", serial ",
                                            issued.serial, ", ", TimeText(now),
                                            why.empty() ? "" : ": ", why)));
    }
    if (absl::Status status =
            WriteDurably(absl::StrCat(path_, "/", kDenied), *text, kPublic);
        !status.ok()) {
      return status;
    }
  }
  // Even then: it may not have come so far the last time.
  if (absl::Status status = HandOut(); !status.ok()) return status;
  return found;
}

absl::Status PkiFolder::RotateAuthority() {
  const std::string trusted = absl::StrCat(path_, "/", kTrusted);
  const absl::StatusOr<std::string> text = ReadDurable(trusted);
  if (!text.ok()) return text.status();
  const auto facts = ReadCertificates(*text);
  if (!facts.ok()) return WithPath(trusted, facts.status());
  if (facts->size() > 1) {
    // Which may not have come so far.
    if (absl::Status status = HandOut(); !status.ok()) return status;
    return absl::FailedPreconditionError(absl::StrCat(
        trusted,
        ": a rotation of the authority is under way; finish it first: "
        "noonmark pki rotate authority --finish"));
  }
  const absl::StatusOr<KeyPair> pair = Authority::Make(fleet());
  if (!pair.ok()) return pair.status();
  absl::StatusOr<Authority> authority = Authority::Load(pair->Text());
  if (!authority.ok()) return authority.status();
  // Trusted before it signs. Should it end between the two, --finish drops the
  // one that never signed.
  absl::Status status = WriteDurably(
      trusted, absl::StrCat(pair->certificate_pem, authority_.certificate()),
      kPublic);
  if (status.ok()) {
    status = WriteDurably(absl::StrCat(path_, "/", kAuthority), pair->Text(),
                          kSecret);
  }
  if (!status.ok()) return status;
  authority_ = *std::move(authority);
  return HandOut();
}

absl::Status PkiFolder::FinishRotation() {
  const absl::StatusOr<std::vector<Issued>> all = List();
  if (!all.ok()) return all.status();
  std::set<std::string> left;
  for (const Issued& issued : *all) {
    if (issued.by_old_authority && issued.state == Issued::State::kCurrent) {
      left.insert(ShortName(issued.identity));
    }
  }
  if (!left.empty()) {
    constexpr size_t kMostNamed = 5;
    std::vector<std::string> named;
    for (const std::string& name : left) {
      if (named.size() < kMostNamed) named.push_back(name);
    }
    return absl::FailedPreconditionError(absl::StrCat(
        left.size(), left.size() == 1 ? " holder has" : " holders have",
        " certificates of the old authority: ", absl::StrJoin(named, ", "),
        left.size() > kMostNamed ? ", ..." : "",
        "; rotate or revoke each, and bring its files to it, before"));
  }
  if (absl::Status status = WriteDurably(absl::StrCat(path_, "/", kTrusted),
                                         authority_.certificate(), kPublic);
      !status.ok()) {
    return status;
  }
  return HandOut();
}

absl::Status PkiFolder::HandOut() const {
  for (const Role role : kRoles) {
    const std::string folder = absl::StrCat(path_, "/", RoleName(role));
    const auto names = NamesIn(folder);
    if (!names.ok()) return names.status();
    for (const std::string& name : *names) {
      if (absl::Status status = HandOutTo(absl::StrCat(folder, "/", name));
          !status.ok()) {
        return status;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status PkiFolder::HandOutTo(const std::string& folder) const {
  for (const char* name : {kTrusted, kDenied}) {
    const absl::StatusOr<std::string> text = FileOf(name);
    if (!text.ok()) return text.status();
    const std::string copy = absl::StrCat(folder, "/", name);
    const absl::StatusOr<std::string> there = ReadDurable(copy);
    if (there.ok() && *there == *text) continue;
    if (absl::Status status = WriteDurably(copy, *text, kPublic);
        !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace noonmark
