#include <utility>

#include "absl/status/status.h"
#include "tests/simulation/fleet.h"

namespace noonmark::simulation {
namespace {

// As of the real links.
constexpr absl::Duration kOrderLimit = absl::Seconds(5);

}  // namespace

void Fleet::SetCorrector(GuestId guest, Corrector corrector) {
  at(guest).corrector = std::move(corrector);
}

void Fleet::GiveOrder(GuestId id, const Order& order) {
  Guest& g = at(id);
  const uint64_t number = ++g.orders;
  g.order_on_its_way = number;
  At(now() + kOrderLimit, [this, id, link = g.link_id, number] {
    EndOrder(id, link, number, absl::DeadlineExceededError("no answer"));
  });
  if (g.traits.network.loss_one_in > 0 &&
      random_.OneIn(g.traits.network.loss_one_in)) {
    Push(now() + random_.Between(absl::ZeroDuration(), absl::Seconds(20)),
         Kind::kBreak, id, g.link_id);
    return;
  }
  At(Delivery(g, true) + Stall(g), [this, id, link = g.link_id, number, order] {
    Obey(id, link, number, order);
  });
}

void Fleet::Obey(GuestId id, uint32_t link, uint64_t number,
                 const Order& order) {
  Guest& g = at(id);
  if (g.machine.FrozenAt(now())) {
    return At(
        g.machine.frozen_until() + Stall(g),
        [this, id, link, number, order] { Obey(id, link, number, order); });
  }
  // Its connections ended with its boot.
  if (g.down || g.link_id != link) return;
  CatchUp(id);
  const absl::StatusOr<OperationStatus> told =
      g.corrector ? g.corrector(order)
                  : absl::FailedPreconditionError(
                        "nobody may correct this guest's clock");
  At(Delivery(g, false) + Stall(g),
     [this, id, link, number, told] { EndOrder(id, link, number, told); });
}

void Fleet::EndOrder(GuestId id, uint32_t link, uint64_t number,
                     const absl::StatusOr<OperationStatus>& told) {
  Guest& g = at(id);
  if (g.link == nullptr || g.link_id != link || g.order_on_its_way != number) {
    return;
  }
  g.order_on_its_way = 0;
  if (told.ok()) {
    g.observer->OnStatus(*told);
  } else {
    g.observer->OnOrderFailed(told.status());
  }
}

}  // namespace noonmark::simulation
