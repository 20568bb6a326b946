#include "host/config/daemon_config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/time/time.h"
#include "common/rpc/address.h"
#include "common/runtime/config_file.h"
#include "common/trust/identity.h"

namespace noonmark {
namespace {

std::string MachineName() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "dom0";
  return name;
}

constexpr size_t kUuidCharacters = 36;
constexpr size_t kMostOrderers = 64;

std::string ReadListen(ConfigTable& daemon, const char* key,
                       const char* otherwise) {
  std::string text = daemon.String(key, otherwise);
  const absl::StatusOr<Address> address = Address::Parse(text);
  if (!address.ok()) {
    daemon.Fault(key, std::string(address.status().message()));
  } else if (!address->IsUnix()) {
    daemon.Fault(key,
                 "must be unix:PATH: without identities nobody beyond this "
                 "machine may ask");
  }
  return text;
}

void CheckNetwork(ConfigTable& daemon, const std::string& text) {
  const absl::StatusOr<Address> address = Address::Parse(text);
  if (!address.ok()) {
    daemon.Fault("network", std::string(address.status().message()));
    return;
  }
  in6_addr number = {};
  const bool is_ip = inet_pton(AF_INET, address->host.c_str(), &number) == 1 ||
                     inet_pton(AF_INET6, address->host.c_str(), &number) == 1;
  if (!is_ip) {
    daemon.Fault("network", "must be IP:PORT; a unix socket is for listen");
  } else if (IN6_IS_ADDR_UNSPECIFIED(&number)) {
    daemon.Fault("network",
                 "is every network of this machine; give the IP of the one "
                 "that operators are on");
  }
}

// warning, fault: as [judge] has them; those hold where they are not given.
Thresholds ReadThresholds(ConfigTable& table, const Thresholds& usual) {
  Thresholds thresholds = usual;
  // warning: an offset beyond it is wrong; 1ms to 1h.
  thresholds.warning = table.Duration("warning", usual.warning,
                                      absl::Milliseconds(1), absl::Hours(1));
  // fault: and beyond this one a fault rather than a warning; 1ms to 24h.
  thresholds.fault = table.Duration("fault", usual.fault, absl::Milliseconds(1),
                                    absl::Hours(24));
  return thresholds;
}

// [group.NAME] and [guest.NAME]: those that are treated otherwise.
GuestPolicies ReadPolicies(ConfigTable& root, const Thresholds& usual,
                           CorrectionPolicies& corrections) {
  GuestPolicies policies;
  // [group.NAME]: the guests of a group, by its name in their domains'
  // metadata.
  ConfigTable groups = root.Table("group");
  for (const std::string& name : groups.Keys()) {
    ConfigTable group = groups.Table(name);
    const Thresholds thresholds = ReadThresholds(group, usual);
    if (thresholds.fault < thresholds.warning) {
      group.Fault("fault", "must not be less than the group's warning");
    }
    policies.groups[name] = thresholds;
    corrections.groups[name] =
        ReadCorrectionOverride(group.Table("correct"), /*in_group=*/true);
  }
  // [guest."NAME or UUID"]: one guest.
  ConfigTable guests = root.Table("guest");
  for (const std::string& name : guests.Keys()) {
    ConfigTable guest = guests.Table(name);
    // intended_offset: what its clock is meant to be off by, "-1h": behind the
    // host's; -24h to 24h.
    const absl::Duration intended =
        guest.Duration("intended_offset", absl::ZeroDuration(),
                       absl::Hours(-24), absl::Hours(24));
    policies.intended_offsets[name] = intended;
    const CorrectionOverride correction =
        ReadCorrectionOverride(guest.Table("correct"), /*in_group=*/false);
    corrections.guests[name] = correction;
    // UUIDs are known by their lower case.
    if (name.size() == kUuidCharacters) {
      policies.intended_offsets.emplace(absl::AsciiStrToLower(name), intended);
      corrections.guests.emplace(absl::AsciiStrToLower(name), correction);
    }
  }
  return policies;
}

DaemonConfig Read(ConfigFile& file) {
  DaemonConfig config;
  ConfigTable root = file.root();

  ConfigTable daemon = root.Table("daemon");
  // listen: unix:PATH of the socket that answers read-only questions.
  config.listen = ReadListen(daemon, "listen", "unix:/run/noonmark/read.sock");
  // operate: unix:PATH of the socket that takes operators' orders, too.
  config.operate =
      ReadListen(daemon, "operate", "unix:/run/noonmark/operator.sock");
  if (config.operate == config.listen) {
    daemon.Fault("operate", "must be another socket than daemon.listen");
  }
  // operators: the group that may use it; where this machine has none of that
  // name, only noonmarkd's own user and group and root.
  config.operators = daemon.String("operators", "noonmark-operator");

  // network: IP:PORT where operators with certificates ask, over TLS; without,
  // nobody beyond this machine does. Needs server.pem in [pki] folder.
  config.network = daemon.String("network", "");
  if (!config.network.empty()) CheckNetwork(daemon, config.network);
  // orderers: which operators may also order there, by the names in their
  // certificates; at most 64. The others read.
  config.orderers = daemon.Strings("orderers", kMostOrderers);
  for (const std::string& name : config.orderers) {
    if (!MakeIdentity("any", Role::kOperator, name).ok()) {
      daemon.Fault("orderers", "a name in it is none of an operator");
    }
  }

  ConfigTable pki = root.Table("pki");
  // folder: of this host's key, its certificate and whom it trusts; without
  // client.pem in it agents are dialled on unix sockets and loopback alone.
  config.pki = pki.String("folder", "/etc/noonmark/pki");
  if (config.pki.empty() || config.pki[0] != '/') {
    pki.Fault("folder", "must be an absolute path");
  }
  // reload: how often these files are read again; 1s to 1h.
  config.reload = pki.Duration("reload", absl::Seconds(60), absl::Seconds(1),
                               absl::Hours(1));

  ConfigTable probe = root.Table("probe");
  // program: absolute path of the worker that speaks with the guests; noonmarkd
  // starts it, and starts it again.
  config.probe =
      probe.String("program", "/usr/libexec/noonmark/noonmarkd-probe");
  if (config.probe.empty() || config.probe[0] != '/') {
    probe.Fault("program", "must be an absolute path");
  }

  ConfigTable libvirt = root.Table("libvirt");
  // uri: as virsh -c takes it.
  config.libvirt.uri = libvirt.String("uri", "xen:///system");
  if (config.libvirt.uri.empty()) {
    libvirt.Fault("uri", "must not be empty; on a Xen host \"xen:///system\"");
  }
  // refresh: between lists of all domains without an event; 5s to 1h.
  config.libvirt.refresh = libvirt.Duration("refresh", config.libvirt.refresh,
                                            absl::Seconds(5), absl::Hours(1));

  ConfigTable host = root.Table("host");
  // name: of this host in reports; default: the machine's.
  config.monitor.host_name = host.String("name", MachineName());
  // trust: "proven": as far as the kernel or the time daemon bounds the host's
  // error; "declared": the operator says that the host is right, which every
  // report then shows.
  const std::string trust =
      host.OneOf("trust", "proven", {"proven", "declared"});
  config.monitor.host.trust =
      trust == "declared" ? HostTrust::kDeclared : HostTrust::kProven;
  // chronyc: absolute path of chrony's client, which is asked how far the host
  // may be from UTC; "": never, the kernel's word alone counts.
  config.chrony.chronyc = host.String("chronyc", config.chrony.chronyc);
  if (!config.chrony.chronyc.empty() && config.chrony.chronyc[0] != '/') {
    host.Fault("chronyc", "must be an absolute path, or \"\"");
  }

  SessionOptions& session = config.monitor.session;
  ConfigTable poll = root.Table("poll");
  // interval: between polls of a guest when nothing is suspected; 1s to 1h.
  session.interval = poll.Duration("interval", session.interval,
                                   absl::Seconds(1), absl::Hours(1));
  // burst: exchanges of a poll, of which the best counts; 1 to 16.
  session.burst = static_cast<int>(poll.Integer("burst", session.burst, 1, 16));
  // stale_after: polls without an answer until a guest is unknown; 1 to 100.
  session.stale_after = static_cast<int>(
      poll.Integer("stale_after", session.stale_after, 1, 100));

  TrackerOptions& tracker = config.monitor.assessor.tracker;
  ConfigTable judge = root.Table("judge");
  tracker.thresholds = ReadThresholds(judge, tracker.thresholds);
  if (tracker.thresholds.fault < tracker.thresholds.warning) {
    judge.Fault("fault", "must not be less than judge.warning");
  }
  // rate_warning_ppm: a counter's rate beyond it is a finding; 10 to 500.
  config.monitor.assessor.rate_warning_ppm = static_cast<double>(judge.Integer(
      "rate_warning_ppm",
      static_cast<int64_t>(config.monitor.assessor.rate_warning_ppm), 10, 500));
  // rate_baseline: the shortest time over which a rate is claimed; 5s to 1h.
  tracker.rate_baseline = judge.Duration("rate_baseline", tracker.rate_baseline,
                                         absl::Seconds(5), absl::Hours(1));

  ConfigTable trace = root.Table("trace");
  // file: record every input of the core there, for `noonmark replay`; empty:
  // don't.
  config.trace_file = trace.String("file", "");
  if (!config.trace_file.empty() && config.trace_file[0] != '/') {
    trace.Fault("file", "must be an absolute path");
  }
  // size_mib: what the file and the one before it (FILE.1) may take together;
  // 2 to 65536.
  config.trace_bytes = trace.Integer("size_mib", 128, 2, 65536) << 20;

  // [correct]: what noonmark may do about clocks that are wrong.
  config.correction = ReadCorrection(root.Table("correct"));
  config.monitor.policies =
      ReadPolicies(root, tracker.thresholds, config.correction.policies);

  UnjudgedBudget& budget = config.monitor.host.unjudged;
  ConfigTable unjudged = root.Table("unjudged");
  // percent: of the host's guests may be unknown, uncertain or suspended for
  // longer than `after` before it is a finding of the host; 0 to 100.
  budget.percent =
      static_cast<int>(unjudged.Integer("percent", budget.percent, 0, 100));
  // after: 1m to 24h.
  budget.after = unjudged.Duration("after", budget.after, absl::Minutes(1),
                                   absl::Hours(24));

  config.monitor.host.thresholds = tracker.thresholds;
  config.monitor.libvirt_uri = config.libvirt.uri;
  return config;
}

absl::StatusOr<DaemonConfig> ReadChecked(absl::StatusOr<ConfigFile> file) {
  if (!file.ok()) return file.status();
  DaemonConfig config = Read(*file);
  if (absl::Status status = file->Check(); !status.ok()) return status;
  return config;
}

}  // namespace

absl::StatusOr<DaemonConfig> DefaultDaemonConfig() {
  return ReadChecked(ConfigFile::Parse("", "defaults"));
}

absl::StatusOr<DaemonConfig> LoadDaemonConfig(const std::string& path) {
  return ReadChecked(ConfigFile::Load(path));
}

}  // namespace noonmark
