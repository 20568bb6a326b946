#ifndef NOONMARK_TESTS_SIMULATION_CORRECTION_WORDS_H_
#define NOONMARK_TESTS_SIMULATION_CORRECTION_WORDS_H_

#include <string>

#include "common/correct/guest_act.h"
#include "common/correct/host_act.h"

namespace noonmark::simulation {

// In words, for whoever looks at one run.
std::string Words(const GuestAct& act);
std::string Words(const HostAct& act);
std::string Words(const Order& order);
std::string Words(const OperationStatus& status);

}  // namespace noonmark::simulation

#endif  // NOONMARK_TESTS_SIMULATION_CORRECTION_WORDS_H_
