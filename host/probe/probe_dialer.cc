#include "host/probe/probe_dialer.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace noonmark {

class ProbeDialer::Link final : public GuestLink {
 public:
  Link(ProbeDialer& dialer, LinkId id) : dialer_(dialer), id_(id) {}
  ~Link() override { dialer_.Close(id_); }
  void Ask() override { dialer_.Ask(id_); }
  void Describe() override { dialer_.Send(id_, DescribeOrder{id_}); }
  void GiveOrder(const Order& order) override {
    dialer_.Send(id_, GuestOrder{id_, order});
  }
  void Close() override { dialer_.Close(id_); }

 private:
  ProbeDialer& dialer_;
  const LinkId id_;
};

ProbeDialer::ProbeDialer(Options options, Clock& clock,
                         std::function<void(std::function<void()>)> post,
                         ProbeWorker& common, ProbeWorker& suspects)
    : options_(options),
      clock_(clock),
      post_(std::move(post)),
      common_(common),
      suspected_(suspects) {}

ProbeDialer::~ProbeDialer() { *alive_ = false; }

std::unique_ptr<GuestLink> ProbeDialer::Dial(const std::string& address,
                                             const std::string& uuid,
                                             GuestLink::Observer* observer) {
  const LinkId id = ++last_;
  ProbeWorker& worker = IsSuspect(uuid) ? suspected_ : common_;
  auto link = std::make_unique<Link>(*this, id);
  const MonotonicTime now = Now();
  links_.emplace(id, Entry{&worker, observer, uuid, now, now, false});
  if (!worker.Send(DialOrder{id, address, uuid})) {
    post_([this, alive = alive_, id] {
      if (*alive) {
        End(id, absl::UnavailableError(
                    "the worker that connects is being started"));
      }
    });
  }
  return link;
}

void ProbeDialer::Send(LinkId id, ProbeOrder order) {
  const auto it = links_.find(id);
  // Not sent: the news that the worker is gone is on its way.
  if (it != links_.end()) it->second.worker->Send(order);
}

void ProbeDialer::Ask(LinkId id) {
  const auto it = links_.find(id);
  if (it == links_.end()) return;
  it->second.waits_since = Now();
  it->second.worker->Send(AskOrder{id});
}

void ProbeDialer::Close(LinkId id) {
  const auto it = links_.find(id);
  if (it == links_.end()) return;
  const Entry entry = std::move(it->second);
  links_.erase(it);
  entry.worker->Send(CloseOrder{id});
  // Who closes a connection that waits for an answer has waited long enough.
  if (entry.open && entry.waits_since.has_value() &&
      Now() - *entry.waits_since >= options_.due) {
    Suspect(entry.uuid);
  }
}

void ProbeDialer::End(LinkId id, const absl::Status& why) {
  const auto it = links_.find(id);
  if (it == links_.end()) return;
  const Entry entry = std::move(it->second);
  links_.erase(it);
  // One that nobody listens at is no burden.
  if (absl::IsAborted(why) ||
      (entry.open && (absl::IsInvalidArgument(why) ||
                      Now() - entry.dialled < options_.settled))) {
    Suspect(entry.uuid);
  }
  entry.observer->OnClosed(why);
}

void ProbeDialer::Suspect(const std::string& uuid) {
  if (suspects_.size() >= options_.most_suspects) suspects_.clear();
  suspects_.insert(uuid);
}

void ProbeDialer::OnNews(const ProbeWorker& worker, const ProbeNews& news) {
  if (std::holds_alternative<PongNews>(news)) return;
  const LinkId id = LinkOf(news);
  const auto it = links_.find(id);
  // Over meanwhile; or not that worker's, and no word of it counts.
  if (it == links_.end() || it->second.worker != &worker) return;
  Entry& entry = it->second;
  GuestLink::Observer& observer = *entry.observer;
  struct Visitor {
    void operator()(const OpenNews&) const {
      if (std::exchange(entry.open, true)) return;
      entry.waits_since.reset();
      observer.OnOpen();
    }
    void operator()(const ExchangeNews& one) const {
      // Nothing was asked: the worker is not what it was, but what it says is
      // still one guest's.
      if (!entry.open || !entry.waits_since.has_value()) return;
      entry.waits_since.reset();
      const MonotonicTime now = self.Now();
      if (entry.worker == &self.suspected_ &&
          now - entry.dialled >= self.options_.probation) {
        self.suspects_.erase(entry.uuid);
        entry.worker->Send(CloseOrder{id});
        return self.End(
            id, absl::UnavailableError("trusted again, and connected anew"));
      }
      observer.OnExchange(one.exchange);
    }
    void operator()(const EventNews& one) const {
      if (entry.open) observer.OnEvent(one.discontinuities);
    }
    void operator()(const DescriptionNews& one) const {
      if (entry.open) observer.OnDescription(one.facts);
    }
    void operator()(const StatusNews& one) const {
      if (entry.open) observer.OnStatus(one.status);
    }
    void operator()(const OrderFailedNews& one) const {
      if (entry.open) observer.OnOrderFailed(one.why);
    }
    void operator()(const ClosedNews& one) const { self.End(id, one.why); }
    void operator()(const PongNews&) const {}
    ProbeDialer& self;
    LinkId id;
    Entry& entry;
    GuestLink::Observer& observer;
  };
  std::visit(Visitor{*this, id, entry, observer}, news);
}

void ProbeDialer::OnGone(const ProbeWorker& worker, const absl::Status& why,
                         bool overtaxed) {
  const MonotonicTime now = Now();
  std::vector<std::pair<LinkId, bool>> over;
  for (const auto& [id, entry] : links_) {
    if (entry.worker != &worker) continue;
    over.emplace_back(id, overtaxed && entry.waits_since.has_value() &&
                              now - *entry.waits_since >= options_.due);
  }
  for (const auto& [id, suspect] : over) {
    End(id, suspect ? absl::AbortedError(absl::StrCat(
                          "suspected of overtaxing its probe worker: ",
                          std::string(why.message())))
                    : absl::UnavailableError(std::string(why.message())));
  }
}

}  // namespace noonmark
