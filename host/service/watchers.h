#ifndef NOONMARK_HOST_SERVICE_WATCHERS_H_
#define NOONMARK_HOST_SERVICE_WATCHERS_H_

#include <grpcpp/grpcpp.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "common/sync/mutex.h"
#include "host/monitor/snapshot_board.h"

namespace noonmark {

// What an edition of the board is to one call.
struct WatchWord {
  bool tells = false;  // the response is filled, and written
  bool ends = false;   // after that, with success
  grpc::Status status = grpc::Status::OK;  // ends at once, if it is an error
};

// All calls of one kind that follow the board: a thread of its own passes each
// new edition on, so that the monitor never writes to a client.
template <typename Response>
class Watchers {
 public:
  using Reactor = grpc::ServerWriteReactor<Response>;
  // One a call; it is never called twice at once.
  using Teller =
      std::function<WatchWord(const HostSnapshot& latest, Response& response)>;

  // `when_full`: what is said to one call too many.
  Watchers(SnapshotBoard& board, std::string when_full)
      : board_(board),
        when_full_(std::move(when_full)),
        thread_([this] { PassOn(); }) {}
  ~Watchers() {
    Stop();
    thread_.join();
  }
  Watchers(const Watchers&) = delete;
  Watchers& operator=(const Watchers&) = delete;

  // A call's reactor; it deletes itself. RESOURCE_EXHAUSTED beyond the limit,
  // UNAVAILABLE after Stop().
  Reactor* Add(Teller teller) {
    auto watcher = std::make_shared<Watcher>(*this, std::move(teller));
    {
      MutexLock lock(mutex_);
      if (stopped_) {
        return new Refused(grpc::StatusCode::UNAVAILABLE,
                           "noonmarkd is stopping");
      }
      if (watchers_.size() >= kMostWatchers) {
        return new Refused(grpc::StatusCode::RESOURCE_EXHAUSTED, when_full_);
      }
      watchers_.insert(watcher);
    }
    Watcher* reactor = watcher.get();
    reactor->Start(std::move(watcher));
    return reactor;
  }

  // Ends all calls and takes no more, so that a server can shut down. It closes
  // the board.
  void Stop() {
    {
      MutexLock lock(mutex_);
      stopped_ = true;
    }
    board_.Close();
    for (const auto& watcher : All()) watcher->End();
  }

 private:
  static constexpr size_t kMostWatchers = 64;

  class Refused final : public Reactor {
   public:
    Refused(grpc::StatusCode code, const std::string& why) {
      this->Finish({code, why});
    }
    void OnDone() override { delete this; }
  };

  // One call, one write at a time. What changes during a write is told after
  // it.
  class Watcher final : public Reactor {
   public:
    Watcher(Watchers& all, Teller teller)
        : all_(all), teller_(std::move(teller)) {}

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
      grpc::Status status = grpc::Status::OK;
      {
        MutexLock lock(mutex_);
        change();
        if (finished_ || writing_) return;
        const std::shared_ptr<const HostSnapshot> latest = all_.board_.Latest();
        if (ending_) {
          finish = finished_ = true;
        } else if (news_ && latest != nullptr) {
          news_ = false;
          const WatchWord word = teller_(*latest, response_);
          status = word.status;
          ending_ = word.ends;
          finish = finished_ = !status.ok();
          write = writing_ = word.tells && !finish;
        }
      }
      if (write) this->StartWrite(&response_);
      if (finish) this->Finish(status);
    }

    Watchers& all_;
    std::shared_ptr<Watcher> self_;
    Mutex mutex_;
    const Teller teller_;
    Response response_;
    bool news_ = false;
    bool writing_ = false;
    bool ending_ = false;
    bool finished_ = false;
  };

  void PassOn() {
    uint64_t seen = 0;
    while (true) {
      const uint64_t edition = board_.WaitForNewer(seen);
      if (edition == seen) return;  // closed
      seen = edition;
      for (const auto& watcher : All()) watcher->OnNews();
    }
  }
  void Remove(const std::shared_ptr<Watcher>& watcher) {
    MutexLock lock(mutex_);
    watchers_.erase(watcher);
  }
  std::set<std::shared_ptr<Watcher>> All() const {
    MutexLock lock(mutex_);
    return watchers_;
  }

  SnapshotBoard& board_;
  const std::string when_full_;
  mutable Mutex mutex_;
  std::set<std::shared_ptr<Watcher>> watchers_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace noonmark

#endif  // NOONMARK_HOST_SERVICE_WATCHERS_H_
