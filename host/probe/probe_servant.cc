#include "host/probe/probe_servant.h"

#include <utility>

namespace noonmark {

class ProbeServant::Link final : private GuestLink::Observer {
 public:
  Link(ProbeServant& servant, const DialOrder& order)
      : servant_(servant),
        id_(order.link),
        link_(servant.dialer_.Dial(order.address, order.uuid, this)) {}
  ~Link() override { link_->Close(); }

  // noonmarkd asks as a GuestLink may be asked; one that does not is wrong, but
  // this process need not end for it.
  void Ask() {
    if (open_ && !std::exchange(asked_, true)) link_->Ask();
  }
  void Describe() {
    if (open_) link_->Describe();
  }
  void GiveOrder(const Order& order) {
    if (open_ && !std::exchange(ordered_, true)) link_->GiveOrder(order);
  }

 private:
  void OnOpen() override {
    open_ = true;
    servant_.tell_(OpenNews{id_});
  }
  void OnExchange(Exchange exchange) override {
    asked_ = false;
    servant_.tell_(ExchangeNews{id_, std::move(exchange)});
  }
  void OnEvent(uint64_t discontinuities) override {
    servant_.tell_(EventNews{id_, discontinuities});
  }
  void OnDescription(GuestFacts facts) override {
    servant_.tell_(DescriptionNews{id_, std::move(facts)});
  }
  void OnStatus(OperationStatus status) override {
    ordered_ = false;
    servant_.tell_(StatusNews{id_, std::move(status)});
  }
  void OnOrderFailed(const absl::Status& why) override {
    ordered_ = false;
    servant_.tell_(OrderFailedNews{id_, why});
  }
  void OnClosed(const absl::Status& status) override {
    servant_.tell_(ClosedNews{id_, status});
    servant_.OnOver(id_);
  }

  ProbeServant& servant_;
  const LinkId id_;
  bool open_ = false;
  bool asked_ = false;    // and not answered
  bool ordered_ = false;  // the same
  const std::unique_ptr<GuestLink> link_;
};

ProbeServant::ProbeServant(GuestDialer& dialer,
                           std::function<void(const ProbeNews&)> tell)
    : dialer_(dialer), tell_(std::move(tell)) {}
ProbeServant::~ProbeServant() = default;

void ProbeServant::Obey(const ProbeOrder& order) {
  over_.reset();
  struct Visitor {
    void operator()(const DialOrder& one) const {
      if (self.links_.count(one.link) == 0) {
        self.links_.emplace(one.link, std::make_unique<Link>(self, one));
      }
    }
    void operator()(const AskOrder& one) const {
      if (Link* link = Find(one.link)) link->Ask();
    }
    void operator()(const DescribeOrder& one) const {
      if (Link* link = Find(one.link)) link->Describe();
    }
    void operator()(const GuestOrder& one) const {
      if (Link* link = Find(one.link)) link->GiveOrder(one.order);
    }
    void operator()(const CloseOrder& one) const {
      self.links_.erase(one.link);
    }
    void operator()(const PingOrder& one) const {
      self.tell_(PongNews{one.number});
    }
    Link* Find(LinkId id) const {
      const auto it = self.links_.find(id);
      return it == self.links_.end() ? nullptr : it->second.get();
    }
    ProbeServant& self;
  };
  std::visit(Visitor{*this}, order);
}

void ProbeServant::Stop() {
  over_.reset();
  links_.clear();
}

void ProbeServant::OnOver(LinkId link) {
  const auto it = links_.find(link);
  over_ = std::move(it->second);
  links_.erase(it);
}

}  // namespace noonmark
