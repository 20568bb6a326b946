#include "tests/integration/real_host.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace noonmark::testing {

std::string Program(const std::string& name) {
  return absl::StrCat(NOONMARK_PROGRAMS, "/", name);
}

bool IsSanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

absl::Duration QuickEnd() { return absl::Seconds(IsSanitized() ? 30 : 2); }

void RealHost::AddGuest(const std::string& name) {
  AddGuest(name, absl::StrCat("unix:", AgentSocket(name)));
}

void RealHost::AddGuest(const std::string& name, const std::string& address) {
  const std::string metadata =
      address.empty()
          ? ""
          : absl::StrCat(
                "<metadata><n:guest xmlns:n='urn:noonmark:domain:1' address='",
                address, "'/></metadata>");
  domains_.push_back(absl::StrFormat(
      "<domain type='test'><name>%s</name>"
      "<uuid>0f0e0d0c-0000-4000-8000-%012d</uuid><memory>1024</memory>"
      "<os><type>hvm</type></os>%s</domain>\n",
      name, domains_.size() + 1, metadata));
}

std::string RealHost::AgentSocket(const std::string& name) const {
  return folder_.Path(name + ".sock");
}

void RealHost::StartAgent(const std::string& name) {
  agents_[name] = std::make_unique<ChildProcess>(std::vector<std::string>{
      Program("noonmark-agent"), "--listen", "unix:" + AgentSocket(name)});
  EXPECT_NE(agent(name).ReadLineWith("listening"), "") << name;
}

void RealHost::StartDemoAgent(const std::string& name,
                              const std::vector<std::string>& faults,
                              const std::vector<std::string>& services) {
  std::vector<std::string> arguments = {
      Program("noonmark-agent-demo"), "--listen", "unix:" + AgentSocket(name)};
  for (const std::string& fault : faults) {
    arguments.insert(arguments.end(), {"--fault", fault});
  }
  for (const std::string& service : services) {
    arguments.insert(arguments.end(), {"--service", service});
  }
  agents_[name] = std::make_unique<ChildProcess>(std::move(arguments));
  EXPECT_NE(agent(name).ReadLineWith("listening"), "") << name;
}

void RealHost::WriteConfig() const {
  folder_.Write(
      "domains.xml",
      absl::StrCat("<node>\n", absl::StrJoin(domains_, ""), "</node>\n"));
  std::string text;
  for (const auto& [table, lines] : config_) {
    absl::StrAppend(&text, "[", table, "]\n", lines);
  }
  folder_.Write("noonmarkd.toml", text);
}

void RealHost::Start() {
  WriteConfig();
  daemon_.reset();
  daemon_ = AnotherDaemon();
  EXPECT_NE(daemon_->ReadLineWith("answers at"), "") << name_;
}

std::vector<pid_t> RealHost::DaemonProcesses() const {
  const pid_t daemon = daemon_->pid();
  std::vector<pid_t> all = {daemon};
  std::ifstream children(
      absl::StrCat("/proc/", daemon, "/task/", daemon, "/children"));
  for (pid_t child; children >> child;) all.push_back(child);
  return all;
}

std::unique_ptr<ChildProcess> RealHost::AnotherDaemon() const {
  return std::make_unique<ChildProcess>(std::vector<std::string>{
      Program("noonmarkd"), "--config", folder_.Path("noonmarkd.toml")});
}

std::unique_ptr<v1::FleetService::Stub> RealHost::Stub() const {
  grpc::ChannelArguments args;
  args.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 50);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 50);
  return v1::FleetService::NewStub(grpc::CreateCustomChannel(
      address(), grpc::InsecureChannelCredentials(), args));
}

v1::HostReport RealHost::WaitUntil(const Condition& condition,
                                   std::chrono::seconds patience) const {
  const auto deadline = std::chrono::system_clock::now() + patience;
  const auto until = std::chrono::steady_clock::now() + patience;
  const auto stub = Stub();
  v1::WatchReportResponse response;
  // A daemon may end and come again meanwhile.
  while (std::chrono::steady_clock::now() < until) {
    grpc::ClientContext context;
    context.set_deadline(deadline);
    context.set_wait_for_ready(true);
    const auto reports = stub->WatchReport(&context, {});
    while (reports->Read(&response)) {
      if (!condition(response.report())) continue;
      context.TryCancel();
      reports->Finish();
      return response.report();
    }
    reports->Finish();
  }
  ADD_FAILURE() << "not for " << patience.count() << " s; the last report:\n"
                << response.report().DebugString();
  return response.report();
}

v1::Guest RealHost::WaitUntil(
    const std::string& guest,
    const std::function<bool(const v1::Guest&)>& condition,
    std::chrono::seconds patience) const {
  return RowOf(WaitUntil(
                   [&](const v1::HostReport& report) {
                     return condition(RowOf(report, guest));
                   },
                   patience),
               guest);
}

void RealHost::WaitUntilPlanned(const std::string& guest, v1::PlanWay way,
                                std::chrono::seconds patience) const {
  const auto stub = Stub();
  v1::PlanGuestResponse response;
  WaitUntil(
      guest,
      [&](const v1::Guest&) {
        grpc::ClientContext context;
        v1::PlanGuestRequest request;
        request.set_selector(guest);
        return stub->PlanGuest(&context, request, &response).ok() &&
               response.plan().way() == way;
      },
      patience);
}

Outcome RealHost::Order(std::vector<std::string> arguments,
                        std::chrono::seconds patience) const {
  arguments.insert(arguments.begin(), Program("noonmark"));
  arguments.insert(arguments.end(), {"--connect", operators()});
  return RunProgram(std::move(arguments), patience);
}

Outcome RealHost::Noonmark(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), Program("noonmark"));
  arguments.insert(arguments.end(), {"--connect", address()});
  return RunProgram(std::move(arguments));
}

const v1::Guest& RowOf(const v1::HostReport& report, const std::string& name) {
  for (const v1::Guest& guest : report.guests()) {
    if (guest.name() == name) return guest;
  }
  return v1::Guest::default_instance();
}

const v1::Finding* FindingOf(const v1::Guest& guest, const std::string& code) {
  for (const v1::Finding& finding : guest.findings()) {
    if (finding.code() == code) return &finding;
  }
  return nullptr;
}

bool IsActive(const v1::Guest& guest, const std::string& code) {
  const v1::Finding* finding = FindingOf(guest, code);
  return finding != nullptr && finding->active();
}

bool IsOk(const v1::Guest& guest) { return guest.verdict() == v1::VERDICT_OK; }

}  // namespace noonmark::testing
