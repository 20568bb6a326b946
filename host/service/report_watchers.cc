#include "host/service/report_watchers.h"

#include <cstdint>
#include <utility>

#include "host/service/report.h"

namespace noonmark {
namespace {

constexpr size_t kMostWatchers = 64;

class Refusal final : public grpc::ServerWriteReactor<v1::WatchReportResponse> {
 public:
  Refusal(grpc::StatusCode code, const std::string& why) {
    Finish({code, why});
  }
  void OnDone() override { delete this; }
};

}  // namespace

// One call: the report now, and after each change, one write at a time. What
// changes during a write is told after it.
class ReportWatchers::Watcher final
    : public grpc::ServerWriteReactor<v1::WatchReportResponse> {
 public:
  explicit Watcher(ReportWatchers& all) : all_(all) {}

  // Keeps itself alive until OnDone(): a word may be on its way.
  void Start(std::shared_ptr<Watcher> self) {
    self_ = std::move(self);
    OnNews();
  }
  void OnNews() {
    Next([this] { news_ = true; });
  }
  void End() {
    Next([this] { ending_ = true; });
  }

  void OnWriteDone(bool ok) override {
    Next([this, ok] {
      writing_ = false;
      if (!ok) ending_ = true;
    });
  }
  void OnCancel() override { End(); }
  void OnDone() override {
    const std::shared_ptr<Watcher> self = std::move(self_);
    all_.Remove(self);
  }

 private:
  template <typename Change>
  void Next(Change change) {
    bool write = false;
    bool finish = false;
    {
      MutexLock lock(mutex_);
      change();
      if (finished_ || writing_) return;
      const std::shared_ptr<const HostSnapshot> latest = all_.board_.Latest();
      if (ending_) {
        finish = finished_ = true;
      } else if (news_ && latest != nullptr) {
        news_ = false;
        write = writing_ = true;
        response_.Clear();
        FillReport(*latest, all_.clock_.Read(), *response_.mutable_report());
      }
    }
    if (write) StartWrite(&response_);
    if (finish) Finish(grpc::Status::OK);
  }

  ReportWatchers& all_;
  std::shared_ptr<Watcher> self_;
  Mutex mutex_;
  v1::WatchReportResponse response_;
  bool news_ = false;
  bool writing_ = false;
  bool ending_ = false;
  bool finished_ = false;
};

ReportWatchers::ReportWatchers(SnapshotBoard& board, Clock& clock)
    : board_(board), clock_(clock), thread_([this] { PassOn(); }) {}

ReportWatchers::~ReportWatchers() {
  Stop();
  thread_.join();
}

grpc::ServerWriteReactor<v1::WatchReportResponse>* ReportWatchers::Add() {
  auto watcher = std::make_shared<Watcher>(*this);
  {
    MutexLock lock(mutex_);
    if (stopped_) {
      return new Refusal(grpc::StatusCode::UNAVAILABLE,
                         "noonmarkd is stopping");
    }
    if (watchers_.size() >= kMostWatchers) {
      return new Refusal(grpc::StatusCode::RESOURCE_EXHAUSTED,
                         "as many watch already as noonmarkd serves at once; "
                         "ask for single reports");
    }
    watchers_.insert(watcher);
  }
  Watcher* reactor = watcher.get();
  reactor->Start(std::move(watcher));
  return reactor;
}

void ReportWatchers::Stop() {
  {
    MutexLock lock(mutex_);
    stopped_ = true;
  }
  board_.Close();
  for (const auto& watcher : All()) watcher->End();
}

void ReportWatchers::PassOn() {
  uint64_t seen = 0;
  while (true) {
    const uint64_t edition = board_.WaitForNewer(seen);
    if (edition == seen) return;  // closed
    seen = edition;
    for (const auto& watcher : All()) watcher->OnNews();
  }
}

void ReportWatchers::Remove(const std::shared_ptr<Watcher>& watcher) {
  MutexLock lock(mutex_);
  watchers_.erase(watcher);
}

std::set<std::shared_ptr<ReportWatchers::Watcher>> ReportWatchers::All() const {
  MutexLock lock(mutex_);
  return watchers_;
}

}  // namespace noonmark
