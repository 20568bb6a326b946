#include "tests/host/cli/fake_daemon.h"
#include "absl/strings/str_cat.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <set>

#include "host/cli/dom0.h"

namespace noonmark::testing {

// A stream to one watcher. Sends the newest report, one write at a time.
class Watcher : public grpc::ServerWriteReactor<v1::WatchReportResponse> {
 public:
  void Send(const v1::HostReport& report) {
    const std::lock_guard<std::mutex> lock(mutex_);
    *next_.mutable_report() = report;
    has_next_ = true;
    Write();
  }
  void OnWriteDone(bool /*ok*/) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    writing_ = false;
    Write();
  }
  void OnCancel() override {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!finished_) Finish(grpc::Status::CANCELLED);
    finished_ = true;
  }
  void OnDone() override { gone(this); }

  std::function<void(Watcher*)> gone;

 private:
  void Write() {
    if (writing_ || finished_ || !has_next_) return;
    sent_ = next_;
    has_next_ = false;
    writing_ = true;
    StartWrite(&sent_);
  }

  std::mutex mutex_;
  v1::WatchReportResponse next_, sent_;
  bool has_next_ = false;
  bool writing_ = false;
  bool finished_ = false;
};

// An operation that goes on as it was written down.
class Follower : public grpc::ServerWriteReactor<v1::WatchOperationResponse> {
 public:
  Follower(const std::vector<v1::Operation>& operations,
           const grpc::Status& ended)
      : operations_(operations), ended_(ended) {
    Next();
  }
  void OnWriteDone(bool ok) override {
    if (ok) return Next();
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void Next() {
    if (told_ == operations_.size()) return Finish(ended_);
    *response_.mutable_operation() = operations_[told_++];
    StartWrite(&response_);
  }

  const std::vector<v1::Operation> operations_;
  const grpc::Status ended_;
  size_t told_ = 0;
  v1::WatchOperationResponse response_;
};

// Ends only when the caller or the server gives up.
class NoAnswer : public grpc::ServerUnaryReactor {
 public:
  void OnCancel() override { Finish(grpc::Status::CANCELLED); }
  void OnDone() override { delete this; }
};

class FakeDaemon::Service : public v1::FleetService::CallbackService {
 public:
  explicit Service(FakeDaemon& daemon) : daemon_(daemon) {}

  grpc::ServerUnaryReactor* GetReport(
      grpc::CallbackServerContext* context,
      const v1::GetReportRequest* /*request*/,
      v1::GetReportResponse* response) override {
    if (daemon_.silent) return new NoAnswer;
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    const auto answer = [this, reactor, response] {
      reactor->Finish(daemon_.report(response->mutable_report()));
    };
    daemon_.hold ? daemon_.hold(answer) : answer();
    return reactor;
  }
  grpc::ServerUnaryReactor* GetGuest(grpc::CallbackServerContext* context,
                                     const v1::GetGuestRequest* request,
                                     v1::GetGuestResponse* response) override {
    if (daemon_.silent) return new NoAnswer;
    return End(context, daemon_.guest(request->selector(), response));
  }
  grpc::ServerUnaryReactor* PlanGuest(
      grpc::CallbackServerContext* context, const v1::PlanGuestRequest* request,
      v1::PlanGuestResponse* response) override {
    if (daemon_.silent) return new NoAnswer;
    return End(context, daemon_.plan(request->selector(), response));
  }
  grpc::ServerWriteReactor<v1::WatchOperationResponse>* WatchOperation(
      grpc::CallbackServerContext* /*context*/,
      const v1::WatchOperationRequest* /*request*/) override {
    return new Follower(daemon_.operations, daemon_.ended);
  }
  grpc::ServerUnaryReactor* CorrectGuest(
      grpc::CallbackServerContext* context,
      const v1::CorrectGuestRequest* request,
      v1::CorrectGuestResponse* response) override {
    response->set_operation_id("the-id");
    return End(context, daemon_.order("correct " + request->selector()));
  }
  grpc::ServerUnaryReactor* QuiesceGuest(
      grpc::CallbackServerContext* context,
      const v1::QuiesceGuestRequest* request,
      v1::QuiesceGuestResponse* response) override {
    response->set_operation_id("the-id");
    const std::string lease =
        request->has_lease()
            ? absl::StrCat(" ", request->lease().seconds(), " s")
            : "";
    return End(context,
               daemon_.order("quiesce " + request->selector() + lease));
  }
  grpc::ServerUnaryReactor* ResumeGuest(
      grpc::CallbackServerContext* context,
      const v1::ResumeGuestRequest* request,
      v1::ResumeGuestResponse* response) override {
    response->set_operation_id("the-id");
    return End(context, daemon_.order("resume " + request->selector()));
  }
  grpc::ServerUnaryReactor* HoldGuest(
      grpc::CallbackServerContext* context, const v1::HoldGuestRequest* request,
      v1::HoldGuestResponse* /*response*/) override {
    return End(context, daemon_.order("hold " + request->selector() + ": " +
                                      request->why()));
  }
  grpc::ServerUnaryReactor* ReleaseGuest(
      grpc::CallbackServerContext* context,
      const v1::ReleaseGuestRequest* request,
      v1::ReleaseGuestResponse* /*response*/) override {
    return End(context, daemon_.order("release " + request->selector()));
  }
  grpc::ServerUnaryReactor* HoldHost(
      grpc::CallbackServerContext* context, const v1::HoldHostRequest* request,
      v1::HoldHostResponse* /*response*/) override {
    return End(context, daemon_.order("hold: " + request->why()));
  }
  grpc::ServerUnaryReactor* ReleaseHost(
      grpc::CallbackServerContext* context,
      const v1::ReleaseHostRequest* /*request*/,
      v1::ReleaseHostResponse* /*response*/) override {
    return End(context, daemon_.order("release"));
  }
  grpc::ServerUnaryReactor* GetHealth(
      grpc::CallbackServerContext* context,
      const v1::GetHealthRequest* /*request*/,
      v1::GetHealthResponse* response) override {
    if (daemon_.silent) return new NoAnswer;
    return End(context, daemon_.health(response));
  }
  grpc::ServerWriteReactor<v1::WatchReportResponse>* WatchReport(
      grpc::CallbackServerContext* /*context*/,
      const v1::WatchReportRequest* /*request*/) override {
    auto* watcher = new Watcher;
    watcher->gone = [this](Watcher* which) {
      {
        const std::lock_guard<std::mutex> lock(mutex_);
        watchers_.erase(which);
      }
      delete which;
    };
    const std::lock_guard<std::mutex> lock(mutex_);
    watchers_.insert(watcher);
    if (published_) watcher->Send(last_);
    changed_.notify_all();
    return watcher;
  }

  void Publish(const v1::HostReport& report) {
    const std::lock_guard<std::mutex> lock(mutex_);
    last_ = report;
    published_ = true;
    for (Watcher* watcher : watchers_) watcher->Send(report);
  }
  void WaitForWatchers(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return watchers_.size() >= count; });
  }

 private:
  static grpc::ServerUnaryReactor* End(grpc::CallbackServerContext* context,
                                       const grpc::Status& status) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(status);
    return reactor;
  }

  FakeDaemon& daemon_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<Watcher*> watchers_;
  v1::HostReport last_;
  bool published_ = false;
};

FakeDaemon::FakeDaemon() : service_(std::make_unique<Service>(*this)) {
  const grpc::Status unset(grpc::StatusCode::UNIMPLEMENTED, "not in this test");
  report = [unset](v1::HostReport*) { return unset; };
  guest = [](const std::string& selector, v1::GetGuestResponse*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND,
                        "no guest " + selector + " on this host");
  };
  plan = [](const std::string& selector, v1::PlanGuestResponse*) {
    return grpc::Status(grpc::StatusCode::NOT_FOUND,
                        "no guest " + selector + " on this host");
  };
  order = [unset](const std::string&) { return unset; };
  health = [unset](v1::GetHealthResponse*) { return unset; };
}

FakeDaemon::~FakeDaemon() { Die(); }

std::string FakeDaemon::Listen(
    const std::string& path,
    std::shared_ptr<grpc::ServerCredentials> credentials) {
  if (credentials == nullptr) credentials = grpc::InsecureServerCredentials();
  grpc::ServerBuilder builder;
  builder.AddListeningPort(cli::GrpcTarget("unix:" + path), credentials);
  builder.RegisterService(service_.get());
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) abort();
  return "unix:" + path;
}

void FakeDaemon::Publish(const v1::HostReport& newest) {
  service_->Publish(newest);
}

void FakeDaemon::WaitForWatchers(int count) {
  service_->WaitForWatchers(static_cast<size_t>(count));
}

void FakeDaemon::Die() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

v1::HostReport ReportWith(const std::string& host, const std::string& guest,
                          v1::Verdict verdict) {
  v1::HostReport report;
  report.mutable_host()->set_name(host);
  report.mutable_host()->set_trust(v1::HOST_TRUST_PROVEN);
  v1::Guest* added = report.add_guests();
  added->set_name(guest);
  added->set_verdict(verdict);
  return report;
}

DeafSocket::DeafSocket(const std::string& path)
    : path_(path), fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.c_str(), path.size());
  if (bind(fd_, reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
      listen(fd_, 16) != 0) {
    abort();
  }
}

DeafSocket::~DeafSocket() {
  if (fd_ >= 0) close(fd_);
}

int DeafSocket::Accept() const {
  return accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
}

void DeafSocket::HangUp() {
  const int connection = Accept();
  close(fd_);
  fd_ = -1;
  unlink(path_.c_str());
  close(connection);
}

}  // namespace noonmark::testing
